import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import { ULID_PATTERN } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { rotateToken, type TokenRecord, tokenKey, tokenRecord } from './access-token.ts';
import { readRecord } from './record.ts';

// Makes a stored token anew, for an operator or for the person whose it is. Never while the secret before the last one is still accepted, unless that is
// said: somebody may yet use it.

export interface RenewTokenDeps {
  readonly store: Pick<KeyValueStore, 'get' | 'compareAndSet'>;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RenewTokenRequest {
  readonly id: string;
  /** How long the secret of before is still accepted; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** How long it lasts from now on; left out, it ends when it would have. */
  readonly lifetimeSeconds?: number | undefined;
  /** Also when the one before the last rotation is still accepted, which then ends. */
  readonly again?: boolean | undefined;
  /** Whose it must be. A token of somebody else is as good as none. */
  readonly person?: string | undefined;
}

export interface RenewedToken {
  /** Shown once and kept nowhere. */
  readonly text: string;
  readonly record: TokenRecord;
}

export const DEFAULT_OVERLAP_HOURS = 24;
export const MAX_OVERLAP_HOURS = 30 * 24;

const noSuchToken = (id: string): AppError => new AppError('not_found', `There is no token ${id}.`);

/** Rejects with `not_found`, `gone` (revoked or over) or `conflict`. */
export async function renewToken(deps: RenewTokenDeps, request: RenewTokenRequest): Promise<RenewedToken> {
  const { store, clock, random } = deps;
  const { id, person } = request;
  const key = tokenKey(id);
  const raw = ULID_PATTERN.test(id) ? await store.get(key) : undefined;
  if (raw === undefined) throw noSuchToken(ULID_PATTERN.test(id) ? id : 'of that id');
  const record = readRecord(tokenRecord, raw, 'token');
  if (person !== undefined && record.person !== person) throw noSuchToken(id);
  const nowMs = clock.nowMs();
  if (record.revoked_at !== undefined || nowMs >= record.expires_at * 1000) {
    throw new AppError('gone', 'This token is over, and comes back by no rotation. Have another one made.');
  }
  const until = record.previous?.until ?? 0;
  if (nowMs < until * 1000 && request.again !== true) {
    const when = isoTime(until);
    throw new AppError('conflict', `The secret before this one is accepted until ${when}. Say "again" to end it now.`);
  }
  const lifetimeSeconds = request.lifetimeSeconds ?? record.expires_at - Math.floor(nowMs / 1000);
  const { overlapSeconds } = request;
  const renewed = rotateToken(record, { nowMs, overlapSeconds, lifetimeSeconds, random: random.bytes(32) });
  if (await store.compareAndSet(key, raw, JSON.stringify(renewed.record))) return renewed;
  throw new AppError('conflict', 'The token was changed at the same moment. Try again.');
}
