import { isIP } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { redisFault } from './redis-fault.ts';

// One connection to Redis, made when it is first needed and made again by the next call after it broke. Nothing is queued while there is none, and no timer
// reconnects behind the scenes: a frozen Lambda would find it dead. It speaks plain text to this machine only, and works with no server that may evict records.

export interface RedisConnectionOptions {
  /** `rediss://[user]:password@host:port[/database]`; `redis://` for loopback only. */
  readonly url: Secret;
  /** PEM of the authority that issued the server's certificate; without it the public ones count. */
  readonly ca?: string;
  /** For making the connection, and again for each command; milliseconds. */
  readonly timeoutMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RedisConnection {
  /** Runs commands on a live connection. Every rejection is an AppError. */
  use<Value>(action: (client: Redis) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

/** The constructor takes this member in another shape than the options' own type; we leave it out. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

const DEFAULT_TIMEOUT_MS = 1_000;
/** After such a silence the connection is asked for a sign of life first: firewalls and a frozen Lambda lose connections without a word. */
const IDLE_MS = 10_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function clientOptions(options: RedisConnectionOptions): ClientOptions {
  const text = options.url.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const encrypted = url?.protocol === 'rediss:';
  const database = url?.pathname.slice(1) ?? '';
  if (url === undefined || !(encrypted || url.protocol === 'redis:') || !/^\d{0,4}$/.test(database)) {
    throw new AppError('misconfigured', 'The Redis URL must look like rediss://user:password@host:port/0.');
  }
  if (!encrypted && !LOOPBACK.has(url.hostname)) {
    throw new AppError('misconfigured', 'Redis must be reached over TLS: the URL must start with rediss://.');
  }
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // RFC 6066 §3: a server name is never an address.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const authority = options.ca === undefined ? {} : { ca: options.ca };
  return {
    host,
    port: Number(url.port || 6379),
    db: Number(database),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(encrypted ? { tls: { ...servername, ...authority, minVersion: 'TLSv1.2' } } : {}),
    connectTimeout: timeoutMs,
    // How long a connection that is given up may linger; its timer keeps a process from ending.
    disconnectTimeout: 100,
    commandTimeout: timeoutMs,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // We ask INFO ourselves, and nothing here needs RESP3's kinds of answers: one exchange less to begin with.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  };
}

/** INFO tells it everywhere; CONFIG is closed on managed Redis but open on some where INFO is not. */
async function evictionPolicy(client: Redis): Promise<string | undefined> {
  try {
    const info = await client.info('memory');
    return /^maxmemory_policy:([a-z-]+)/m.exec(info)?.[1];
  } catch (cause) {
    if (!(cause instanceof Error) || !cause.message.startsWith('NOPERM')) throw cause;
  }
  try {
    const [, policy] = (await client.config('GET', 'maxmemory-policy')) as string[];
    return policy;
  } catch (cause) {
    if (cause instanceof Error && /^(NOPERM|ERR unknown command)/.test(cause.message)) return undefined;
    throw cause;
  }
}

/** A server that may drop records under memory pressure would drop nonces first and let replays through. */
async function demandNoEviction(client: Redis): Promise<void> {
  const policy = await evictionPolicy(client);
  if (policy === 'noeviction') return;
  throw new AppError(
    'misconfigured',
    policy === undefined
      ? 'The eviction policy of Redis cannot be read: let our Redis user run INFO.'
      : `Redis may evict records (maxmemory-policy is ${policy}): set maxmemory-policy to noeviction.`,
  );
}

async function connect(options: ClientOptions, timeoutMs: number): Promise<Redis> {
  const client = new Redis(options);
  let reason: unknown;
  client.on('error', (cause) => {
    reason = cause;
  });
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no connection within the time allowed')), timeoutMs);
  });
  try {
    await Promise.race([client.connect().then(() => demandNoEviction(client)), expired]);
    return client;
  } catch (cause) {
    client.disconnect();
    // The client says "Connection is closed."; why it was closed came as an event.
    throw redisFault(cause instanceof AppError ? cause : (reason ?? cause));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Commands that are given in one turn of the event loop leave together: one TLS record and one system call for a request's nonce and
 * grant, and for those of other requests that came with it.
 */
function gather({ stream }: Redis): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { clock, log, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const connectOptions = clientOptions(options);
  let current: Redis | undefined;
  let opening: Promise<Redis> | undefined;
  let lastUsedMs = 0;
  let failing = false;
  let closed = false;

  function forget(client: Redis): void {
    if (current === client) current = undefined;
  }

  function drop(client: Redis): void {
    forget(client);
    client.disconnect();
  }

  async function open(): Promise<Redis> {
    try {
      const client = await connect(connectOptions, timeoutMs);
      if (closed) {
        client.disconnect();
        throw new AppError('unavailable', 'The store is closed.');
      }
      client.once('close', () => forget(client));
      current = client;
      lastUsedMs = clock.nowMs();
      if (failing) log.info('store.reachable_again');
      failing = false;
      return client;
    } catch (cause) {
      const fault = redisFault(cause);
      if (!failing) log.error('store.unreachable', { code: fault.code, cause: String(fault.cause ?? fault.message) });
      failing = true;
      throw fault;
    } finally {
      opening = undefined;
    }
  }

  async function liveClient(): Promise<Redis> {
    if (closed) throw new AppError('unavailable', 'The store is closed.');
    const client = current;
    if (client === undefined) {
      opening ??= open();
      return opening;
    }
    if (clock.nowMs() - lastUsedMs < IDLE_MS) return client;
    try {
      await client.ping();
      return client;
    } catch {
      // Dead without a word: the next line makes a new connection, which reports its own failure.
      drop(client);
      opening ??= open();
      return opening;
    }
  }

  return {
    async use(action) {
      const client = await liveClient();
      lastUsedMs = clock.nowMs();
      gather(client);
      try {
        return await action(client);
      } catch (cause) {
        // A command without an answer in time: whatever comes on this connection would come late.
        if (cause instanceof Error && cause.message === 'Command timed out') drop(client);
        throw redisFault(cause);
      }
    },
    async close() {
      closed = true;
      const client = current;
      if (client !== undefined) drop(client);
    },
  };
}
