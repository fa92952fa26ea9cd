import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createEnvelope } from '../../../src/vault/envelope.ts';
import { vaultKey } from '../../../src/vault/vault.ts';
import { ALICE, createEntry, createTestKeyService, createTestVault, put } from '../../support/vault.ts';

// Whatever lies in the store: a record opens whole or is unreadable. It never crashes the reader, and never shows a part.

const key = vaultKey('google', ALICE);

async function expectUnreadable(record: string): Promise<void> {
  const { vault, store, log } = createTestVault();
  await store.set(key, record);
  const found = await vault.read('google', ALICE);
  expect(['unreadable', 'revoked']).toContain(found.state);
  expect(JSON.stringify([found, log.events])).not.toContain('canary');
}

describe('a stored record', () => {
  it('of any text at all is unreadable', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), expectUnreadable));
  });

  it('of any JSON at all is unreadable, or a tombstone', async () => {
    await fc.assert(fc.asyncProperty(fc.json(), expectUnreadable));
  });

  it('of the right shape with anything sealed in it is unreadable', async () => {
    const part = fc.base64String().map((text) => text.replace(/[+/=]/g, '-'));
    const sealed = fc.oneof(
      fc.string(),
      fc.array(part, { minLength: 3, maxLength: 7 }).map((parts) => parts.join('.')),
    );
    const record = fc.record({
      v: fc.constant(1),
      state: fc.constant('connected'),
      version: fc.integer({ min: 1 }),
      written_at: fc.integer(),
      sealed,
    });
    await fc.assert(fc.asyncProperty(record, (made) => expectUnreadable(JSON.stringify(made))));
  });

  it('with any header of a JWE is unreadable', async () => {
    const header = fc.oneof(
      fc.json(),
      fc
        .record({
          alg: fc.constantFrom('dir', 'none', 'RSA-OAEP', 'PBES2-HS256+A128KW', 'A256GCMKW'),
          enc: fc.constantFrom('A256GCM', 'A128CBC-HS256', 'none'),
          typ: fc.constantFrom('sallyport-vault', 'JWT'),
          wrapped_key: fc.oneof(fc.string(), fc.integer(), fc.constant(undefined)),
          context: fc.string(),
          zip: fc.constantFrom('DEF', undefined),
          crit: fc.constantFrom(['exp'], undefined),
        })
        .map((made) => JSON.stringify(made)),
    );
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        const sealed = `${Buffer.from(text).toString('base64url')}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`;
        await expectUnreadable(JSON.stringify({ v: 1, state: 'connected', version: 1, written_at: 1, sealed }));
      }),
    );
  });
});

describe('a sealed entry', () => {
  it('cut off or changed anywhere is unreadable', async () => {
    const { vault, store, clock, log } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const record = JSON.parse((await store.get(key)) ?? '') as { sealed: string };
    const { length } = record.sealed;
    const change = fc.record({ at: fc.nat(length - 1), to: fc.constantFrom(...'ABab01-_.*='), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to, cut }) => {
        const before = record.sealed;
        const sealed = cut ? before.slice(0, at) : before.slice(0, at) + to + before.slice(at + 1);
        fc.pre(sealed !== before && !isSameBytes(sealed, before));
        await store.set(key, JSON.stringify({ ...record, sealed }));
        expect((await vault.read('google', ALICE)).state).toBe('unreadable');
      }),
      { numRuns: 400 },
    );
    expect(JSON.stringify(log.events)).not.toContain('canary');
  });

  it('of any text and any context opens to that text, under that context alone', async () => {
    const { clock } = createTestVault();
    const envelope = createEnvelope({ keys: createTestKeyService(), clock });
    const context = fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), context, context, async (text, one, other) => {
        const sealed = await envelope.seal(text, one);
        expect(await envelope.open(sealed, one)).toEqual({ ok: true, value: text });
        const isOther = JSON.stringify(Object.entries(one).sort()) !== JSON.stringify(Object.entries(other).sort());
        if (isOther) expect((await envelope.open(sealed, other)).ok).toBe(false);
      }),
    );
  });
});

/** The last character of a base64url part may hold bits that no byte has: another spelling of the same JWE. */
function isSameBytes(left: string, right: string): boolean {
  const decode = (text: string): string =>
    text
      .split('.')
      .map((part) => (/^[\w-]*$/.test(part) ? Buffer.from(part, 'base64url').toString('hex') : part))
      .join('.');
  // The header is authenticated as it is spelled, so that only the later parts may be spelled otherwise.
  return left.split('.')[0] === right.split('.')[0] && decode(left) === decode(right);
}
