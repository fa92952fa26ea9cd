import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDynamoDbStore, type RecordPlace } from '../../src/adapters/aws/dynamodb-store.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createSqliteStore } from '../../src/adapters/embedded/sqlite-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createTestClock } from '../support/clock.ts';
import { DYNAMODB_INSTALL_MS, hasDynamoDbLocal, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { createTestLog } from '../support/log.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';

// What every store promises (src/ports/key-value-store.ts), whichever adapter keeps it.

interface StoreUnderTest {
  readonly store: KeyValueStore;
  /** Resolves when a lifetime of `seconds` that begins now is over: at once where time can be set. */
  expire(key: string, seconds: number): Promise<void>;
  close(): Promise<void>;
}

async function openMemory(): Promise<StoreUnderTest> {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  return { store, expire: async (_, seconds) => clock.advance(seconds * 1000), close: () => store.close() };
}

async function openSqlite(): Promise<StoreUnderTest> {
  const clock = createTestClock();
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-store-'));
  const store = createSqliteStore({ file: join(directory, 'store.db'), clock });
  return {
    store,
    expire: async (_, seconds) => clock.advance(seconds * 1000),
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openView(): Promise<StoreUnderTest> {
  const inner = await openMemory();
  const all = ['get', 'set', 'setIfAbsent', 'compareAndSet', 'compareAndDelete', 'increment', 'list'] as const;
  return { ...inner, store: createStoreView(inner.store, { 'k:': all, 'other:': all }) };
}

async function openRedis(): Promise<StoreUnderTest> {
  const server = await startRedisServer();
  const clock = { nowMs: () => Date.now() };
  const store = createRedisStore({ url: server.url, ca: server.ca, clock, log: createTestLog() });
  return {
    store,
    // Redis keeps time itself: asked again and again, until it says that the record is gone.
    async expire(key) {
      while ((await store.get(key)) !== undefined);
    },
    async close() {
      await store.close();
      await server.stop();
    },
  };
}

/** Keys `k:<owner>:<name>` by owner, as grants and turns lie; others alone, as nonces do. */
function byOwner(key: string): RecordPlace {
  const end = key.indexOf(':', 2);
  return key.startsWith('k:') && end > 0
    ? { table: 'records', partition: key.slice(0, end), sort: key.slice(end) }
    : { table: 'records', partition: key, sort: '#' };
}
const eachAlone = (key: string): RecordPlace => ({ table: 'records', partition: key, sort: '#' });

const openDynamoDb = (place: (key: string) => RecordPlace) => async (): Promise<StoreUnderTest> => {
  const server = await startDynamoDbLocal();
  await server.createTables(['test-records']);
  const clock = createTestClock();
  const { client } = server;
  const store = createDynamoDbStore({ tablePrefix: 'test-', place, alone: '#', client, clock, log: createTestLog() });
  return {
    store,
    expire: async (_, seconds) => clock.advance(seconds * 1000),
    async close() {
      await store.close();
      await server.stop();
    },
  };
};

async function listAll(store: KeyValueStore, prefix: string, limit: number): Promise<string[]> {
  const keys = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await store.list(prefix, cursor === undefined ? { limit } : { cursor, limit });
    expect(new Set(page.keys).size).toBe(page.keys.length);
    for (const key of page.keys) keys.add(key);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...keys].sort();
}

const LIFE = 0.25;

interface Suite {
  readonly name: string;
  readonly open: () => Promise<StoreUnderTest>;
  readonly available?: boolean;
  /** Kilobytes of the largest value that it must take. */
  readonly largest?: number;
}

function describeStore({ name, open, available = true, largest = 512 }: Suite): void {
  (available ? describe : describe.skip)(`KeyValueStore: ${name}`, () => {
    let under: StoreUnderTest;
    let store: KeyValueStore;
    let test = 0;
    let key = '';
    beforeAll(async () => {
      under = await open();
      store = under.store;
    }, DYNAMODB_INSTALL_MS);
    beforeEach(() => {
      test += 1;
      key = `k:${test}`;
    });
    afterAll(() => under?.close());

    it('answers nothing for a key that was never written', async () => {
      expect(await store.get(key)).toBeUndefined();
    });

    it('gives back what was set last', async () => {
      await store.set(key, 'one');
      await store.set(key, 'two');
      expect(await store.get(key)).toBe('two');
    });

    it('keeps empty values, unicode keys and values, and quotes as they are', async () => {
      const odd = `${key}:žluťoučký 🐎 "'\\%_*?[a-z]\n`;
      await store.set(odd, '');
      expect(await store.get(odd)).toBe('');
      await store.set(odd, '{"é":"日本語 🏰"}');
      expect(await store.get(odd)).toBe('{"é":"日本語 🏰"}');
      expect(await listAll(store, `${key}:ž`, 10)).toEqual([odd]);
    });

    it(`keeps a value of ${largest} kB whole`, async () => {
      const large = 'ř0123456789abcd'.repeat((largest * 1024) / 16);
      await store.set(key, large);
      expect((await store.get(key)) === large).toBe(true);
      expect(await store.compareAndSet(key, large, 'small')).toBe(true);
    });

    it('lets a record go when its lifetime ends', async () => {
      await store.set(key, 'brief', { ttlSeconds: LIFE });
      expect(await store.get(key)).toBe('brief');
      await under.expire(key, LIFE);
      expect(await store.get(key)).toBeUndefined();
      expect((await store.list(key)).keys).toEqual([]);
    });

    it('takes an expired record for absent in every conditional write', async () => {
      await store.set(key, 'old', { ttlSeconds: LIFE });
      await under.expire(key, LIFE);
      expect(await store.compareAndSet(key, 'old', 'new')).toBe(false);
      expect(await store.compareAndDelete(key, 'old')).toBe(false);
      expect(await store.setIfAbsent(key, 'new')).toBe(true);
      expect(await store.get(key)).toBe('new');
    });

    it('forgets an earlier lifetime with a write that has none', async () => {
      const other = `${key}:other`;
      await store.set(key, 'brief', { ttlSeconds: LIFE });
      await store.set(key, 'lasting');
      await store.set(other, 'brief', { ttlSeconds: LIFE });
      await store.compareAndSet(other, 'brief', 'lasting');
      const witness = `${key}:witness`;
      await store.set(witness, 'gone by then', { ttlSeconds: LIFE });
      await under.expire(witness, LIFE);
      expect(await store.get(key)).toBe('lasting');
      expect(await store.get(other)).toBe('lasting');
    });

    it('gives a record of a compare-and-set the lifetime asked for', async () => {
      await store.set(key, 'one');
      expect(await store.compareAndSet(key, 'one', 'two', { ttlSeconds: LIFE })).toBe(true);
      await under.expire(key, LIFE);
      expect(await store.get(key)).toBeUndefined();
    });

    it('refuses a lifetime that is not positive, and writes nothing', async () => {
      for (const ttlSeconds of [0, -1, Number.NaN]) {
        await expect(store.set(key, 'x', { ttlSeconds })).rejects.toThrow(RangeError);
        await expect(store.setIfAbsent(key, 'x', { ttlSeconds })).rejects.toThrow(RangeError);
        await expect(store.increment(key, { ttlSeconds })).rejects.toThrow(RangeError);
      }
      expect(await store.get(key)).toBeUndefined();
    });

    it('writes only over exactly what was expected', async () => {
      expect(await store.compareAndSet(key, '', 'x')).toBe(false);
      await store.set(key, 'one');
      expect(await store.compareAndSet(key, 'One', 'x')).toBe(false);
      expect(await store.compareAndSet(key, 'one ', 'x')).toBe(false);
      expect(await store.get(key)).toBe('one');
      expect(await store.compareAndSet(key, 'one', 'two')).toBe(true);
      expect(await store.get(key)).toBe('two');
    });

    it('deletes only exactly what was expected', async () => {
      await store.set(key, 'one');
      expect(await store.compareAndDelete(key, 'two')).toBe(false);
      expect(await store.get(key)).toBe('one');
      expect(await store.compareAndDelete(key, 'one')).toBe(true);
      expect(await store.get(key)).toBeUndefined();
      expect(await store.compareAndDelete(key, 'one')).toBe(false);
    });

    it('lets exactly one of fifty setIfAbsent win', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => store.setIfAbsent(key, `${n}`)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toBe(String(answers.indexOf(true)));
    });

    it('lets exactly one of fifty compareAndSet win, and one of fifty compareAndDelete', async () => {
      await store.set(key, 'start');
      const sets = await Promise.all(Array.from({ length: 50 }, (_, n) => store.compareAndSet(key, 'start', `${n}`)));
      expect(sets.filter(Boolean)).toHaveLength(1);
      const winner = String(sets.indexOf(true));
      const deletes = await Promise.all(Array.from({ length: 50 }, () => store.compareAndDelete(key, winner)));
      expect(deletes.filter(Boolean)).toHaveLength(1);
    });

    it('counts fifty increments without losing one', async () => {
      const sums = await Promise.all(Array.from({ length: 50 }, () => store.increment(key, { ttlSeconds: 60 })));
      expect(sums.sort((left, right) => left - right)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      expect(await store.get(key)).toBe('50');
    });

    it('ends a counter with the lifetime of its first increment', async () => {
      expect(await store.increment(key, { ttlSeconds: LIFE })).toBe(1);
      expect(await store.increment(key, { ttlSeconds: 3_600 })).toBe(2);
      await under.expire(key, LIFE);
      expect(await store.increment(key, { ttlSeconds: 60 })).toBe(1);
    });

    it('refuses to count what is no number, and leaves it alone', async () => {
      await store.set(key, 'words');
      await expect(store.increment(key, { ttlSeconds: 60 })).rejects.toMatchObject({ code: 'internal' });
      expect(await store.get(key)).toBe('words');
    });

    it('lists every key under a prefix, page by page', async () => {
      const keys = Array.from({ length: 45 }, (_, n) => `${key}:${String(n).padStart(2, '0')}`);
      for (const name of keys) await store.set(name, 'x');
      await store.set(`other:${test}`, 'x');
      for (const limit of [1, 7, 45, 100]) expect(await listAll(store, `${key}:`, limit)).toEqual(keys);
      expect(await listAll(store, `${key}:0`, 100)).toEqual(keys.slice(0, 10));
      expect(await listAll(store, `${key}:none`, 100)).toEqual([]);
    });

    it('takes glob characters in a prefix literally', async () => {
      for (const odd of ['*', '?', '[ab]', '\\', '^', '-', '%', '_']) {
        await store.set(`${key}:${odd}:1`, 'x');
        await store.set(`${key}:a:1`, 'decoy');
        expect(await listAll(store, `${key}:${odd}:`, 100)).toEqual([`${key}:${odd}:1`]);
        expect(await listAll(store, `${key}:${odd}`, 100)).toEqual([`${key}:${odd}:1`]);
      }
    });

    it('lists a key that stays put even while others come and go', async () => {
      await store.set(`${key}:stays`, 'x');
      const churn = async (): Promise<void> => {
        for (let n = 0; n < 60; n += 1) {
          await store.set(`${key}:${n}`, 'x');
          await store.compareAndDelete(`${key}:${n}`, 'x');
        }
      };
      const busy = churn();
      for (let n = 0; n < 10; n += 1) expect(await listAll(store, `${key}:`, 5)).toContain(`${key}:stays`);
      await busy;
    });
  });
}

describeStore({ name: 'memory', open: openMemory });
describeStore({ name: 'sqlite', open: openSqlite });
describeStore({ name: 'a view of memory', open: openView });
describeStore({ name: 'redis', open: openRedis, available: hasRedisServer() });
// An item may have 400 KB.
const dynamoDb = { available: hasDynamoDbLocal(), largest: 340 };
describeStore({ name: 'dynamodb, records by owner', open: openDynamoDb(byOwner), ...dynamoDb });
describeStore({ name: 'dynamodb, each record alone', open: openDynamoDb(eachAlone), ...dynamoDb });

describe('a closed store', () => {
  it.each([
    ['memory', openMemory],
    ['sqlite', openSqlite],
  ])('answers unavailable (%s)', async (_, open) => {
    const { store, close } = await open();
    await close();
    await expect(store.get('k:1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
