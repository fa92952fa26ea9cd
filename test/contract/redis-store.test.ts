import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createTestAuthority } from '../support/certificates.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { freePort, hasRedisServer, type RedisServerOptions, startRedisServer } from '../support/redis-server.ts';

// What the Redis adapter promises beyond the contract of every store: it fails at once, comes back by itself, and trusts no server it cannot check.

const clock = { nowMs: () => Date.now() };
/** A call that is answered later than this was not answered quickly. */
const QUICK_MS = 2_500;
const TIMEOUT_MS = 500;

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(options: RedisServerOptions = {}) {
  const server = await startRedisServer(options);
  undo.push(server.stop);
  const log = createTestLog();
  const open = (over: Partial<Parameters<typeof createRedisStore>[0]> = {}): KeyValueStore => {
    const store = createRedisStore({ url: server.url, ca: server.ca, timeoutMs: TIMEOUT_MS, clock, log, ...over });
    undo.push(() => store.close());
    return store;
  };
  return { server, open, log };
}

interface Attempt {
  readonly ok: boolean;
  readonly code: string | undefined;
  readonly ms: number;
}

async function attempt(action: () => Promise<unknown>): Promise<Attempt> {
  const from = performance.now();
  try {
    await action();
    return { ok: true, code: undefined, ms: performance.now() - from };
  } catch (error) {
    const code = error instanceof AppError ? error.code : `not an AppError: ${String(error)}`;
    return { ok: false, code, ms: performance.now() - from };
  }
}

/** Sixteen callers that ask on and on until told to stop. */
function putUnderLoad(store: KeyValueStore) {
  const attempts: Attempt[] = [];
  let running = true;
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    for (let n = 0; running; n += 1) {
      attempts.push(await attempt(() => store.setIfAbsent(`nonce:${caller}:${n}`, 'x', { ttlSeconds: 150 })));
      // Lets the event loop hear about sockets and signals even while every attempt fails at once.
      await new Promise(setImmediate);
    }
  });
  return {
    attempts,
    /** Resolves when an attempt that began after this call ended as asked. */
    async until(ok: boolean): Promise<void> {
      const from = attempts.length;
      while (!attempts.slice(from + 16).some((made) => made.ok === ok)) await new Promise(setImmediate);
    },
    async stop(): Promise<void> {
      running = false;
      await Promise.all(callers);
    },
  };
}

/** A road to the server on which connections can be lost without either end hearing of it, as behind a firewall. */
async function openRoad(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => socket.destroy()));
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    lose(): void {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

const whenAvailable = hasRedisServer() ? describe : describe.skip;

whenAvailable('a Redis that goes away', () => {
  it('is answered with unavailable at once, and used again when it is back: killed and restarted under load', async () => {
    const { server, open, log } = await start();
    const load = putUnderLoad(open());
    await load.until(true);
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      await load.until(false);
      await server.start();
      await load.until(true);
    }
    await load.stop();
    const refused = load.attempts.filter((made) => !made.ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((made) => made.code))).toEqual(new Set(['unavailable']));
    expect(Math.max(...load.attempts.map((made) => made.ms))).toBeLessThan(QUICK_MS);
    expect(log.events.filter(({ event }) => event === 'store.unreachable').length).toBeLessThanOrEqual(3);
    expect(log.events.filter(({ event }) => event === 'store.reachable_again').length).toBeGreaterThan(0);
  });

  it('is given up after the time allowed when it keeps silent, and used again when it speaks', async () => {
    const { server, open } = await start();
    const store = open();
    await store.set('k', 'v');
    server.freeze();
    const made = await Promise.all(Array.from({ length: 8 }, () => attempt(() => store.get('k'))));
    expect(new Set(made.map(({ code }) => code))).toEqual(new Set(['unavailable']));
    // A new connection to the silent server is given up as well.
    made.push(await attempt(() => store.get('k')));
    expect(made.at(-1)?.code).toBe('unavailable');
    expect(Math.max(...made.map(({ ms }) => ms))).toBeLessThan(QUICK_MS);
    await server.start();
    expect(await store.get('k')).toBe('v');
  });

  it('is asked for a sign of life after a silence, so that a dead connection costs no call', async () => {
    const { server, open } = await start();
    const road = await openRoad(server.port);
    const testClock = createTestClock();
    const store = open({ clock: testClock, url: createSecret(`rediss://localhost:${road.port}`) });
    await store.set('k', 'v');
    road.lose();
    expect((await attempt(() => store.get('k'))).code).toBe('unavailable');
    expect(await store.get('k')).toBe('v');
    road.lose();
    testClock.advance(60_000);
    expect(await store.setIfAbsent('other', 'v')).toBe(true);
  });

  it('is unavailable when nobody listens', async () => {
    const { open } = await start();
    const url = createSecret(`rediss://localhost:${await freePort()}`);
    const made = await attempt(() => open({ url }).get('k'));
    expect(made.code).toBe('unavailable');
  });

  it('is unavailable once closed, also while a connection is being made', async () => {
    const { open } = await start();
    const store = open();
    const first = attempt(() => store.get('k'));
    await store.close();
    expect((await first).code).toBe('unavailable');
    expect((await attempt(() => store.get('k'))).code).toBe('unavailable');
  });
});

whenAvailable('a Redis that cannot be trusted', () => {
  it.each(['allkeys-lru', 'volatile-lru', 'volatile-ttl', 'allkeys-random'])(
    'is refused when it may evict records (%s)',
    async (policy) => {
      const { open } = await start({ policy });
      const store = open();
      await expect(store.get('k')).rejects.toMatchObject({
        code: 'misconfigured',
        message: expect.stringContaining(policy),
      });
      await expect(store.setIfAbsent('k', 'v')).rejects.toMatchObject({ code: 'misconfigured' });
    },
  );

  it('is refused without the authority that issued its certificate, and with another one', async () => {
    const { server, open, log } = await start();
    const other = await createTestAuthority();
    expect((await attempt(() => open({ ca: other.pem }).get('k'))).code).toBe('unavailable');
    const bare = createRedisStore({ url: server.url, timeoutMs: TIMEOUT_MS, clock, log });
    undo.push(() => bare.close());
    expect((await attempt(() => bare.get('k'))).code).toBe('unavailable');
  });

  it('is refused under a name that its certificate does not carry', async () => {
    const { server, open } = await start();
    const url = createSecret(`rediss://localhost.localdomain:${server.port}`);
    expect((await attempt(() => open({ url }).get('k'))).ok).toBe(false);
  });

  it('may be asked by address when the certificate carries it', async () => {
    const { server, open } = await start();
    const store = open({ url: createSecret(`rediss://127.0.0.1:${server.port}/2`) });
    await store.set('k', 'v');
    expect(await store.get('k')).toBe('v');
  });
});

whenAvailable('a Redis with users', () => {
  const users = (rights: string): RedisServerOptions => ({
    args: ['--user', ...`mcp on >p%40ss/word ${rights}`.split(' ')],
  });
  const urlOf = (port: number, password = 'p%2540ss%2Fword') =>
    createSecret(`rediss://mcp:${password}@localhost:${port}`);

  it('works with a user that may do only what the store needs', async () => {
    const rights = 'resetchannels ~nonce:* +get +set +eval +evalsha +exists +incr +pexpire +del +scan +ping +info';
    const { server, open } = await start(users(rights));
    const store = open({ url: urlOf(server.port) });
    expect(await store.setIfAbsent('nonce:1', 'x', { ttlSeconds: 5 })).toBe(true);
    expect(await store.compareAndSet('nonce:1', 'x', 'y')).toBe(true);
    expect(await store.increment('nonce:2', { ttlSeconds: 5 })).toBe(1);
    expect(await store.compareAndDelete('nonce:1', 'y')).toBe(true);
    expect((await store.list('nonce:')).keys).toEqual(['nonce:2']);
    await expect(store.get('grant:x')).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('reads the policy with CONFIG where INFO is closed', async () => {
    const { server, open } = await start(users('~* +@all -info'));
    expect(await open({ url: urlOf(server.port) }).get('k')).toBeUndefined();
  });

  it('is refused where neither INFO nor CONFIG tells the policy', async () => {
    const { server, open } = await start(users('~* +@all -info -config'));
    await expect(open({ url: urlOf(server.port) }).get('k')).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('INFO'),
    });
  });

  it('says that the password is wrong, without saying the password', async () => {
    const { server, open, log } = await start(users('~* +@all'));
    const error: unknown = await open({ url: urlOf(server.port, 'canary-password') })
      .get('k')
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'misconfigured' });
    expect(JSON.stringify(log.events)).not.toContain('canary');
    expect(String((error as AppError).cause)).not.toContain('canary');
  });
});

whenAvailable('faults that Redis reports', () => {
  it('call a full server unavailable, and carry no record', async () => {
    const { open } = await start({ args: ['--maxmemory', '1mb'] });
    const store = open();
    const canary = 'canary'.repeat(2_000);
    const faults: unknown[] = [];
    for (let n = 0; n < 400 && faults.length === 0; n += 1) {
      await store.set(`k:${n}`, canary).catch((error: unknown) => faults.push(error));
    }
    const fault = faults[0];
    expect(fault).toMatchObject({ code: 'unavailable', message: expect.stringContaining('full') });
    const { inspect } = await import('node:util');
    expect(inspect(fault, { depth: 10 })).not.toContain('canary');
  });

  it('refuse a cursor that is not one of theirs', async () => {
    const { open } = await start();
    await expect(open().list('k:', { cursor: '0 MATCH *' })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('the Redis URL', () => {
  const log = createTestLog();
  it.each(['http://localhost:6379', 'redis://redis.example.com:6379', 'rediss://localhost/zero', 'not a url', ''])(
    'is refused: %s',
    (url) => {
      const open = (): KeyValueStore => createRedisStore({ url: createSecret(url), clock, log });
      expect(open).toThrow(expect.objectContaining({ code: 'misconfigured' }));
    },
  );

  it('never appears in the refusal', () => {
    const url = createSecret('redis://user:canary@redis.example.com');
    let message = '';
    try {
      createRedisStore({ url, clock, log });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('rediss://');
    expect(message).not.toContain('canary');
  });
});
