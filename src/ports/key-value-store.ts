// Small records under string keys; keys and values are text without NUL characters. Redis, DynamoDB and the embedded store keep the same promises under one contract suite.
// Every method rejects with AppError `unavailable` when the store cannot be reached in time: callers fail closed.

export interface Expiry {
  /** The record is gone this many seconds after the write. Without it the record stays. */
  readonly ttlSeconds?: number;
}

export interface KeyPage {
  /** Full keys, each at most once in a page, in no promised order. A key may come again on a later page. */
  readonly keys: readonly string[];
  /** Pass it back to go on; absent on the last page. */
  readonly cursor?: string;
}

export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, expiry?: Expiry): Promise<void>;
  /** True when the record was absent and is now written. Atomic. */
  setIfAbsent(key: string, value: string, expiry?: Expiry): Promise<boolean>;
  /** Writes only over exactly `expected`; true when written. Atomic. Without `expiry` the record then stays for good. */
  compareAndSet(key: string, expected: string, value: string, expiry?: Expiry): Promise<boolean>;
  /** Deletes only exactly `expected`; true when deleted. Atomic. */
  compareAndDelete(key: string, expected: string): Promise<boolean>;
  /** Adds one and answers the sum. The lifetime starts with the first increment and is not extended. Atomic. */
  increment(key: string, expiry: { readonly ttlSeconds: number }): Promise<number>;
  list(prefix: string, page?: { readonly cursor?: string; readonly limit?: number }): Promise<KeyPage>;
  close(): Promise<void>;
}

export type StoreOperation = Exclude<keyof KeyValueStore, 'close'>;

/**
 * What one function may do in a store: an embedded view, an ACL user of Redis, an IAM policy. An entry that ends in `:` stands for every
 * key under it, any other entry for that one key; `list` under an entry lists what lies there. What is not listed is refused.
 */
export type StoreAccess = Readonly<Record<string, readonly StoreOperation[]>>;
