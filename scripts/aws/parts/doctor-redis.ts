import { createRedisConnection } from '../../../src/adapters/redis/redis-connection.ts';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { Secret } from '../../../src/kernel/secret.ts';
import type { Log } from '../../../src/ports/log.ts';
import { bad, type Finding, mind, ok } from './finding.ts';

// A Redis as our functions need it: it drops nothing under pressure, it survives a restart, and it has connections enough. All of it is in INFO,
// which our users may run; CONFIG is nobody's at a hosted Redis.

/** Fewer, and instances of a busy hour find none left: each holds one. */
const ENOUGH_CONNECTIONS = 100;
const FULL = 0.8;

const silent: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => silent, metric: () => {} };

const readInfo = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );

function persistence(info: ReadonlyMap<string, string>): Finding {
  if (info.get('aof_enabled') === '1') return ok('Redis writes every change to disk (AOF)');
  const failed = info.get('rdb_last_bgsave_status') === 'err';
  const saved = Number(info.get('rdb_last_save_time') ?? 0);
  const changes = Number(info.get('rdb_changes_since_last_save') ?? 0);
  const hours = Math.floor((Date.now() / 1000 - saved) / 3600);
  if (failed) return bad('Redis cannot save its records', 'see why in its log; switch on append-only persistence');
  const switchOn =
    'switch on append-only persistence (Redis Cloud: Data Persistence; elsewhere: CONFIG SET appendonly yes)';
  return mind(
    `Redis keeps snapshots only: ${changes} changes since the last, ${hours} hours ago, would be lost`,
    switchOn,
  );
}

function connections(info: ReadonlyMap<string, string>): Finding {
  const [limit, used] = [Number(info.get('maxclients') ?? 0), Number(info.get('connected_clients') ?? 0)];
  if (limit === 0)
    return mind('Redis does not say how many connections it allows', 'look in its console: 100 or more are needed');
  const text = `Redis allows ${limit} connections, ${used} are open`;
  if (used >= limit * FULL) return bad(text, 'take a larger plan, or reserve concurrency for the functions');
  return limit < ENOUGH_CONNECTIONS
    ? mind(`${text}: each running function holds one`, 'take a larger plan before many people use it at once')
    : ok(text);
}

function memory(info: ReadonlyMap<string, string>): Finding {
  const [limit, used] = [Number(info.get('maxmemory') ?? 0), Number(info.get('used_memory') ?? 0)];
  if (limit === 0) return ok(`Redis uses ${Math.round(used / 1e6)} MB and sets itself no limit`);
  const text = `Redis uses ${Math.round(used / 1e6)} of ${Math.round(limit / 1e6)} MB`;
  return used >= limit * FULL ? bad(`${text}: once full it refuses every write`, 'take a larger plan') : ok(text);
}

export async function examineRedis(
  { url, ca }: { readonly url: Secret; readonly ca?: string | undefined },
  mend: string,
): Promise<readonly Finding[]> {
  const clock = { nowMs: () => Date.now() };
  const options = { url, clock, log: silent, timeoutMs: 5_000, ...(ca === undefined ? {} : { ca }) };
  try {
    const connection = createRedisConnection(options);
    try {
      // The connection itself refuses a server that may evict.
      const info = readInfo(await connection.use((client) => client.info()));
      return [ok('Redis answers, and evicts nothing (noeviction)'), persistence(info), connections(info), memory(info)];
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return [bad(`${error.message}${cause}`, mend)];
  }
}
