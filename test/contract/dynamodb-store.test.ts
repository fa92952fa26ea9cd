import { inspect } from 'node:util';
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDynamoDbStore, type DynamoDbStoreOptions } from '../../src/adapters/aws/dynamodb-store.ts';
import { storePrefixes } from '../../src/config/store-access.ts';
import { ALONE, placeRecord, type StoreTable, storeTables } from '../../src/config/store-tables.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { createNonceGuard } from '../../src/mcp/doors/nonce-guard.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestClock } from '../support/clock.ts';
import {
  DYNAMODB_INSTALL_MS,
  type DynamoDbLocal,
  hasDynamoDbLocal,
  startDynamoDbLocal,
} from '../support/dynamodb-local.ts';
import { type DynamoDbRoad, openDynamoDbRoad } from '../support/dynamodb-road.ts';
import { createTestLog } from '../support/log.ts';

// What the DynamoDB adapter promises beyond the contract of every store: what goes over the wire and what lies in the tables, what it does
// when answers do not come, and what it never tells.

/** Long enough for a machine that is busy with other tests: only silence is to be timed. */
const PATIENT_MS = 10_000;
const TIMEOUT_MS = 400;
/** A call that is answered later than this was not answered quickly. */
const QUICK_MS = 5_000;
const PREFIX = 'test-';
const tables = Object.keys(storeTables) as StoreTable[];

let server: DynamoDbLocal;
let road: DynamoDbRoad;
let clock: ReturnType<typeof createTestClock>;
let log: ReturnType<typeof createTestLog>;
let store: KeyValueStore;
let run = 0;
let key = '';

function open(over: Partial<DynamoDbStoreOptions> = {}): KeyValueStore {
  const place = { place: placeRecord, alone: ALONE, tablePrefix: PREFIX };
  const how = { region: TEST_REGION, endpoint: road.endpoint, timeoutMs: PATIENT_MS, clock, log };
  return createDynamoDbStore({ ...place, ...how, ...over });
}

async function fault(action: Promise<unknown>): Promise<AppError> {
  const error: unknown = await action.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof AppError)) throw new Error(`no AppError: ${inspect(error)}`);
  return error;
}

async function itemsOf(table: string) {
  const { Items: items = [] } = await server.client.send(new ScanCommand({ TableName: `${PREFIX}${table}` }));
  return items;
}

const actions = (): string[] => road.seen.map(({ action }) => action);

beforeAll(async () => {
  if (!hasDynamoDbLocal()) return;
  // biome-ignore-start lint/style/noProcessEnv: the SDK reads its credentials there
  process.env['AWS_ACCESS_KEY_ID'] = TEST_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = TEST_CREDENTIALS.secretAccessKey;
  // biome-ignore-end lint/style/noProcessEnv: the SDK reads its credentials there
  server = await startDynamoDbLocal({ lasting: true });
  await server.createTables(tables.map((name) => `${PREFIX}${name}`));
}, DYNAMODB_INSTALL_MS);
afterAll(() => server?.stop());

const whenAvailable = hasDynamoDbLocal() ? describe : describe.skip;

function prepare(): void {
  beforeEach(async () => {
    road = await openDynamoDbRoad(server.endpoint);
    clock = createTestClock();
    log = createTestLog();
    store = open();
    run += 1;
    key = `token:${run}`;
  });
  afterEach(async () => {
    await store.close();
    await road.close();
  });
}

whenAvailable('what lies in the tables', () => {
  prepare();

  it('is each kind of record in its class’s table, in a partition that begins with the kind', async () => {
    for (const prefix of storePrefixes) {
      const name = prefix.endsWith(':') ? `${prefix}canary-${run}:rest` : prefix;
      await store.set(name, 'x');
      const { table, partition, sort } = placeRecord(name);
      const found = await server.client.send(
        new GetItemCommand({ TableName: `${PREFIX}${table}`, Key: { p: { S: partition }, s: { S: sort } } }),
      );
      expect(found.Item?.['v']).toEqual({ S: 'x' });
      expect(partition.startsWith(prefix)).toBe(true);
      expect(`${partition}${sort === ALONE ? '' : sort}`).toBe(name);
    }
  });

  it('is each nonce and each counter in a partition of its own', async () => {
    const names = Array.from({ length: 20 }, (_, n) => [`nonce:agent/a#1:${run}.${n}`, `rate:agent/a:p_1:${n}`]).flat();
    const partitions = new Set(names.map((name) => placeRecord(name).partition));
    expect(partitions.size).toBe(names.length);
  });

  it('is a value with its end in milliseconds for us and in seconds for DynamoDB, never earlier', async () => {
    const nowMs = clock.nowMs();
    await store.set(key, 'x', { ttlSeconds: 1.5 });
    const item = (await itemsOf('trust')).find(({ p }) => p?.S === key);
    expect(item).toEqual({
      p: { S: key },
      s: { S: ALONE },
      v: { S: 'x' },
      x: { N: String(nowMs + 1_500) },
      ttl: { N: String(Math.ceil((nowMs + 1_500) / 1_000)) },
    });
  });

  it('is found by every text that looks like a number, as it was', async () => {
    const texts = ['0', '-0', '00', '1', '-1', '+1', '1.0', '1e3', ' 1', '999999999999999', '1000000000000000', '٣'];
    for (const text of texts) {
      await store.set(key, text);
      expect(await store.get(key)).toBe(text);
      expect(await store.compareAndSet(key, text, 'other')).toBe(true);
    }
  });

  it('is no record of an unknown kind', async () => {
    for (const odd of ['', 'x', 'tokens:1', 'keyring:1', 'Token:1']) {
      await expect(store.get(odd)).rejects.toMatchObject({ code: 'misconfigured' });
    }
    expect(road.seen).toEqual([]);
  });
});

whenAvailable('what goes over the wire', () => {
  prepare();

  it('is one request for each operation, strongly consistent where it reads', async () => {
    await store.set(key, '1');
    await store.get(key);
    await store.compareAndSet(key, '1', '2');
    await store.setIfAbsent(key, '3');
    await store.increment(`rate:${run}`, { ttlSeconds: 60 });
    await store.increment(`rate:${run}`, { ttlSeconds: 60 });
    await store.compareAndDelete(key, '2');
    const expected = ['PutItem', 'GetItem', 'PutItem', 'PutItem', 'UpdateItem', 'UpdateItem', 'DeleteItem'];
    expect(actions()).toEqual(expected);
    expect(road.seen[1]?.body).toMatchObject({ ConsistentRead: true });
  });

  it('is a query of one partition where an owner’s records are listed, and a scan only for other beginnings', async () => {
    const person = `p_${run}`;
    for (const n of [1, 2, 3]) await store.set(`approval:${person}:${n}`, 'x');
    await store.set(`approval:${person}0:1`, 'x');
    const listed = await store.list(`approval:${person}:`);
    expect([...listed.keys].sort()).toEqual([1, 2, 3].map((n) => `approval:${person}:${n}`));
    expect(road.seen.at(-1)).toMatchObject({
      action: 'Query',
      body: { ConsistentRead: true, ExpressionAttributeValues: { ':p': { S: `approval:${person}` } } },
    });
    expect((await store.list(`approval:${person}`)).keys).toHaveLength(4);
    expect(road.seen.at(-1)?.action).toBe('Scan');
  });

  it('finds in a table of several kinds only the kind asked for, page by page', async () => {
    for (let n = 0; n < 30; n += 1) await store.set(`person:${run}.${n}`, 'x');
    for (let n = 0; n < 30; n += 1) await store.set(`identity:${run}.${n}`, 'x');
    const found = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await store.list(`identity:${run}.`, { limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      for (const name of page.keys) found.add(name);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect([...found].sort()).toEqual(Array.from({ length: 30 }, (_, n) => `identity:${run}.${n}`).sort());
  });

  it('refuses a cursor that is not one of its own', async () => {
    for (const cursor of ['', 'x', 'bnVsbA', Buffer.from('["a"]').toString('base64url')]) {
      expect((await fault(store.list('token:', { cursor }))).code).toBe('invalid_request');
    }
  });

  it('begins an ended counter anew once, however many count at that moment', async () => {
    const counter = `rate:${run}`;
    for (let n = 0; n < 3; n += 1) await store.increment(counter, { ttlSeconds: 10 });
    clock.advance(10_000);
    const sums = await Promise.all(Array.from({ length: 20 }, () => store.increment(counter, { ttlSeconds: 10 })));
    expect(sums.sort((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    clock.advance(9_999);
    expect(await store.increment(counter, { ttlSeconds: 10 })).toBe(21);
    clock.advance(1);
    expect(await store.increment(counter, { ttlSeconds: 10 })).toBe(1);
  });

  it('counts on for good in a number that was set for good', async () => {
    await store.set(`rate:${run}`, '41');
    expect(await store.increment(`rate:${run}`, { ttlSeconds: 1 })).toBe(42);
    clock.advance(5_000);
    expect(await store.get(`rate:${run}`)).toBe('42');
  });

  it('refuses a record of more than 350 kB before anything is sent, and says so', async () => {
    const large = 'x'.repeat(350_000);
    for (const writing of [store.set(key, large), store.setIfAbsent(key, large), store.compareAndSet(key, '', large)]) {
      const error = await fault(writing);
      expect([error.code, error.message]).toEqual(['too_large', expect.stringContaining('350 kB')]);
    }
    expect(road.seen).toEqual([]);
  });
});

whenAvailable('an answer that does not come', () => {
  prepare();

  it('leaves a write as it may be: it is not sent twice, and the caller is told', async () => {
    road.decide(() => 'answer lost');
    const writes = [
      () => store.set(key, '1'),
      () => store.setIfAbsent(key, '1'),
      () => store.compareAndSet(key, '1', '2'),
      () => store.increment(`rate:${run}`, { ttlSeconds: 60 }),
      () => store.compareAndDelete(key, '2'),
    ];
    for (const write of writes) expect(await fault(write())).toMatchObject({ code: 'unavailable' });
    expect(road.seen).toHaveLength(writes.length);
  });

  it('is asked for again when it was a read’s', async () => {
    await store.set(key, 'x');
    let lost = 0;
    road.decide(() => {
      lost += 1;
      return lost === 1 ? 'answer lost' : 'passes';
    });
    expect(await store.get(key)).toBe('x');
    road.decide(() => 'answer lost');
    expect(await fault(store.get(key))).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    expect(actions()).toEqual(['PutItem', 'GetItem', 'GetItem', 'GetItem', 'GetItem']);
  });

  it('makes no replay of our own first try of a nonce, and lets no replay pass', async () => {
    const guard = createNonceGuard({ store, random: { bytes: (count) => new Uint8Array(count).fill(run) } });
    const other = createNonceGuard({ store, random: { bytes: (count) => new Uint8Array(count).fill(99) } });
    road.decide(({ action }) => (action === 'PutItem' ? 'answer lost' : 'passes'));
    expect(await guard.use('agent/a#1', `n${run}`)).toBe(true);
    expect(await other.use('agent/a#1', `n${run}`)).toBe(false);
    road.decide(() => 'passes');
    expect(await guard.use('agent/a#1', `n${run}`)).toBe(false);
  });

  it('is waited for only briefly when the server is silent, and calls are answered again when it speaks', async () => {
    await store.set(key, 'x');
    const hasty = open({ timeoutMs: TIMEOUT_MS });
    server.freeze();
    const from = performance.now();
    expect((await fault(hasty.get(key))).code).toBe('unavailable');
    expect((await fault(hasty.setIfAbsent(`${key}.1`, 'x'))).code).toBe('unavailable');
    expect(performance.now() - from).toBeLessThan(QUICK_MS);
    await server.start();
    while ((await hasty.get(key).catch(() => undefined)) !== 'x');
    expect(log.events.map(({ event }) => event)).toEqual(['store.unreachable', 'store.reachable_again']);
    await hasty.close();
  });

  it('comes from the same records when the server was killed and started again', async () => {
    await store.set(key, 'x');
    await server.kill();
    expect((await fault(store.get(key))).code).toBe('unavailable');
    expect((await fault(store.compareAndSet(key, 'x', 'y'))).code).toBe('unavailable');
    await server.start();
    expect(await store.get(key)).toBe('x');
    expect(await store.compareAndSet(key, 'x', 'y')).toBe(true);
  });

  it('costs no write after a silence in which connections died', async () => {
    await store.set(key, 'x');
    road.loseConnections();
    clock.advance(60_000);
    expect(await store.setIfAbsent(`${key}.2`, 'x')).toBe(true);
  });

  it('is not waited for once the store is closed', async () => {
    await store.close();
    expect((await fault(store.get(key))).code).toBe('unavailable');
  });
});

whenAvailable('a refusal of DynamoDB', () => {
  prepare();
  const throttled = { status: 400, error: 'ProvisionedThroughputExceededException' };

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'for want of capacity is asked again, writes too, for they were not done (%s)',
    async (error) => {
      let turned = 0;
      road.decide(() => {
        turned += 1;
        return turned <= 2 ? { status: 400, error } : 'passes';
      });
      expect(await store.setIfAbsent(key, 'x')).toBe(true);
      expect(road.seen).toHaveLength(3);
    },
  );

  it('for want of capacity that lasts is unavailable, after three tries', async () => {
    road.decide(() => throttled);
    const error = await fault(store.increment(`rate:${run}`, { ttlSeconds: 60 }));
    expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    expect(error.message).toContain('no more requests');
    expect(road.seen).toHaveLength(3);
  });

  it('that may have come after the write is final for a write', async () => {
    road.decide(() => ({ status: 500, error: 'InternalServerError' }));
    expect((await fault(store.setIfAbsent(key, 'x'))).code).toBe('unavailable');
    expect(road.seen).toHaveLength(1);
  });

  it('for want of a right, or of a table, says what to mend and is not repeated', async () => {
    road.decide(() => ({ status: 400, error: 'AccessDeniedException', text: 'User: arn:aws:sts::1:x may not' }));
    const denied = await fault(store.get(key));
    expect([denied.code, denied.message]).toEqual(['misconfigured', expect.stringContaining('check our role')]);
    road.decide(() => 'passes');
    const missing = await fault(open({ tablePrefix: 'nowhere-' }).get(key));
    expect([missing.code, missing.message]).toEqual(['misconfigured', expect.stringContaining('nowhere-trust')]);
    expect(missing.message).toContain('SALLYPORT_TABLE_PREFIX');
    expect(road.seen).toHaveLength(2);
  });

  it('carries no key and no value, in no part of the error or of the log', async () => {
    const canary = 'canary-7f1e';
    const text = `One or more parameter values were invalid: ${canary}`;
    const errors: unknown[] = [];
    const fates = [
      () => ({ status: 400, error: 'ValidationException', text }) as const,
      () => ({ status: 400, error: 'ProvisionedThroughputExceededException', text }) as const,
      () => ({ status: 500, error: 'InternalServerError', text }) as const,
      () => ({ status: 400, error: 'ResourceNotFoundException', text }) as const,
      () => 'answer lost' as const,
    ];
    for (const fate of fates) {
      road.decide(fate);
      errors.push(await fault(store.compareAndSet(`token:${canary}`, `${canary}.1`, `${canary}.2`)));
      errors.push(await fault(store.increment(`rate:${canary}`, { ttlSeconds: 60 })));
      errors.push(await fault(store.list(`approval:${canary}:`)));
    }
    expect(inspect([errors, log.events], { depth: 20, showHidden: true })).not.toContain(canary);
  });
});
