import { describe, expect, it } from '@jest/globals';
import {
  addIdentity,
  applyRotation,
  planRotation,
  ROTATION_DRAIN_SECONDS,
  ROTATION_RUN_LIMIT_SECONDS,
  removeIdentity,
  replaceKeys,
} from '../../../src/trust/key-rotation.ts';
import type { KeyringRecord } from '../../../src/trust/keyring.ts';

const IDENTITY = 'spiffe://sallyport.local/local/agent/assistant';
const OTHER = 'spiffe://sallyport.local/local/agent/other';
const CACHE = 60;
const START = 1_790_000_000;
const empty: KeyringRecord = { v: 1, version: 0, keys: [] };
const at = (nowSeconds: number) => ({ identity: IDENTITY, nowSeconds, cacheSeconds: CACHE });

function step(keyring: KeyringRecord, nowSeconds: number, start = false) {
  const planned = planRotation(keyring, at(nowSeconds), start);
  return { planned, keyring: applyRotation(keyring, at(nowSeconds), planned) };
}

const states = (keyring: KeyringRecord) =>
  keyring.keys.filter((key) => key.identity === IDENTITY).map((key) => `${key.epoch} ${key.state}`);

describe('key rotation', () => {
  it('goes publish, wait two cache lives, promote, wait for other runs, retire, wait one cache life and the drain, drop', () => {
    const before = addIdentity(addIdentity(empty, OTHER, START), IDENTITY, START);
    expect(step(before, START).planned).toEqual({ action: 'none' });

    const published = step(before, START, true);
    expect(published.planned).toEqual({ action: 'publish', keyId: 'agent/assistant#2', epoch: 2 });
    expect(states(published.keyring)).toEqual(['1 current', '2 next']);

    const early = step(published.keyring, START + 2 * CACHE - 1, true);
    expect(early.planned).toEqual({ action: 'wait', untilSeconds: START + 2 * CACHE, next: 'promote' });
    expect(early.keyring).toBe(published.keyring);

    const promotedAt = START + 2 * CACHE;
    const promoted = step(published.keyring, promotedAt);
    expect(promoted.planned).toEqual({ action: 'promote', keyId: 'agent/assistant#2', epoch: 2 });
    expect(states(promoted.keyring)).toEqual(['1 previous', '2 current']);

    const retiredAt = promotedAt + ROTATION_RUN_LIMIT_SECONDS;
    const settling = step(promoted.keyring, retiredAt - 1, true);
    expect(settling.planned).toEqual({ action: 'wait', untilSeconds: retiredAt, next: 'retire' });
    const retired = step(promoted.keyring, retiredAt);
    expect(retired.planned).toEqual({ action: 'retire', keyIds: ['agent/assistant#1'] });
    expect(states(retired.keyring)).toEqual(['1 previous', '2 current']);

    const goneAt = retiredAt + CACHE + ROTATION_DRAIN_SECONDS;
    const waiting = step(retired.keyring, goneAt - 1, true);
    expect(waiting.planned).toEqual({ action: 'wait', untilSeconds: goneAt, next: 'drop' });

    const dropped = step(retired.keyring, goneAt);
    expect(dropped.planned).toEqual({ action: 'drop', keyIds: ['agent/assistant#1'] });
    expect(states(dropped.keyring)).toEqual(['2 current']);
    expect(dropped.keyring.version).toBe(before.version + 4);
    expect(dropped.keyring.keys.filter((key) => key.identity === OTHER)).toEqual(before.keys.slice(0, 1));
    expect(step(dropped.keyring, goneAt).planned).toEqual({ action: 'none' });
  });

  it('never names an epoch again that is still in the keyring', () => {
    const keyring = addIdentity(empty, IDENTITY, START);
    const planned = planRotation(keyring, at(START), true);
    expect(planned).toMatchObject({ action: 'publish', epoch: 2 });
  });

  it('gives an identity one first key, and takes all of them away', () => {
    const keyring = addIdentity(empty, IDENTITY, START);
    expect(() => addIdentity(keyring, IDENTITY, START)).toThrow('already');
    expect(() => addIdentity(keyring, 'somebody', START)).toThrow('SPIFFE');
    expect(removeIdentity(addIdentity(keyring, OTHER, START), IDENTITY).keys.map((key) => key.identity)).toEqual([
      OTHER,
    ]);
  });

  it('believes an old key until its end is set, however late that is', () => {
    const published = step(addIdentity(empty, IDENTITY, START), START, true);
    const promoted = step(published.keyring, START + 2 * CACHE);
    expect(promoted.keyring.keys.find((key) => key.epoch === 1)?.not_after).toBeUndefined();
    expect(step(promoted.keyring, START + 100 * ROTATION_RUN_LIMIT_SECONDS).planned.action).toBe('retire');
  });

  it('puts another key in the place of one that leaked, at once and under an epoch of its own', () => {
    const before = step(addIdentity(addIdentity(empty, OTHER, START), IDENTITY, START), START, true).keyring;
    const after = replaceKeys(before, IDENTITY, START + 1);
    expect(states(after)).toEqual(['3 current']);
    expect(after.keys.filter((key) => key.identity === OTHER)).toHaveLength(1);
    expect(after.version).toBe(before.version + 1);
  });

  it.each([1, 30, 60, 300])('loses no request with caches of %i seconds, at any second of it', (cacheSeconds) => {
    const context = (nowSeconds: number) => ({ identity: IDENTITY, nowSeconds, cacheSeconds });
    let keyring = addIdentity(empty, IDENTITY, START);
    /** What the store held at each second from START - cacheSeconds on. */
    const history: KeyringRecord[] = Array.from({ length: cacheSeconds }, () => keyring);
    const end = 5 * cacheSeconds + ROTATION_RUN_LIMIT_SECONDS + ROTATION_DRAIN_SECONDS;
    for (let second = 0; second <= end; second += 1) {
      const planned = planRotation(keyring, context(START + second), second === 0);
      keyring = applyRotation(keyring, context(START + second), planned);
      history.push(keyring);
    }
    const heldAt = (second: number) => history[second + cacheSeconds] ?? keyring;
    for (let second = 0; second <= end; second += 1) {
      // An agent may sign with what it has just read or with what is one cache life old; its request may be a window under way.
      for (const signerAge of [0, cacheSeconds - 1, cacheSeconds - 1 + 60]) {
        const signer = heldAt(Math.max(second - signerAge, -cacheSeconds)).keys.find((key) => key.state === 'current');
        // A verifier may hold a keyring just as old.
        for (const verifier of [heldAt(second), heldAt(second - cacheSeconds + 1)]) {
          const known = verifier.keys.find((key) => key.key_id === signer?.key_id);
          expect(known).toBeDefined();
          expect(known?.not_after ?? Number.POSITIVE_INFINITY).toBeGreaterThan(START + second);
        }
      }
    }
  });
});
