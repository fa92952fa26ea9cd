import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkKey, deriveHmacSecret, type KeyringEntry, parseKeyring } from '../../../src/trust/keyring.ts';
import { parseSpiffeId } from '../../../src/trust/spiffe-id.ts';

const MASTER = Buffer.alloc(32, 5);
const IDENTITY = 'spiffe://sallyport.local/local/agent/assistant';
const OTHER = 'spiffe://sallyport.local/local/agent/other';
const NOW_MS = 1_790_000_000_000;
const entry: KeyringEntry = { key_id: 'agent/assistant#1', identity: IDENTITY, epoch: 1, state: 'current' };
const record = (...keys: unknown[]): string => JSON.stringify({ v: 1, version: 1, keys });

function certificateOf(identity: string) {
  const spiffeId = parseSpiffeId(identity);
  if (spiffeId === undefined) throw new Error('not a SPIFFE id');
  return { spiffeId };
}

/** HKDF-SHA256 written out after RFC 5869 §2, for 32 bytes. */
function hkdfByHand(master: Uint8Array, info: string): string {
  const prk = createHmac('sha256', Buffer.alloc(32)).update(master).digest();
  return createHmac('sha256', prk).update(info).update(Buffer.of(1)).digest('hex');
}

describe('HMAC secrets', () => {
  it('are HKDF-SHA256 of the master with identity and epoch in the info', () => {
    const secret = deriveHmacSecret(MASTER, IDENTITY, 1);
    expect(Buffer.from(secret).toString('hex')).toBe(hkdfByHand(MASTER, `sallyport hmac v1|${IDENTITY}|1`));
  });

  it('differ by identity, by epoch and by master', () => {
    const secrets = [
      deriveHmacSecret(MASTER, IDENTITY, 1),
      deriveHmacSecret(MASTER, IDENTITY, 2),
      deriveHmacSecret(MASTER, OTHER, 1),
      deriveHmacSecret(Buffer.alloc(32, 6), IDENTITY, 1),
    ];
    expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(4);
  });

  it('are not derived from a short master', () => {
    expect(() => deriveHmacSecret(Buffer.alloc(31), IDENTITY, 1)).toThrow('32 bytes');
  });
});

describe('the keyring', () => {
  it('finds a key by its id and derives its secret', () => {
    const keyring = parseKeyring(record(entry), MASTER);
    const found = keyring.find('agent/assistant#1');
    if (found === undefined) throw new Error('not found');
    expect(keyring.keyOf(found).export()).toEqual(Buffer.from(deriveHmacSecret(MASTER, IDENTITY, 1)));
    expect(keyring.find('agent/assistant#2')).toBeUndefined();
    expect(keyring.find('__proto__')).toBeUndefined();
  });

  it.each([
    ['is no JSON', 'x'],
    ['has another version', JSON.stringify({ v: 2, version: 1, keys: [] })],
    ['has a state of its own', record({ ...entry, state: 'retired' })],
    ['has an epoch below one', record({ ...entry, epoch: 0, key_id: 'agent/assistant#0' })],
    ['names no identity of ours', record({ ...entry, identity: 'https://sallyport.local/agent/assistant' })],
    ['gives a key id to another identity', record({ ...entry, identity: OTHER })],
    ['gives a key id another epoch', record({ ...entry, epoch: 2 })],
    ['names a key twice', record(entry, entry)],
  ])('that %s is a fault', (_case, text) => {
    expect(() => parseKeyring(text, MASTER)).toThrow();
  });

  it.each(['next', 'current', 'previous'] as const)('believes a key that is %s', (state) => {
    expect(checkKey({ ...entry, state }, certificateOf(IDENTITY), NOW_MS).ok).toBe(true);
  });

  it('refuses a key that it does not know, one of another identity, and one past its time', () => {
    const certificate = certificateOf(IDENTITY);
    const ending = { ...entry, not_after: NOW_MS / 1000 };
    expect(checkKey(undefined, certificate, NOW_MS)).toEqual({ ok: false, reason: 'key_unknown' });
    expect(checkKey(entry, certificateOf(OTHER), NOW_MS)).toEqual({ ok: false, reason: 'key_of_another_identity' });
    expect(checkKey(ending, certificate, NOW_MS)).toEqual({ ok: false, reason: 'key_retired' });
    expect(checkKey(ending, certificate, NOW_MS - 1).ok).toBe(true);
  });

  it('does not believe the same agent name of another environment', () => {
    const elsewhere = certificateOf('spiffe://sallyport.local/production/agent/assistant');
    expect(checkKey(entry, elsewhere, NOW_MS)).toEqual({ ok: false, reason: 'key_of_another_identity' });
  });
});
