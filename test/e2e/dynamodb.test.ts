import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { type StoreTable, storeTables } from '../../src/config/store-tables.ts';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { createConversationsTable } from '../support/conversations-table.ts';
import {
  DYNAMODB_INSTALL_MS,
  type DynamoDbLocal,
  hasDynamoDbLocal,
  startDynamoDbLocal,
} from '../support/dynamodb-local.ts';

// The whole system and its operator on DynamoDB's tables: the demo's question and event, then a person taken out again.

const tables = Object.keys(storeTables) as StoreTable[];
const PREFIX = 'sallyport-dev-';

let server: DynamoDbLocal;
let home: string;

async function run(file: string, ...args: string[]): Promise<string> {
  const environment = {
    PATH: process.env['PATH'] ?? '',
    SALLYPORT_HOME: home,
    SALLYPORT_STORE: 'dynamodb',
    SALLYPORT_TABLE_PREFIX: PREFIX,
    SALLYPORT_CONVERSATIONS: 'dynamodb',
    AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
    AWS_REGION: TEST_REGION,
    AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
  };
  const flags = ['--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...args], { env: environment });
  return stdout;
}

/** Nobody plays golf in it, and no call goes on behind its answer. */
const NOT_IN_THE_MAIN_JOB: readonly StoreTable[] = ['golf', 'calls'];

async function items(table: StoreTable | typeof CONVERSATIONS_TABLE) {
  const { Items: found = [] } = await server.client.send(new ScanCommand({ TableName: `${PREFIX}${table}` }));
  return found;
}

const everything = async (): Promise<string> =>
  JSON.stringify(await Promise.all([...tables, CONVERSATIONS_TABLE].map((table) => items(table as StoreTable))));

(hasDynamoDbLocal() ? describe : describe.skip)('Sallyport on DynamoDB', () => {
  let person = '';

  beforeAll(async () => {
    server = await startDynamoDbLocal();
    await server.createTables(tables.map((name) => `${PREFIX}${name}`));
    await createConversationsTable(server.client, `${PREFIX}${CONVERSATIONS_TABLE}`);
    home = await mkdtemp(join(tmpdir(), 'sallyport-dynamodb-home-'));
  }, DYNAMODB_INSTALL_MS);
  afterAll(async () => {
    await server?.stop();
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  });

  it('does the main job: consent, a question, an approved event', async () => {
    expect(await run('src/local/demo.ts')).toContain('Done: the event is there.');
  }, 120_000);

  it('has left each kind of record in the table of its class', async () => {
    for (const table of tables) {
      const kinds: readonly string[] = storeTables[table];
      const found = (await items(table)).map(({ p }) => p?.S ?? '');
      expect({ table, empty: found.length === 0 }).toEqual({ table, empty: NOT_IN_THE_MAIN_JOB.includes(table) });
      expect(
        found.filter((key) => !kinds.some((kind) => key === kind || (kind.endsWith(':') && key.startsWith(kind)))),
      ).toEqual([]);
    }
  });

  it('has left the conversation in the table of conversations, with what it is and when it ends', async () => {
    const found = await items(CONVERSATIONS_TABLE);
    expect(found.length).toBeGreaterThan(0);
    for (const item of found) {
      expect(Object.keys(item).sort()).toEqual(
        ['conversation_id', 'messages', 'metadata', 'person', 'ttl', 'updated_at', 'version'].sort(),
      );
      expect([item['person']?.S, item['conversation_id']?.S]).toEqual([
        expect.stringMatching(/^p_/),
        expect.stringMatching(/^c_/),
      ]);
      const days = (Number(item['ttl']?.N) - Date.now() / 1000) / 86_400;
      expect(days).toBeGreaterThan(29.9);
      expect(days).toBeLessThan(30.1);
      const turns = JSON.parse(item['messages']?.S ?? '') as { status: string; messages: { role: string }[] }[];
      expect(turns.map(({ status }) => status)).toContain('completed');
      expect(turns[0]?.messages[0]?.role).toBe('user');
    }
    expect((await items('agent')).filter(({ p }) => p?.S?.startsWith('conversation'))).toEqual([]);
  });

  it('lists persons for an operator', async () => {
    const listed = await run('src/cli/main.ts', 'person', 'list');
    person = /p_[0-9A-Z]{26}/.exec(listed)?.[0] ?? '';
    expect(person).not.toBe('');
    expect(await everything()).toContain(person);
  }, 60_000);

  it('removes a person from every table', async () => {
    expect(await run('src/cli/main.ts', 'person', 'remove', person, '--yes')).toContain('is removed');
    expect(await everything()).not.toContain(person);
  }, 60_000);
});
