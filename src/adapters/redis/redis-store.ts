import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { AppError } from '../../kernel/app-error.ts';
import { ttlMs } from '../../kernel/time-to-live.ts';
import type { Expiry, KeyValueStore } from '../../ports/key-value-store.ts';
import { createRedisConnection, type RedisConnectionOptions } from './redis-connection.ts';

// The store that several functions share. What must be atomic is one command or one small script; nothing is retried here, for only
// the caller knows whether doing it twice is harmless.

/** A script runs whole or not at all, and nothing else runs meanwhile (https://redis.io/docs/latest/develop/programmability/eval-intro/). */
interface Script {
  readonly lua: string;
  readonly sha1: string;
}

const script = (lua: string): Script => ({ lua, sha1: createHash('sha1').update(lua).digest('hex') });

// ARGV: expected value, new value, lifetime in milliseconds ('' for ever).
const compareAndSet = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`);

// ARGV: expected value.
const compareAndDelete = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`);

// ARGV: lifetime in milliseconds, begun by the first increment.
const increment = script(`
local absent = redis.call('EXISTS', KEYS[1]) == 0
local sum = redis.call('INCR', KEYS[1])
if absent then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return sum`);

/** Keys looked at by one SCAN, and SCANs made for one page: a page never holds the server, or the caller, for long. */
const KEYS_PER_SCAN = 500;
const SCANS_PER_PAGE = 40;
const DEFAULT_PAGE = 100;

async function run(client: Redis, { lua, sha1 }: Script, key: string, ...args: string[]): Promise<number> {
  try {
    return Number(await client.evalsha(sha1, 1, key, ...args));
  } catch (cause) {
    // A server that just started knows no scripts yet.
    if (!(cause instanceof Error) || !cause.message.startsWith('NOSCRIPT')) throw cause;
    return Number(await client.eval(lua, 1, key, ...args));
  }
}

/** Makes a prefix literal in a glob pattern. */
const escapeGlob = (prefix: string): string => prefix.replace(/[\\*?[\]]/g, '\\$&');

const lifetime = (expiry: Expiry | undefined): number | undefined =>
  expiry?.ttlSeconds === undefined ? undefined : ttlMs(expiry.ttlSeconds);

/** Reads on until a page is full, the end is reached, or enough was looked at; then the page may even be empty, with a cursor to go on. */
async function scanPage(client: Redis, pattern: string, from: string, limit: number) {
  const keys = new Set<string>();
  let cursor = from;
  for (let scans = 0; scans < SCANS_PER_PAGE && keys.size < limit; scans += 1) {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_SCAN);
    for (const key of found) keys.add(key);
    cursor = next;
    if (cursor === '0') return { keys: [...keys] };
  }
  return { keys: [...keys], cursor };
}

export function createRedisStore(options: RedisConnectionOptions): KeyValueStore {
  const connection = createRedisConnection(options);
  return {
    async get(key) {
      return (await connection.use((client) => client.get(key))) ?? undefined;
    },
    async set(key, value, expiry) {
      const ms = lifetime(expiry);
      await connection.use((client) => (ms === undefined ? client.set(key, value) : client.set(key, value, 'PX', ms)));
    },
    async setIfAbsent(key, value, expiry) {
      const ms = lifetime(expiry);
      const answer = await connection.use((client) =>
        ms === undefined ? client.set(key, value, 'NX') : client.set(key, value, 'PX', ms, 'NX'),
      );
      return answer === 'OK';
    },
    async compareAndSet(key, expected, value, expiry) {
      const ms = lifetime(expiry);
      const lifetimeText = ms === undefined ? '' : String(ms);
      return (await connection.use((client) => run(client, compareAndSet, key, expected, value, lifetimeText))) === 1;
    },
    async compareAndDelete(key, expected) {
      return (await connection.use((client) => run(client, compareAndDelete, key, expected))) === 1;
    },
    async increment(key, expiry) {
      const ms = ttlMs(expiry.ttlSeconds);
      return connection.use((client) => run(client, increment, key, String(ms)));
    },
    async list(prefix, page = {}) {
      const { cursor = '0', limit = DEFAULT_PAGE } = page;
      if (!/^\d{1,20}$/.test(cursor)) throw new AppError('invalid_request', 'The cursor is not one of ours.');
      return connection.use((client) => scanPage(client, `${escapeGlob(prefix)}*`, cursor, limit));
    },
    close: () => connection.close(),
  };
}
