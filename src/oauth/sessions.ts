import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { tokenKey, tokenRecord } from '../trust/access-token.ts';
import { identityKey, identityRecord } from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';
import { type SessionRecord, sessionRecord } from './records.ts';
import { createSecretText, hashSecret, SECRET_PATTERN } from './secrets.ts';

// Browsers that have proved whose they are. A session lives no longer than what proved it: a revoked token or an identity that
// was taken from the person ends it at the next request.

/** A working day for a sign-in; half an hour for a browser that a terminal vouched for. */
const LIFETIME_SECONDS = { oidc: 8 * 3600, token: 1800 } as const;

export type SessionProof = { readonly tokenId: string } | { readonly identity: string };

export interface Sessions {
  /** Answers the cookie's value and for how long it is good. */
  open(person: string, proof: SessionProof): Promise<{ readonly secret: string; readonly lifetimeSeconds: number }>;
  find(secret: string): Promise<SessionRecord | undefined>;
  end(secret: string): Promise<void>;
}

const key = (secret: string): string => `session:${hashSecret(secret)}`;

export function createSessions(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): Sessions {
  const { store, clock, random } = deps;

  async function stillProved(session: SessionRecord): Promise<boolean> {
    if (session.identity !== undefined) {
      const raw = await store.get(identityKey(session.identity));
      return raw !== undefined && readRecord(identityRecord, raw, 'identity').person === session.person;
    }
    const raw = await store.get(tokenKey(session.by.slice('token:'.length)));
    if (raw === undefined) return false;
    const token = readRecord(tokenRecord, raw, 'token');
    return token.person === session.person && token.revoked_at === undefined && token.expires_at * 1000 > clock.nowMs();
  }

  return {
    async open(person, proof) {
      const oidc = 'identity' in proof;
      const lifetimeSeconds = oidc ? LIFETIME_SECONDS.oidc : LIFETIME_SECONDS.token;
      const session: SessionRecord = {
        v: 1,
        person,
        by: oidc ? 'session:oidc' : `token:${proof.tokenId}`,
        ...(oidc ? { identity: proof.identity } : {}),
        expires_at: Math.floor(clock.nowMs() / 1000) + lifetimeSeconds,
      };
      const secret = createSecretText(random);
      await store.set(key(secret), JSON.stringify(session), { ttlSeconds: lifetimeSeconds });
      return { secret, lifetimeSeconds };
    },
    async find(secret) {
      const raw = SECRET_PATTERN.test(secret) ? await store.get(key(secret)) : undefined;
      if (raw === undefined) return undefined;
      const session = readRecord(sessionRecord, raw, 'session');
      return session.expires_at * 1000 > clock.nowMs() && (await stillProved(session)) ? session : undefined;
    },
    async end(secret) {
      const raw = SECRET_PATTERN.test(secret) ? await store.get(key(secret)) : undefined;
      if (raw !== undefined) await store.compareAndDelete(key(secret), raw);
    },
  };
}
