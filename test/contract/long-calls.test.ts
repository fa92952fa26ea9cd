import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqliteStore } from '../../src/adapters/embedded/sqlite-store.ts';
import { createLazyCallsWorker } from '../../src/compose/calls-worker.ts';
import { composeMcp } from '../../src/compose/mcp.ts';
import { createQueueHandler } from '../../src/compose/queue-handler.ts';
import { createServiceHandler } from '../../src/compose/service-handler.ts';
import type { StoreUser } from '../../src/config/store-access.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { createEvent, testContext } from '../support/lambda-events.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { startSharedRedis } from '../support/shared-store.ts';

// A call that goes on behind its answer, as the functions are composed that do it: the key door takes it on, `calls.handler` does it by an event of
// SQS, and they have nothing in common but the store, where each may touch only what the list of access allows it.

const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const MCP_URL = 'https://key.example.test/mcp';

interface Opened {
  /** With an operator's rights. */
  readonly store: KeyValueStore;
  /** What the functions share in this process, where that is how they share it. */
  readonly embedded?: KeyValueStore;
  settings(user: StoreUser): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const stores: readonly (readonly [string, boolean, () => Promise<Opened>])[] = [
  [
    'SQLite',
    true,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sallyport-calls-'));
      const store = createSqliteStore({ file: join(folder, 'store.db'), clock });
      return {
        store,
        embedded: store,
        settings: () => ({}),
        async stop() {
          await store.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  ],
  [
    'Redis with a user for each function',
    hasRedisServer(),
    async () => {
      const { store, settings, parameters, stop } = await startSharedRedis();
      return {
        store,
        stop,
        settings: (user) => {
          const { REDIS_URL_PARAMETER: name = '', ...rest } = settings(user);
          return { ...rest, REDIS_URL: parameters[name] ?? '' };
        },
      };
    },
  ],
];

interface Asked {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  readonly json: any;
}
type Ask = (method: string, path: string, body?: object, headers?: object) => Promise<Asked>;

describe.each(stores)('calls behind their answer, over %s', (_name, present, openStore) => {
  const test = present ? it : it.skip;
  const sent: string[] = [];
  const log: string[] = [];
  let opened: Opened;
  let secret: string;
  let ask: Ask;
  let work: () => Promise<unknown>;

  beforeAll(async () => {
    if (!present) return;
    opened = await openStore();
    const common = {
      GOOGLE_CLIENT_ID: 'client',
      GOOGLE_CLIENT_SECRET: 'a-client-secret',
      SALLYPORT_VAULT_KEY: Buffer.alloc(32, 7).toString('base64url'),
      SALLYPORT_OAUTH_URL: 'https://oauth.example.test',
      SALLYPORT_MCP_URL: MCP_URL,
      SALLYPORT_TOOLSETS: 'aws',
      AWS_REGION: 'eu-central-1',
    };
    const platform = {
      clock,
      random,
      writeLog: (line: string) => void log.push(line),
      ...(opened.embedded !== undefined && { embeddedStore: opened.embedded }),
    };
    const callsQueue = { send: async (name: string) => void sent.push(name) };
    const door = createServiceHandler({
      service: 'mcp',
      compose: composeMcp,
      environment: { ...common, ...opened.settings('mcp-key'), SALLYPORT_DOOR: 'key' },
      platform: { ...platform, callsQueue },
    });
    const worker = createLazyCallsWorker({ ...common, ...opened.settings('calls'), SALLYPORT_DOOR: 'none' }, platform);
    const handler = createQueueHandler(worker, undefined);
    ask = async (method, path, body, headers = {}) => {
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const event = createEvent({
        method,
        path,
        ...text,
        headers: { authorization: `Bearer ${secret}`, ...type, ...headers },
      });
      const { statusCode = 0, body: answer = '' } = await door(event, testContext);
      return { status: statusCode, json: JSON.parse(answer) };
    };
    work = () => {
      const record = { receiptHandle: 'r', body: sent.shift() ?? '', messageId: 'm1', eventSource: 'aws:sqs' };
      return handler({ Records: [record] }, { awsRequestId: 'w', getRemainingTimeInMillis: () => 900_000 });
    };
    const scopes = ['aws.read'];
    const times = { nowMs: clock.nowMs(), lifetimeSeconds: 3600 };
    const made = createToken({ person: PERSON, audience: 'mcp', scopes, ...times, random: randomBytes(42) });
    secret = made.text;
    await opened.store.set(tokenKey(made.record.id), JSON.stringify(made.record));
  });
  afterAll(async () => {
    await opened?.stop();
  });

  const begin = async (): Promise<string> => {
    const params = { name: 'get_time', arguments: { timeZone: 'Europe/Berlin' } };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const { json } = await ask('POST', '/mcp', body, { prefer: 'respond-async' });
    const { id, url } = json.result._meta['sallyport/task'];
    expect(url).toBe(`${MCP_URL}/status/${id}`);
    return id;
  };

  test('are taken on by the door, done by the worker, and told by the door', async () => {
    const id = await begin();
    expect(sent).toEqual([`${PERSON}:${id}`]);
    expect((await ask('GET', `/mcp/status/${id}`)).json).toMatchObject({ status: 'queued' });
    expect(await work()).toEqual({ batchItemFailures: [] });
    expect((await ask('GET', `/mcp/status/${id}`)).json).toMatchObject({
      status: 'completed',
      result: { structuredContent: { timeZone: 'Europe/Berlin' } },
    });
    const audits = log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'tool_call');
    expect(audits.map(({ service, outcome }) => [service, outcome])).toEqual([
      ['mcp', 'queued'],
      ['calls', 'completed'],
    ]);
  });

  test('are not done any more once the token is revoked', async () => {
    const id = await begin();
    const tokenId = secret.split('_')[1] ?? '';
    const record = JSON.parse((await opened.store.get(tokenKey(tokenId))) ?? '{}');
    const revoked = { ...record, revoked_at: Math.floor(clock.nowMs() / 1000) };
    await opened.store.set(tokenKey(tokenId), JSON.stringify(revoked));
    expect(await work()).toEqual({ batchItemFailures: [] });
    expect((await ask('GET', `/mcp/status/${id}`)).status).toBe(401);
    await opened.store.set(tokenKey(tokenId), JSON.stringify(record));
    expect((await ask('GET', `/mcp/status/${id}`)).json.result).toMatchObject({ isError: true });
    expect(log.join('\n')).toContain('"reason":"token_revoked"');
  });

  test('are done for messages that name one: any other is dropped', async () => {
    sent.push(`${PERSON}:${'A'.repeat(43)}`, 'anything');
    expect(await work()).toEqual({ batchItemFailures: [] });
    expect(await work()).toEqual({ batchItemFailures: [] });
    expect(log.filter((line) => line.includes('task.dropped'))).toHaveLength(2);
  });
});
