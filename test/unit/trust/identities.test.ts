import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import {
  identityIndexKey,
  linkIdentity,
  listIdentities,
  ownerOf,
  unlinkIdentity,
} from '../../../src/trust/identities.ts';
import { identityKey } from '../../../src/trust/person.ts';
import { createTestClock } from '../../support/clock.ts';

// Whose identity is whose, also when two want it at once and when the index beside it is wrong.

const ANN = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const BOB = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';
const OKTA = 'oidc:okta:00u1:with:colons';
let store: KeyValueStore;
beforeEach(() => {
  store = createMemoryStore({ clock: createTestClock() });
});

describe('an identity', () => {
  it('is nobody’s, then one person’s, then nobody’s', async () => {
    expect(await ownerOf(store, OKTA)).toBeUndefined();
    expect(await linkIdentity(store, OKTA, ANN)).toBe('linked');
    expect(await linkIdentity(store, OKTA, ANN)).toBe('known');
    expect(await ownerOf(store, OKTA)).toBe(ANN);
    expect(await listIdentities(store, ANN)).toEqual([OKTA]);
    expect(await unlinkIdentity(store, OKTA, ANN)).toBe(true);
    expect(await ownerOf(store, OKTA)).toBeUndefined();
    expect(await listIdentities(store, ANN)).toEqual([]);
    expect(await unlinkIdentity(store, OKTA, ANN)).toBe(false);
  });

  it('is never taken or let go by another person', async () => {
    await linkIdentity(store, OKTA, ANN);
    expect(await linkIdentity(store, OKTA, BOB)).toBe('taken');
    expect(await unlinkIdentity(store, OKTA, BOB)).toBe(false);
    expect(await ownerOf(store, OKTA)).toBe(ANN);
    expect(await listIdentities(store, BOB)).toEqual([]);
  });

  it('that two persons want at once becomes one’s', async () => {
    const outcomes = await Promise.all([linkIdentity(store, OKTA, ANN), linkIdentity(store, OKTA, BOB)]);
    expect([...outcomes].sort()).toEqual(['linked', 'taken']);
    const owner = await ownerOf(store, OKTA);
    const lists = await Promise.all([listIdentities(store, ANN), listIdentities(store, BOB)]);
    expect(lists.map((list) => list.length)).toEqual(owner === ANN ? [1, 0] : [0, 1]);
  });

  it('is decided by its record: an index that says otherwise is not believed', async () => {
    await linkIdentity(store, OKTA, ANN);
    await store.set(identityIndexKey(BOB, OKTA), '{"v":1}');
    await store.set(identityIndexKey(BOB, 'slack:T1:U1'), '{"v":1}');
    expect(await listIdentities(store, BOB)).toEqual([]);
  });

  it('whose record is damaged is a fault, not nobody’s', async () => {
    await store.set(identityKey(OKTA), '{"v":1}');
    await expect(ownerOf(store, OKTA)).rejects.toMatchObject({ code: 'internal' });
    await expect(linkIdentity(store, OKTA, ANN)).rejects.toMatchObject({ code: 'internal' });
  });

  it.each(['', 'oidc:okta:', 'mail:ann@example.com', 'oidc:okta:a b', 'oidc:okta:a\n', `oidc:okta:${'x'.repeat(256)}`])(
    'is not %j',
    async (text) => {
      await expect(linkIdentity(store, text, ANN)).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await ownerOf(store, text)).toBeUndefined();
      expect(await unlinkIdentity(store, text, ANN)).toBe(false);
    },
  );
});
