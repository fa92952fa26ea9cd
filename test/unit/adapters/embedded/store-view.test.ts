import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../../../src/adapters/embedded/store-view.ts';
import { type StoreUser, storeAccess, storePrefixes } from '../../../../src/config/store-access.ts';
import type { KeyValueStore } from '../../../../src/ports/key-value-store.ts';
import { createTestClock } from '../../../support/clock.ts';

const users = Object.keys(storeAccess) as StoreUser[];
/** A key of every kind, and for exact keys one that merely begins like them. */
const keyOf = (prefix: string): string => (prefix.endsWith(':') ? `${prefix}canary:1` : prefix);

const reads: Record<string, (store: KeyValueStore, key: string) => Promise<unknown>> = {
  get: (store, key) => store.get(key),
  list: (store, key) => store.list(key),
};
const writes: Record<string, (store: KeyValueStore, key: string) => Promise<unknown>> = {
  set: (store, key) => store.set(key, '1'),
  setIfAbsent: (store, key) => store.setIfAbsent(key, '1'),
  compareAndSet: (store, key) => store.compareAndSet(key, '1', '2'),
  compareAndDelete: (store, key) => store.compareAndDelete(key, '2'),
  increment: (store, key) => store.increment(key, { ttlSeconds: 60 }),
};

function pairs(right: 'read' | 'write', allowed: boolean): [StoreUser, string][] {
  return users.flatMap((user) =>
    storePrefixes
      .filter((prefix) => (storeAccess[user][right] as readonly string[]).includes(prefix) === allowed)
      .map((prefix): [StoreUser, string] => [user, prefix]),
  );
}

function openView(user: StoreUser): { store: KeyValueStore; view: KeyValueStore } {
  const store = createMemoryStore({ clock: createTestClock() });
  return { store, view: createStoreView(store, storeAccess[user]) };
}

const refused = expect.objectContaining({ code: 'misconfigured' });

describe('what each function may not touch', () => {
  it.each(pairs('read', false))('%s reads nothing under %s', async (user, prefix) => {
    const { store, view } = openView(user);
    await store.set(keyOf(prefix), 'canary');
    for (const read of Object.values(reads)) await expect(read(view, keyOf(prefix))).rejects.toEqual(refused);
  });

  it.each(pairs('write', false))('%s writes nothing under %s', async (user, prefix) => {
    const { store, view } = openView(user);
    await store.set(keyOf(prefix), '1');
    for (const write of Object.values(writes)) await expect(write(view, keyOf(prefix))).rejects.toEqual(refused);
    expect(await store.get(keyOf(prefix))).toBe('1');
  });
});

describe('what each function may touch', () => {
  it.each(pairs('read', true))('%s reads under %s', async (user, prefix) => {
    const { store, view } = openView(user);
    await store.set(keyOf(prefix), 'there');
    expect(await view.get(keyOf(prefix))).toBe('there');
    expect((await view.list(keyOf(prefix))).keys).toEqual([keyOf(prefix)]);
  });

  it.each(pairs('write', true))('%s writes under %s', async (user, prefix) => {
    const { store, view } = openView(user);
    for (const write of Object.values(writes)) await write(view, keyOf(prefix));
    expect(await store.get(keyOf(prefix))).toBe('1');
  });
});

describe('the edges of a view', () => {
  const { store, view } = (() => {
    const inner = createMemoryStore({ clock: createTestClock() });
    return { store: inner, view: createStoreView(inner, { read: ['person:', 'keyring'], write: [] }) };
  })();

  it.each(['', 'p', 'person', 'perso', 'personal:1', 'keyring:1', 'keyringx', 'PERSON:1', ' person:1'])(
    'refuse a key that only resembles an allowed one: "%s"',
    async (key) => {
      await expect(view.get(key)).rejects.toEqual(refused);
      await expect(view.list(key)).rejects.toEqual(refused);
    },
  );

  it('say which kind of record it was, and not whose', async () => {
    await expect(view.get('vault:google:p_canary')).rejects.toThrow(
      'This function may not read records of the kind "vault".',
    );
  });

  it('close what they look at', async () => {
    await view.close();
    await expect(store.get('person:1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('separation of duties', () => {
  const writers = (prefix: string): string[] =>
    users.filter((user) => (storeAccess[user].write as readonly string[]).includes(prefix));

  it.each([
    ['grant:', ['oauth']],
    ['grantindex:', ['oauth']],
    ['decision:', ['oauth']],
    ['approval:', ['mcp']],
    ['nonce:', ['mcp']],
    ['revocations', ['operator']],
    ['keyring', ['operator']],
    ['token:', ['operator']],
    ['vault:', ['mcp', 'oauth']],
  ])('only the right ones write %s', (prefix, expected) => {
    expect(writers(prefix)).toEqual(expected);
  });

  it('lets every kind of record be written and read by somebody', () => {
    for (const prefix of storePrefixes) expect(writers(prefix)).not.toEqual([]);
  });
});
