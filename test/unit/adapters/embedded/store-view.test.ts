import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../../../src/adapters/embedded/store-view.ts';
import { type StoreUser, storeAccess, storePrefixes, storeRights } from '../../../../src/config/store-access.ts';
import type { KeyValueStore, StoreOperation } from '../../../../src/ports/key-value-store.ts';
import { createTestClock } from '../../../support/clock.ts';

const users = Object.keys(storeAccess) as StoreUser[];
/** A key of every kind, and for exact keys one that merely begins like them. */
const keyOf = (prefix: string): string => (prefix.endsWith(':') ? `${prefix}canary:1` : prefix);

/** In an order in which each finds what the one before left. */
const operations: Record<StoreOperation, (store: KeyValueStore, key: string) => Promise<unknown>> = {
  get: (store, key) => store.get(key),
  list: (store, key) => store.list(key),
  set: (store, key) => store.set(key, '1'),
  setIfAbsent: (store, key) => store.setIfAbsent(key, '1'),
  compareAndSet: (store, key) => store.compareAndSet(key, '1', '2'),
  compareAndDelete: (store, key) => store.compareAndDelete(key, '2'),
  increment: (store, key) => store.increment(key, { ttlSeconds: 60 }),
};
const names = Object.keys(operations) as StoreOperation[];

/** What `rate:` allows holds for `rate:questions:` too. */
function allows(user: StoreUser, prefix: string, operation: StoreOperation): boolean {
  return storePrefixes
    .filter((entry) => entry === prefix || (entry.endsWith(':') && prefix.startsWith(entry)))
    .some((entry) => storeRights(user, entry).operations.includes(operation));
}

const cases = (allowed: boolean): [StoreUser, StoreOperation, string][] =>
  users.flatMap((user) =>
    storePrefixes.flatMap((prefix) =>
      names
        .filter((operation) => allows(user, prefix, operation) === allowed)
        .map((operation): [StoreUser, StoreOperation, string] => [user, operation, prefix]),
    ),
  );

function openView(user: StoreUser): { store: KeyValueStore; view: KeyValueStore } {
  const store = createMemoryStore({ clock: createTestClock() });
  return { store, view: createStoreView(store, storeAccess[user]) };
}

const refused = expect.objectContaining({ code: 'misconfigured' });

describe('what each function may do', () => {
  it.each(cases(false))('%s: no %s of %s', async (user, operation, prefix) => {
    const { store, view } = openView(user);
    await store.set(keyOf(prefix), '1');
    await expect(operations[operation](view, keyOf(prefix))).rejects.toEqual(refused);
    expect(await store.get(keyOf(prefix))).toBe('1');
  });

  it.each(cases(true))('%s: %s of %s', async (user, operation, prefix) => {
    const { store, view } = openView(user);
    await store.set(keyOf(prefix), '1');
    await expect(operations[operation](view, keyOf(prefix))).resolves.not.toThrow();
  });
});

describe('the edges of a view', () => {
  const { store, view } = (() => {
    const inner = createMemoryStore({ clock: createTestClock() });
    return { store: inner, view: createStoreView(inner, { 'person:': ['get', 'list'], keyring: ['get', 'list'] }) };
  })();

  it.each(['', 'p', 'person', 'perso', 'personal:1', 'keyring:1', 'keyringx', 'PERSON:1', ' person:1'])(
    'refuse a key that only resembles an allowed one: "%s"',
    async (key) => {
      await expect(view.get(key)).rejects.toEqual(refused);
      await expect(view.list(key)).rejects.toEqual(refused);
    },
  );

  it('say which kind of record it was and what was asked of it, and not whose', async () => {
    await expect(view.get('vault:google:p_canary')).rejects.toThrow(
      'This function may not read records of the kind "vault" (get).',
    );
  });

  it('close what they look at', async () => {
    await view.close();
    await expect(store.get('person:1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('separation of duties', () => {
  const writers = (prefix: (typeof storePrefixes)[number]): string[] =>
    users.filter((user) => storeRights(user, prefix).write);

  it.each([
    ['grant:', ['oauth']],
    ['grantindex:', ['oauth']],
    ['decision:', ['oauth']],
    ['approval:', ['mcp', 'mcp-key', 'mcp-oauth']],
    ['nonce:', ['mcp']],
    ['revocations', ['operator']],
    ['keyring', ['rotate', 'operator']],
    ['token:', ['oauth', 'operator']],
    ['person:', ['operator']],
    ['vault:', ['mcp', 'mcp-key', 'mcp-oauth', 'calls', 'oauth']],
  ] as const)('only the right ones write %s', (prefix, expected) => {
    expect(writers(prefix)).toEqual(expected);
  });

  it('lets every kind of record be written by somebody', () => {
    for (const prefix of storePrefixes) expect(writers(prefix)).not.toEqual([]);
  });

  it('lets no function delete a nonce, or write one over', () => {
    for (const user of users) {
      const { operations: allowed } = storeRights(user, 'nonce:');
      expect(allowed.filter((operation) => !['get', 'setIfAbsent'].includes(operation))).toEqual([]);
    }
  });
});
