import { AppError } from '../../kernel/app-error.ts';
import type { KeyValueStore, StoreAccess } from '../../ports/key-value-store.ts';

// What one function may see of a store: the embedded twin of a Redis ACL user or an IAM condition on leading keys.
// It refuses a key outside the lists before anything is asked of the store, and never narrows or rewrites a request to make it fit.

function covers(entries: readonly string[], key: string): boolean {
  return entries.some((entry) => (entry.endsWith(':') ? key.startsWith(entry) : key === entry));
}

/** The part of a key that names its kind; the rest may name a person and stays out of messages. */
function kindOf(key: string): string {
  return key.split(':', 1)[0] ?? '';
}

export function createStoreView(store: KeyValueStore, access: StoreAccess): KeyValueStore {
  function demand(right: 'read' | 'write', key: string): void {
    if (covers(access[right], key)) return;
    throw new AppError('misconfigured', `This function may not ${right} records of the kind "${kindOf(key)}".`);
  }
  return {
    async get(key) {
      demand('read', key);
      return store.get(key);
    },
    async set(key, value, expiry) {
      demand('write', key);
      return store.set(key, value, expiry);
    },
    async setIfAbsent(key, value, expiry) {
      demand('write', key);
      return store.setIfAbsent(key, value, expiry);
    },
    async compareAndSet(key, expected, value, expiry) {
      demand('write', key);
      return store.compareAndSet(key, expected, value, expiry);
    },
    async compareAndDelete(key, expected) {
      demand('write', key);
      return store.compareAndDelete(key, expected);
    },
    async increment(key, expiry) {
      demand('write', key);
      return store.increment(key, expiry);
    },
    async list(prefix, page) {
      demand('read', prefix);
      return store.list(prefix, page);
    },
    close: () => store.close(),
  };
}
