import { AppError } from '../kernel/app-error.ts';
import { formatKeyId, type KeyringEntry, type KeyringRecord } from './keyring.ts';
import { SIGNATURE_WINDOW_SECONDS } from './signature-profile.ts';
import { parseSpiffeId } from './spiffe-id.ts';

// Changing an agent's HMAC key without losing a request. Verifiers and agents learn of changes one cache life late, so:
//   publish the next key → wait two cache lives → promote it → wait until no other run can be under way → retire the old key: it ends one cache
//   life and 120 s from now → drop it.
// Verifiers believe a key in each of these phases. Pure: the rotation (src/certificates/rotation.ts) asks `planRotation` what is due and writes what
// `applyRotation` answers, with compareAndSet. Doing nothing is always safe.

/** After the last agent has switched, a request signed just before may still be within its window or in a queue. */
export const ROTATION_DRAIN_SECONDS = 2 * SIGNATURE_WINDOW_SECONDS;
/** No run of the rotation lasts longer: Lambda ends every function then. */
export const ROTATION_RUN_LIMIT_SECONDS = 900;

export type RotationStep =
  | { readonly action: 'publish'; readonly keyId: string; readonly epoch: number }
  | { readonly action: 'promote'; readonly keyId: string; readonly epoch: number }
  | { readonly action: 'retire'; readonly keyIds: readonly string[] }
  | { readonly action: 'drop'; readonly keyIds: readonly string[] }
  | { readonly action: 'wait'; readonly untilSeconds: number; readonly next: 'promote' | 'retire' | 'drop' }
  | { readonly action: 'none' };

export interface RotationContext {
  /** The SPIFFE id whose key is rotated. */
  readonly identity: string;
  readonly nowSeconds: number;
  /** The longest that any verifier keeps a keyring or any agent its credentials. */
  readonly cacheSeconds: number;
  /** Default 120. */
  readonly drainSeconds?: number;
  /** The longest that a run of the rotation lasts. Default 900. */
  readonly runLimitSeconds?: number;
}

function agentOf(identity: string): string {
  const id = parseSpiffeId(identity);
  if (id === undefined) throw new AppError('invalid_request', 'A key belongs to a SPIFFE id of this system.');
  return id.agent;
}

function keysOf(keyring: KeyringRecord, identity: string): readonly KeyringEntry[] {
  return keyring.keys.filter((entry) => entry.identity === identity);
}

const changed = (keyring: KeyringRecord, keys: readonly KeyringEntry[]): KeyringRecord => ({
  v: 1,
  version: keyring.version + 1,
  keys: [...keys],
});

/** A first key, believed at once. For an identity that has none; `epoch` is greater than 1 for one that had some before. */
export function addIdentity(keyring: KeyringRecord, identity: string, nowSeconds: number, epoch = 1): KeyringRecord {
  if (keysOf(keyring, identity).length > 0) throw new AppError('conflict', 'This identity has a key already.');
  const key_id = formatKeyId(agentOf(identity), epoch);
  return changed(keyring, [...keyring.keys, { key_id, identity, epoch, state: 'current', since: nowSeconds }]);
}

/** Takes every key of an identity away, at once. For an agent that must not sign any more. */
export function removeIdentity(keyring: KeyringRecord, identity: string): KeyringRecord {
  return changed(
    keyring,
    keyring.keys.filter((entry) => entry.identity !== identity),
  );
}

/** A key gets its end only once nobody can put it into the agent's hands again: whoever began before the promotion has ended. */
function planEnd(previous: readonly KeyringEntry[], old: KeyringEntry, context: RotationContext): RotationStep {
  if (old.not_after !== undefined) return { action: 'wait', untilSeconds: old.not_after, next: 'drop' };
  const untilSeconds = (old.since ?? 0) + (context.runLimitSeconds ?? ROTATION_RUN_LIMIT_SECONDS);
  if (context.nowSeconds < untilSeconds) return { action: 'wait', untilSeconds, next: 'retire' };
  return { action: 'retire', keyIds: previous.map((entry) => entry.key_id) };
}

/**
 * Another key in the place of all that the identity has: for a key that somebody else may hold. Until the agent has read its new
 * credentials it is refused.
 */
export function replaceKeys(keyring: KeyringRecord, identity: string, nowSeconds: number): KeyringRecord {
  const epoch = Math.max(0, ...keysOf(keyring, identity).map((entry) => entry.epoch)) + 1;
  const key_id = formatKeyId(agentOf(identity), epoch);
  const others = keyring.keys.filter((entry) => entry.identity !== identity);
  return changed(keyring, [...others, { key_id, identity, epoch, state: 'current', since: nowSeconds }]);
}

/**
 * Another key beside those that the identity has, which end after the overlap: for credentials that a person puts in place by hand. What has ended
 * is left out.
 */
export function succeedKeys(
  keyring: KeyringRecord,
  identity: string,
  times: { readonly nowSeconds: number; readonly overlapSeconds: number },
): KeyringRecord {
  const { nowSeconds, overlapSeconds } = times;
  const own = keysOf(keyring, identity);
  const epoch = Math.max(0, ...own.map((entry) => entry.epoch)) + 1;
  const end = nowSeconds + overlapSeconds;
  const before = own
    .map((entry): KeyringEntry => {
      const not_after = Math.min(entry.not_after ?? end, end);
      return entry.state === 'previous'
        ? { ...entry, not_after }
        : { ...entry, state: 'previous', since: nowSeconds, not_after };
    })
    .filter(({ not_after = end }) => not_after > nowSeconds);
  const others = keyring.keys.filter((entry) => entry.identity !== identity);
  const key_id = formatKeyId(agentOf(identity), epoch);
  return changed(keyring, [...others, ...before, { key_id, identity, epoch, state: 'current', since: nowSeconds }]);
}

/**
 * What is due for this identity. `start` begins a new rotation when none is under way; without it a finished rotation
 * answers `none`. Asking twice in the same state answers the same.
 */
export function planRotation(keyring: KeyringRecord, context: RotationContext, start: boolean): RotationStep {
  const keys = keysOf(keyring, context.identity);
  const previous = keys.filter((entry) => entry.state === 'previous');
  const due = previous.filter(({ not_after }) => not_after !== undefined && not_after <= context.nowSeconds);
  if (due.length > 0) return { action: 'drop', keyIds: due.map((entry) => entry.key_id) };
  const next = keys.find((entry) => entry.state === 'next');
  if (next !== undefined) {
    const untilSeconds = (next.since ?? 0) + 2 * context.cacheSeconds;
    if (context.nowSeconds < untilSeconds) return { action: 'wait', untilSeconds, next: 'promote' };
    return { action: 'promote', keyId: next.key_id, epoch: next.epoch };
  }
  // One rotation at a time: the old key is gone before the next one appears.
  const [old] = previous;
  if (old !== undefined) return planEnd(previous, old, context);
  if (!start) return { action: 'none' };
  const epoch = Math.max(0, ...keys.map((entry) => entry.epoch)) + 1;
  return { action: 'publish', keyId: formatKeyId(agentOf(context.identity), epoch), epoch };
}

/** The keyring after one step. `wait` and `none` leave it as it is. */
export function applyRotation(keyring: KeyringRecord, context: RotationContext, step: RotationStep): KeyringRecord {
  const since = context.nowSeconds;
  switch (step.action) {
    case 'publish': {
      const entry: KeyringEntry = {
        key_id: step.keyId,
        identity: context.identity,
        epoch: step.epoch,
        state: 'next',
        since,
      };
      return changed(keyring, [...keyring.keys, entry]);
    }
    case 'promote': {
      const keys = keyring.keys.map((entry): KeyringEntry => {
        if (entry.identity !== context.identity) return entry;
        if (entry.key_id === step.keyId) return { ...entry, state: 'current', since };
        return entry.state === 'current' ? { ...entry, state: 'previous', since } : entry;
      });
      return changed(keyring, keys);
    }
    case 'retire': {
      const not_after = since + context.cacheSeconds + (context.drainSeconds ?? ROTATION_DRAIN_SECONDS);
      const retired = (entry: KeyringEntry): boolean =>
        entry.identity === context.identity && step.keyIds.includes(entry.key_id);
      return changed(
        keyring,
        keyring.keys.map((entry) => (retired(entry) ? { ...entry, not_after } : entry)),
      );
    }
    case 'drop':
      return changed(
        keyring,
        keyring.keys.filter((entry) => entry.identity !== context.identity || !step.keyIds.includes(entry.key_id)),
      );
    case 'wait':
    case 'none':
      return keyring;
  }
}
