import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { readRecord } from '../trust/record.ts';
import { TURN_TTL_SECONDS, type TurnRecord, turnKey, turnRecord } from './turn-record.ts';

// Turns in the store, each worked on by one process at a time. Whoever works holds a lease that every save renews; every save is
// conditional on the text last read, so one who was frozen, overtaken or cancelled learns it before it does anything more.

/** Longer than any one model call or tool call may take; a process that died is overtaken after it. */
export const LEASE_MS = 60_000;

/** Thrown by a save when somebody else has changed the turn: stop, and touch nothing. Never leaves `agent/`. */
export class TurnLost extends Error {
  override readonly name = 'TurnLost';
}

export interface TurnHandle {
  readonly record: TurnRecord;
  /** Writes the change and renews or, when the turn does not run any more, drops the lease. Throws TurnLost. */
  save(change: Partial<TurnRecord>): Promise<void>;
}

export interface TurnStore {
  create(record: TurnRecord): Promise<TurnHandle>;
  load(person: string, id: string): Promise<TurnRecord | undefined>;
  /** Takes the turn for work: one that waits for approval, or one whose worker is gone. Undefined when it is not to be had. */
  claim(
    person: string,
    id: string,
    change: (record: TurnRecord) => Partial<TurnRecord>,
  ): Promise<TurnHandle | undefined>;
  /** Cancels a turn that has not ended; answers the turn as it is afterwards. */
  cancel(person: string, id: string): Promise<TurnRecord | undefined>;
  /** Deletes it. Whoever works on it learns that with the next save, and stops. */
  remove(person: string, id: string): Promise<void>;
}

const EXPIRY = { ttlSeconds: TURN_TTL_SECONDS };
const ATTEMPTS = 5;

/** A running turn whose lease has run out, or a paused one, may be claimed. */
export function claimable(record: TurnRecord, nowMs: number): boolean {
  if (record.status === 'approval_required') return true;
  return record.status === 'running' && (record.lease === undefined || record.lease.until <= nowMs);
}

export function createTurnStore(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** Names this process in leases. */
  readonly owner: string;
}): TurnStore {
  const { store, clock, owner } = deps;
  const lease = () => ({ owner, until: clock.nowMs() + LEASE_MS });

  function stamped(record: TurnRecord): TurnRecord {
    const { lease: _old, ...rest } = record;
    const kept = { ...rest, updated_at: clock.nowMs() };
    return record.status === 'running' ? { ...kept, lease: lease() } : kept;
  }

  function handle(first: TurnRecord, firstRaw: string): TurnHandle {
    let record = first;
    let raw = firstRaw;
    return {
      get record() {
        return record;
      },
      async save(change) {
        const now = clock.nowMs();
        const spent = record.spent_ms + Math.max(0, now - record.updated_at);
        const next = stamped({ ...record, spent_ms: spent, ...change });
        const nextRaw = JSON.stringify(next);
        if (!(await store.compareAndSet(turnKey(record.person, record.id), raw, nextRaw, EXPIRY))) throw new TurnLost();
        record = next;
        raw = nextRaw;
      },
    };
  }

  async function read(person: string, id: string): Promise<{ record: TurnRecord; raw: string } | undefined> {
    const raw = await store.get(turnKey(person, id));
    return raw === undefined ? undefined : { record: readRecord(turnRecord, raw, 'turn'), raw };
  }

  return {
    async create(record) {
      const first = stamped(record);
      const raw = JSON.stringify(first);
      if (!(await store.setIfAbsent(turnKey(first.person, first.id), raw, EXPIRY))) {
        throw new AppError('conflict', 'A turn with this id exists. Try again.');
      }
      return handle(first, raw);
    },

    async load(person, id) {
      return (await read(person, id))?.record;
    },

    async claim(person, id, change) {
      const found = await read(person, id);
      if (found === undefined || !claimable(found.record, clock.nowMs())) return undefined;
      const taken = stamped({ ...found.record, status: 'running', ...change(found.record) });
      const raw = JSON.stringify(taken);
      const written = await store.compareAndSet(turnKey(person, id), found.raw, raw, EXPIRY);
      return written ? handle(taken, raw) : undefined;
    },

    async cancel(person, id) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const found = await read(person, id);
        if (found === undefined) return undefined;
        if (found.record.status !== 'running' && found.record.status !== 'approval_required') return found.record;
        const cancelled = stamped({ ...found.record, status: 'cancelled', approvals: [] });
        if (await store.compareAndSet(turnKey(person, id), found.raw, JSON.stringify(cancelled), EXPIRY))
          return cancelled;
      }
      throw new AppError('conflict', 'The turn keeps changing. Try to cancel it again.');
    },

    async remove(person, id) {
      const key = turnKey(person, id);
      for (let raw = await store.get(key); raw !== undefined; raw = await store.get(key)) {
        await store.compareAndDelete(key, raw);
      }
    },
  };
}
