import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { redisAclCommand, redisAclRules } from '../../src/config/redis-acl.ts';
import {
  type StorePrefix,
  type StoreUser,
  storeAccess,
  storePrefixes,
  storeRights,
} from '../../src/config/store-access.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyValueStore, StoreOperation } from '../../src/ports/key-value-store.ts';
import { createTestLog } from '../support/log.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

// The users of Redis, made on a real server by the very rules that operators are given: every pair of function and record that the list of
// access forbids is refused by the server itself, without any view before it, and every one that it allows works.

const users = Object.keys(storeAccess) as StoreUser[];
const functions = users.filter((user) => user !== 'operator');
const PASSWORD = 'only-for-tests';
const clock = { nowMs: () => Date.now() };

let server: RedisServer;
let admin: Redis;
const stores = new Map<StoreUser, KeyValueStore>();
const clients = new Map<StoreUser, Redis>();

function connectAs(username: string, password: string): Redis {
  const tls = { ca: server.ca, servername: 'localhost' };
  return new Redis({ host: 'localhost', port: server.port, username, password, tls, maxRetriesPerRequest: 0 });
}

beforeAll(async () => {
  if (!hasRedisServer()) return;
  server = await startRedisServer();
  admin = new Redis({ host: 'localhost', port: server.port, tls: { ca: server.ca, servername: 'localhost' } });
  for (const user of users) {
    const [command = '', ...rules] = redisAclCommand(`test-${user}`, user);
    await admin.call(command, ...rules);
    await admin.call('ACL', 'SETUSER', `test-${user}`, `>${PASSWORD}`);
    const url = createSecret(`rediss://test-${user}:${PASSWORD}@localhost:${server.port}`);
    stores.set(user, createRedisStore({ url, ca: server.ca, clock, log: createTestLog() }));
    clients.set(user, connectAs(`test-${user}`, PASSWORD));
  }
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
  for (const client of clients.values()) client.disconnect();
  admin?.disconnect();
  await server?.stop();
});

function storeOf(user: StoreUser): KeyValueStore {
  const store = stores.get(user);
  if (store === undefined) throw new Error(`no store for ${user}`);
  return store;
}

function clientOf(user: StoreUser): Redis {
  const client = clients.get(user);
  if (client === undefined) throw new Error(`no client for ${user}`);
  return client;
}

const keyOf = (prefix: string): string => (prefix.endsWith(':') ? `${prefix}canary` : prefix);

const writes: Record<
  Exclude<StoreOperation, 'get' | 'list'>,
  (store: KeyValueStore, key: string) => Promise<unknown>
> = {
  set: (store, key) => store.set(key, '2'),
  setIfAbsent: (store, key) => store.setIfAbsent(key, '2'),
  compareAndSet: (store, key) => store.compareAndSet(key, '1', '2'),
  compareAndDelete: (store, key) => store.compareAndDelete(key, '1'),
  increment: (store, key) => store.increment(key, { ttlSeconds: 60 }),
};

/** What the list says of `rate:` holds for `rate:questions:` too. */
function allowed(user: StoreUser, prefix: StorePrefix): readonly StoreOperation[] {
  return storePrefixes
    .filter((entry) => entry === prefix || (entry.endsWith(':') && prefix.startsWith(entry)))
    .flatMap((entry) => storeRights(user, entry).operations);
}

const isWrite = (operation: StoreOperation): boolean => operation !== 'get' && operation !== 'list';

function pairs(has: (operations: readonly StoreOperation[]) => boolean): [StoreUser, StorePrefix][] {
  return functions.flatMap((user) =>
    storePrefixes
      .filter((prefix) => has(allowed(user, prefix)))
      .map((prefix): [StoreUser, StorePrefix] => [user, prefix]),
  );
}

const refused = expect.objectContaining({ code: 'misconfigured' });
const whenAvailable = hasRedisServer() ? describe : describe.skip;

whenAvailable('what a function’s user may not touch', () => {
  it.each(pairs((operations) => !operations.some((operation) => !isWrite(operation))))(
    '%s reads nothing under %s',
    async (user, prefix) => {
      await admin.set(keyOf(prefix), '1');
      await expect(storeOf(user).get(keyOf(prefix))).rejects.toEqual(refused);
    },
  );

  it.each(pairs((operations) => !operations.some(isWrite)))('%s writes nothing under %s', async (user, prefix) => {
    await admin.set(keyOf(prefix), '1');
    for (const write of Object.values(writes)) {
      await expect(write(storeOf(user), keyOf(prefix))).rejects.toEqual(refused);
    }
    expect(await admin.get(keyOf(prefix))).toBe('1');
  });

  it('is not to be had by a key that merely begins alike', async () => {
    for (const key of [
      'keyring:1',
      'keyringx',
      'xkeyring',
      'revocations2',
      'nonce',
      'noncex:1',
      'Token:1',
      'x:token:1',
    ]) {
      for (const user of functions) {
        await expect(storeOf(user).get(key)).rejects.toEqual(refused);
        await expect(storeOf(user).set(key, 'x')).rejects.toEqual(refused);
      }
    }
  });
});

whenAvailable('what a function’s user may do', () => {
  const cases = users.flatMap((user) =>
    storePrefixes.flatMap((prefix) =>
      storeRights(user, prefix).operations.map((operation): [StoreUser, StoreOperation, StorePrefix] => [
        user,
        operation,
        prefix,
      ]),
    ),
  );

  it.each(cases)('%s: %s of %s', async (user, operation, prefix) => {
    const store = storeOf(user);
    await admin.set(keyOf(prefix), '1');
    if (operation === 'get') expect(await store.get(keyOf(prefix))).toBe('1');
    else if (operation === 'list') expect((await store.list(keyOf(prefix))).keys).toEqual([keyOf(prefix)]);
    else await expect(writes[operation](store, keyOf(prefix))).resolves.not.toThrow();
  });

  it('works on a server that knows no script yet', async () => {
    await admin.call('SCRIPT', 'FLUSH');
    await admin.set('turn:canary', '1');
    expect(await storeOf('agent').compareAndSet('turn:canary', '1', '2')).toBe(true);
  });

  it('lets the operator list and delete every kind of record, which removing a person takes', async () => {
    for (const prefix of storePrefixes) {
      await admin.set(keyOf(prefix), '1');
      expect((await storeOf('operator').list(keyOf(prefix))).keys).toEqual([keyOf(prefix)]);
      expect(await storeOf('operator').compareAndDelete(keyOf(prefix), '1')).toBe(true);
    }
  });
});

whenAvailable('names of keys', () => {
  it('are shown to those alone who list records: SCAN knows no limits', async () => {
    await admin.set('nonce:canary', '1');
    const lists = users.filter((user) =>
      storePrefixes.some((prefix) => storeRights(user, prefix).operations.includes('list')),
    );
    expect(lists).toEqual(['oauth', 'operator']);
    for (const user of functions) {
      const listing = storeOf(user).list('nonce:');
      if (user === 'oauth') expect((await listing).keys).toContain('nonce:canary');
      else await expect(listing).rejects.toEqual(refused);
    }
  });
});

/** Ways around the commands of the store: other commands, scripts that name no key, other databases. */
const detours: readonly (readonly string[])[] = [
  ['KEYS', '*'],
  ['RANDOMKEY'],
  ['DBSIZE'],
  ['DUMP', 'keyring'],
  ['TYPE', 'keyring'],
  ['TTL', 'keyring'],
  ['OBJECT', 'ENCODING', 'keyring'],
  ['MEMORY', 'USAGE', 'keyring'],
  ['STRLEN', 'keyring'],
  ['GETRANGE', 'keyring', '0', '9'],
  ['GETDEL', 'keyring'],
  ['MGET', 'keyring', 'token:canary'],
  ['COPY', 'token:canary', 'turn:canary'],
  ['RENAME', 'token:canary', 'turn:canary'],
  ['SORT', 'turn:canary', 'GET', 'token:*'],
  ['APPEND', 'nonce:canary', 'x'],
  ['EXPIRE', 'nonce:canary', '1'],
  ['UNLINK', 'nonce:canary'],
  ['DEL', 'nonce:canary'],
  ['EVAL', "return redis.call('GET', 'token:stranger')", '0'],
  ['EVAL', "return redis.call('DEL', 'nonce:canary')", '0'],
  ['EVAL', "return redis.call('CONFIG', 'GET', '*')", '0'],
  ['EVAL_RO', "return redis.call('GET', KEYS[1])", '1', 'keyring'],
  ['FUNCTION', 'LIST'],
  ['SCRIPT', 'FLUSH'],
  ['SELECT', '1'],
  ['SWAPDB', '0', '1'],
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['CONFIG', 'GET', '*'],
  ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
  ['ACL', 'LIST'],
  ['ACL', 'WHOAMI'],
  ['CLIENT', 'LIST'],
  ['MONITOR'],
  ['SUBSCRIBE', 'x'],
  ['PUBLISH', 'x', 'y'],
  ['DEBUG', 'SLEEP', '0'],
  ['MIGRATE', '127.0.0.1', '1', 'keyring', '0', '10'],
  ['REPLICAOF', '127.0.0.1', '1'],
  ['SHUTDOWN', 'NOSAVE'],
  ['SAVE'],
  ['SLOWLOG', 'GET'],
  ['MULTI'],
  ['XADD', 'turn:stream', '*', 'a', 'b'],
];

/** By the user's rules, in a script too, or to everybody. */
const REFUSED = /^NOPERM|ACL failure in script|The user executing the script can't|command (?:is )?not allowed/;

whenAvailable('ways around', () => {
  it.each(functions)('are closed to %s', async (user) => {
    await admin.mset({
      keyring: '1',
      'token:canary': '1',
      'token:stranger': '1',
      'nonce:canary': '1',
      'turn:canary': '1',
    });
    const open: string[] = [];
    for (const [command = '', ...args] of detours) {
      const outcome = await clientOf(user)
        .call(command, ...args)
        .then(
          () => 'done',
          (error: Error) => error.message,
        );
      if (!REFUSED.test(outcome)) open.push(`${command} ${args.join(' ')}: ${outcome}`);
    }
    // Whoever may read a token can do so in a script as well.
    const reads = allowed(user, 'token:').includes('get') && redisAclRules(user).some((rule) => rule.includes('+eval'));
    expect(open.filter((line) => !(reads && line.includes('token:stranger')))).toEqual([]);
    expect(await admin.get('nonce:canary')).toBe('1');
  });

  it('end in misconfigured, not in unavailable, when a script is refused inside', async () => {
    const store = createRedisStore({
      url: createSecret(`rediss://half:${PASSWORD}@localhost:${server.port}`),
      ca: server.ca,
      clock,
      log: createTestLog(),
    });
    await admin.call('ACL', 'SETUSER', 'half', 'on', `>${PASSWORD}`, '~k', '+info', '+ping', '+eval', '+evalsha');
    await expect(store.compareAndSet('k', '1', '2')).rejects.toEqual(refused);
    await store.close();
  });
});

whenAvailable('the commands', () => {
  it('bring a user that could do more back to its rules, and leave its password', async () => {
    const [command = '', ...rules] = redisAclCommand('test-agent', 'agent');
    const before = await admin.call('ACL', 'LIST');
    await admin.call('ACL', 'SETUSER', 'test-agent', 'allkeys', 'allchannels', '+@all', '(~keyring +get)');
    await admin.call(command, ...rules);
    expect(await admin.call('ACL', 'LIST')).toEqual(before);
    expect(await storeOf('agent').get('token:x')).toBeUndefined();
  });

  it('as they are printed make the same users, and print no password', async () => {
    const printed = await promisify(execFile)(process.execPath, ['scripts/redis-acl.ts', '--env', 'gamma']);
    const lines = printed.stdout.trim().split('\n');
    expect(lines).toHaveLength(users.length);
    for (const line of lines) {
      const words = [...line.matchAll(/"([^"]+)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
      expect(words.some((word) => /^[>#]|nopass/.test(word))).toBe(false);
      const [command = '', ...rules] = words;
      expect(await admin.call(command, ...rules)).toBe('OK');
    }
    const acl = (await admin.call('ACL', 'LIST')) as string[];
    const rulesOf = (name: string): string | undefined =>
      acl
        .find((line) => line.startsWith(`user ${name} `))
        ?.replace(/^user \S+ on (?:sanitize-payload )?(?:#\S+ )?/, '');
    for (const user of users) expect(rulesOf(`sallyport-gamma-${user}`)).toBe(rulesOf(`test-${user}`));
  });

  it.each(['prd', '', 'local'])('are printed for no environment that is not there: %j', async (env) => {
    const printing = promisify(execFile)(process.execPath, ['scripts/redis-acl.ts', '--env', env]);
    await expect(printing).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('say ENV=dev or ENV=gamma or ENV=prod'),
    });
  });

  it('are the rules for Redis Cloud without the user', async () => {
    const printed = await promisify(execFile)(process.execPath, ['scripts/redis-acl.ts', '--cloud']);
    for (const user of users)
      expect(printed.stdout).toContain(`sallyport-dev-${user}\n${redisAclRules(user).join(' ')}\n`);
  });
});
