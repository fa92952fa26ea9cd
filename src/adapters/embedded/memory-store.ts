import { AppError } from '../../kernel/app-error.ts';
import { ttlMs } from '../../kernel/time-to-live.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Expiry, KeyValueStore } from '../../ports/key-value-store.ts';

// A store that lives and dies with the process: for tests and throw-away runs. It is never shared between processes, and forgets all at exit.

interface StoredRecord {
  readonly value: string;
  /** Unix milliseconds; from then on the record is absent. */
  readonly expiresAtMs: number | undefined;
}

const DEFAULT_PAGE = 100;
/** Expired records are swept after as many writes as there are records, and at least this many: the cost per write stays constant. */
const MIN_WRITES_BETWEEN_SWEEPS = 256;

export function createMemoryStore(options: { readonly clock: Clock }): KeyValueStore {
  const { clock } = options;
  const records = new Map<string, StoredRecord>();
  let writesSinceSweep = 0;
  let closed = false;

  const isLive = (record: StoredRecord): boolean =>
    record.expiresAtMs === undefined || record.expiresAtMs > clock.nowMs();

  function live(key: string): StoredRecord | undefined {
    if (closed) throw new AppError('unavailable', 'The store is closed.');
    const record = records.get(key);
    return record !== undefined && isLive(record) ? record : undefined;
  }

  function write(key: string, value: string, expiry: Expiry | undefined): void {
    const expiresAtMs = expiry?.ttlSeconds === undefined ? undefined : clock.nowMs() + ttlMs(expiry.ttlSeconds);
    records.set(key, { value, expiresAtMs });
    writesSinceSweep += 1;
    if (writesSinceSweep < Math.max(MIN_WRITES_BETWEEN_SWEEPS, records.size)) return;
    writesSinceSweep = 0;
    for (const [name, record] of records) if (!isLive(record)) records.delete(name);
  }

  return {
    async get(key) {
      return live(key)?.value;
    },
    async set(key, value, expiry) {
      live(key);
      write(key, value, expiry);
    },
    async setIfAbsent(key, value, expiry) {
      if (live(key) !== undefined) return false;
      write(key, value, expiry);
      return true;
    },
    async compareAndSet(key, expected, value, expiry) {
      if (live(key)?.value !== expected) return false;
      write(key, value, expiry);
      return true;
    },
    async compareAndDelete(key, expected) {
      return live(key)?.value === expected && records.delete(key);
    },
    async increment(key, expiry) {
      const record = live(key);
      if (record === undefined) {
        write(key, '1', expiry);
        return 1;
      }
      const sum = Number(record.value) + 1;
      if (!Number.isSafeInteger(sum)) throw new AppError('internal', 'The record to increment is not a number.');
      records.set(key, { ...record, value: String(sum) });
      return sum;
    },
    async list(prefix, page = {}) {
      const { cursor, limit = DEFAULT_PAGE } = page;
      live(prefix);
      const keys = [...records.keys()]
        .filter((key) => key.startsWith(prefix) && (cursor === undefined || key > cursor) && live(key) !== undefined)
        .sort();
      const last = keys[limit - 1];
      return keys.length > limit && last !== undefined ? { keys: keys.slice(0, limit), cursor: last } : { keys };
    },
    async close() {
      closed = true;
      records.clear();
    },
  };
}
