import { AppError } from '../../kernel/app-error.ts';
import type { KeyValueStore, StoreAccess, StoreOperation } from '../../ports/key-value-store.ts';

// What one function may see of a store: the embedded twin of a Redis ACL user or an IAM policy with leading keys.
// It refuses an operation outside the list before anything is asked of the store, and never narrows or rewrites a request to make it fit.

const covers = (entry: string, key: string): boolean => (entry.endsWith(':') ? key.startsWith(entry) : key === entry);

/** The part of a key that names its kind; the rest may name a person and stays out of messages. */
function kindOf(key: string): string {
  return key.split(':', 1)[0] ?? '';
}

export function createStoreView(store: KeyValueStore, access: StoreAccess): KeyValueStore {
  const entries = Object.entries(access);
  function demand(operation: StoreOperation, key: string): void {
    for (const [entry, operations] of entries) if (covers(entry, key) && operations.includes(operation)) return;
    const right = operation === 'get' || operation === 'list' ? 'read' : 'write';
    throw new AppError(
      'misconfigured',
      `This function may not ${right} records of the kind "${kindOf(key)}" (${operation}).`,
    );
  }
  return {
    async get(key) {
      demand('get', key);
      return store.get(key);
    },
    async set(key, value, expiry) {
      demand('set', key);
      return store.set(key, value, expiry);
    },
    async setIfAbsent(key, value, expiry) {
      demand('setIfAbsent', key);
      return store.setIfAbsent(key, value, expiry);
    },
    async compareAndSet(key, expected, value, expiry) {
      demand('compareAndSet', key);
      return store.compareAndSet(key, expected, value, expiry);
    },
    async compareAndDelete(key, expected) {
      demand('compareAndDelete', key);
      return store.compareAndDelete(key, expected);
    },
    async increment(key, expiry) {
      demand('increment', key);
      return store.increment(key, expiry);
    },
    async list(prefix, page) {
      demand('list', prefix);
      return store.list(prefix, page);
    },
    close: () => store.close(),
  };
}
