import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { type GrantRecord, grantIndexKey, grantKey, grantRecord } from '../trust/grant.ts';
import { listKeys } from '../trust/list-keys.ts';
import { readRecord } from '../trust/record.ts';

// The only writer of grants. A grant is written after its index entry and deleted before it: whatever breaks off in between,
// no live grant is missing from the person's list.

export interface GrantChange {
  readonly person: string;
  readonly agent: string;
  readonly days: number;
  /** The scopes it shall hold, given those it holds now. */
  readonly scopes: (held: readonly string[]) => readonly string[];
}

export interface Grants {
  list(person: string): Promise<readonly GrantRecord[]>;
  find(person: string, agent: string): Promise<GrantRecord | undefined>;
  put(change: GrantChange): Promise<GrantRecord>;
  /** False when there was none. */
  remove(person: string, agent: string): Promise<boolean>;
}

/** Another request of the same person may write in between; more often than this it is a fault. */
const ATTEMPTS = 5;
const INDEX_VALUE = JSON.stringify({ v: 1 });

const busy = (): AppError =>
  new AppError('unavailable', 'This permission is being changed by another request. Try again.', {
    retryAfterSeconds: 1,
  });

export function createGrants(deps: { readonly store: KeyValueStore; readonly clock: Clock }): Grants {
  const { store, clock } = deps;
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  const parse = (raw: string): GrantRecord | undefined => {
    const grant = readRecord(grantRecord, raw, 'grant');
    return grant.expires_at > nowSeconds() ? grant : undefined;
  };
  const find = async (person: string, agent: string): Promise<GrantRecord | undefined> => {
    const raw = await store.get(grantKey(agent, person));
    return raw === undefined ? undefined : parse(raw);
  };

  async function tryPut(change: GrantChange): Promise<GrantRecord | undefined> {
    const { person, agent, days } = change;
    const raw = await store.get(grantKey(agent, person));
    const held = raw === undefined ? [] : (parse(raw)?.scopes ?? []);
    const ttlSeconds = days * 86_400;
    const grant: GrantRecord = {
      v: 1,
      agent,
      person,
      scopes: [...new Set(change.scopes(held))].sort(),
      granted_at: nowSeconds(),
      expires_at: nowSeconds() + ttlSeconds,
    };
    await store.set(grantIndexKey(person, agent), INDEX_VALUE, { ttlSeconds });
    const text = JSON.stringify(grant);
    const written =
      raw === undefined
        ? await store.setIfAbsent(grantKey(agent, person), text, { ttlSeconds })
        : await store.compareAndSet(grantKey(agent, person), raw, text, { ttlSeconds });
    return written ? grant : undefined;
  }

  return {
    find,
    async list(person) {
      const prefix = grantIndexKey(person, '');
      const agents = (await listKeys(store, prefix)).map((key) => key.slice(prefix.length));
      const found = await Promise.all(agents.map((agent) => find(person, agent)));
      return found.filter((grant) => grant !== undefined).sort((left, right) => (left.agent < right.agent ? -1 : 1));
    },
    async put(change) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const grant = await tryPut(change);
        if (grant !== undefined) return grant;
      }
      throw busy();
    },
    async remove(person, agent) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const raw = await store.get(grantKey(agent, person));
        if (raw !== undefined && !(await store.compareAndDelete(grantKey(agent, person), raw))) continue;
        await store.compareAndDelete(grantIndexKey(person, agent), INDEX_VALUE);
        return raw !== undefined && parse(raw) !== undefined;
      }
      throw busy();
    },
  };
}
