import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createDynamoDbConversations,
  type DynamoDbConversations,
} from '../../src/adapters/aws/dynamodb-conversations.ts';
import type { ConversationContent, ConversationTurn } from '../../src/ports/conversation-store.ts';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestClock } from '../support/clock.ts';
import { createConversationsTable } from '../support/conversations-table.ts';
import {
  DYNAMODB_INSTALL_MS,
  type DynamoDbLocal,
  hasDynamoDbLocal,
  startDynamoDbLocal,
} from '../support/dynamodb-local.ts';
import { type DynamoDbRoad, openDynamoDbRoad } from '../support/dynamodb-road.ts';
import { createTestLog } from '../support/log.ts';

// What the table of conversations promises beyond the contract of every store of them: what goes over the wire and lies in the items, and
// what becomes of a write whose answer is lost.

const TABLE = 'test-conversations';
const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

let server: DynamoDbLocal;
let road: DynamoDbRoad;
let store: DynamoDbConversations;
let clock: ReturnType<typeof createTestClock>;
let log: ReturnType<typeof createTestLog>;
let id = '';
let count = 0;

beforeAll(async () => {
  if (!hasDynamoDbLocal()) return;
  // biome-ignore-start lint/style/noProcessEnv: the SDK reads its credentials there
  process.env['AWS_ACCESS_KEY_ID'] = TEST_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = TEST_CREDENTIALS.secretAccessKey;
  // biome-ignore-end lint/style/noProcessEnv: the SDK reads its credentials there
  server = await startDynamoDbLocal();
  await createConversationsTable(server.client, TABLE);
}, DYNAMODB_INSTALL_MS);
afterAll(() => server?.stop());

const turnOf = (turn: string, text = turn): ConversationTurn => ({
  turn,
  status: 'completed',
  asked_at: 1,
  tainted: false,
  messages: [{ role: 'user', text }],
});
const empty: ConversationContent = { title: 'canary title', tainted: true, droppedTurns: 2, turns: [] };
/** As the agent changes one: the same turn takes its earlier place. */
const putting =
  (turn: ConversationTurn) =>
  (content: ConversationContent): ConversationContent => ({
    ...content,
    turns: [...content.turns.filter((other) => other.turn !== turn.turn), turn],
  });

async function itemsOf() {
  const { Items: items = [] } = await server.client.send(new ScanCommand({ TableName: TABLE }));
  return items.filter((item) => item['conversation_id']?.S?.startsWith(id) === true);
}

(hasDynamoDbLocal() ? describe : describe.skip)('the table of conversations', () => {
  beforeEach(async () => {
    road = await openDynamoDbRoad(server.endpoint);
    clock = createTestClock();
    log = createTestLog();
    const how = { region: TEST_REGION, endpoint: road.endpoint, timeoutMs: 10_000 };
    store = createDynamoDbConversations({ ...how, table: TABLE, clock, random, log });
    count += 1;
    id = `c_${count}`;
  });
  afterEach(async () => {
    await store.close();
    await road.close();
  });

  it('has an item of each conversation, under its person and its id', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1')] });
    const now = clock.nowMs();
    const ends = now + 30 * 86_400_000;
    expect(await itemsOf()).toEqual([
      {
        person: { S: PERSON },
        conversation_id: { S: id },
        messages: { S: JSON.stringify([turnOf('t_1')]) },
        metadata: {
          M: {
            title: { S: 'canary title' },
            tainted: { BOOL: true },
            dropped_turns: { N: '2' },
            turn_count: { N: '1' },
            created_at: { N: String(now) },
            expires_at: { N: String(ends) },
          },
        },
        version: { N: '1' },
        updated_at: { N: String(now) },
        ttl: { N: String(Math.ceil(ends / 1000)) },
      },
    ]);
  });

  it('cuts what is too long for an item into parts, none of which is too long, that end no earlier', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1', 'ß'.repeat(400_000))] });
    const [head, ...parts] = (await itemsOf()).sort((left, right) =>
      (left['conversation_id']?.S ?? '') < (right['conversation_id']?.S ?? '') ? -1 : 1,
    );
    expect(head).not.toHaveProperty('messages');
    expect(parts.length).toBe(3);
    for (const part of parts) {
      expect(Object.keys(part).sort()).toEqual(['conversation_id', 'messages', 'person', 'ttl']);
      expect(Buffer.byteLength(part['messages']?.S ?? '')).toBeLessThanOrEqual(350_000);
      expect(Number(part['ttl']?.N)).toBeGreaterThanOrEqual(Number(head?.['ttl']?.N));
    }
  });

  it('writes a part that did not change once a day, not with every turn', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1', 'x'.repeat(700_000))] });
    const written = (): number =>
      road.seen.filter(({ action, body }) => action === 'PutItem' && !JSON.stringify(body).includes('"version"'))
        .length;
    expect(written()).toBe(3);
    await store.update(PERSON, id, putting(turnOf('t_2')));
    expect(written()).toBe(4);
    clock.advance(2 * 86_400_000);
    await store.update(PERSON, id, putting(turnOf('t_3')));
    expect(written()).toBe(7);
    expect((await store.read(PERSON, id))?.turns.map(({ turn }) => turn)).toEqual(['t_1', 't_2', 't_3']);
  });

  it('asks for nothing but single items and one person’s list', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1', 'x'.repeat(700_000))] });
    await store.update(PERSON, id, putting(turnOf('t_2')));
    await store.list(PERSON, { limit: 2 });
    await store.remove(PERSON, id);
    expect(new Set(road.seen.map(({ action }) => action))).toEqual(
      new Set(['PutItem', 'GetItem', 'Query', 'DeleteItem']),
    );
    for (const { action, body } of road.seen) {
      const {
        Key,
        Item,
        ExpressionAttributeValues: values,
        IndexName,
      } = body as Record<string, Record<string, unknown>>;
      const key = (Key ?? Item ?? { person: values?.[':person'] })['person'];
      expect([action, key, IndexName ?? 'none']).toEqual([
        action,
        { S: PERSON },
        action === 'Query' ? 'by_update' : 'none',
      ]);
    }
  });

  it('reads strongly: what was written is seen', async () => {
    await store.create(PERSON, id, empty);
    await store.read(PERSON, id);
    await store.list(PERSON, { limit: 2 });
    const reads = road.seen.filter(({ action }) => action === 'GetItem' || action === 'Query');
    expect(reads.length).toBeGreaterThan(1);
    for (const { body } of reads) expect(body['ConsistentRead']).toBe(true);
  });

  it('does a write whose answer was lost once, not twice, and says that it is done', async () => {
    await store.create(PERSON, id, empty);
    let lost = 0;
    road.decide(({ action }) => {
      if (action !== 'PutItem' || lost > 0) return 'passes';
      lost += 1;
      return 'answer lost';
    });
    const written = await store.update(PERSON, id, putting(turnOf('t_1')));
    expect([lost, written?.turns.map(({ turn }) => turn)]).toEqual([1, ['t_1']]);
    expect((await store.read(PERSON, id))?.turns).toHaveLength(1);
  });

  it('keeps the parts of a head whose answer was lost', async () => {
    await store.create(PERSON, id, empty);
    let lost = 0;
    road.decide(({ action, body }) => {
      if (action !== 'PutItem' || lost > 0 || !JSON.stringify(body).includes('"version"')) return 'passes';
      lost += 1;
      return 'answer lost';
    });
    await store.update(PERSON, id, putting(turnOf('t_1', 'x'.repeat(700_000))));
    expect(lost).toBe(1);
    expect((await store.read(PERSON, id))?.turns).toEqual([turnOf('t_1', 'x'.repeat(700_000))]);
  });

  it('refuses when the table does not answer, and tells nothing of what was said', async () => {
    await store.create(PERSON, id, empty);
    road.decide(({ action }) =>
      action === 'PutItem' ? { status: 500, error: 'InternalServerError', text: 'canary' } : 'passes',
    );
    await expect(store.update(PERSON, id, putting(turnOf('t_1', 'canary text')))).rejects.toMatchObject({
      code: 'unavailable',
    });
    road.decide(() => ({ status: 400, error: 'AccessDeniedException', text: 'no' }));
    await expect(store.read(PERSON, id)).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(store.list(PERSON, { limit: 1 })).rejects.toMatchObject({ code: 'misconfigured' });
    expect(JSON.stringify(log.events)).not.toContain('canary');
  });

  it('waits and tries again when it is asked too fast', async () => {
    await store.create(PERSON, id, empty);
    let refused = 0;
    road.decide(({ action }) => {
      if (action !== 'PutItem' || refused === 2) return 'passes';
      refused += 1;
      return { status: 400, error: 'ProvisionedThroughputExceededException' };
    });
    expect(await store.update(PERSON, id, putting(turnOf('t_1')))).toMatchObject({ version: 2 });
    expect(refused).toBe(2);
  });

  it('is emptied of a person by an operator, parts without a head too', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1', 'x'.repeat(700_000))] });
    // As a writer leaves it that dies before its head is written.
    road.decide(({ action, body }) =>
      action === 'PutItem' && JSON.stringify(body).includes('"version"')
        ? { status: 400, error: 'ConditionalCheckFailedException' }
        : action === 'DeleteItem'
          ? { status: 400, error: 'ValidationException' }
          : 'passes',
    );
    await store.update(PERSON, id, putting(turnOf('t_2', 'y'.repeat(400_000)))).catch(() => undefined);
    road.decide(() => 'passes');
    const left = (await itemsOf()).length;
    expect(left).toBeGreaterThan(4);
    expect(await store.forget('p_01BX5ZZKBKACTAV9WEVGEMMVRZ')).toBe(0);
    expect(await store.forget(PERSON)).toBeGreaterThanOrEqual(left);
    expect(await itemsOf()).toEqual([]);
  });

  it('never shows a head whose parts are gone for good as an empty conversation', async () => {
    await store.create(PERSON, id, { ...empty, turns: [turnOf('t_1', 'x'.repeat(700_000))] });
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const part = (await itemsOf()).find((item) => item['conversation_id']?.S?.includes('#') === true);
    const Key = { person: { S: PERSON }, conversation_id: part?.['conversation_id'] ?? { S: '' } };
    await server.client.send(new DeleteItemCommand({ TableName: TABLE, Key }));
    await expect(store.read(PERSON, id)).rejects.toMatchObject({ code: 'internal' });
    expect(await store.remove(PERSON, id)).toMatchObject({ id });
    expect(await itemsOf()).toEqual([]);
  });
});
