import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDynamoDbConversations } from '../../src/adapters/aws/dynamodb-conversations.ts';
import { createDynamoDbStore } from '../../src/adapters/aws/dynamodb-store.ts';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createSqliteStore } from '../../src/adapters/embedded/sqlite-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import { ALONE, placeRecord } from '../../src/config/store-tables.ts';
import { encodeUlid } from '../../src/kernel/ulid.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ConversationContent, ConversationStore, ConversationTurn } from '../../src/ports/conversation-store.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createTestClock } from '../support/clock.ts';
import { createConversationsTable } from '../support/conversations-table.ts';
import { DYNAMODB_INSTALL_MS, hasDynamoDbLocal, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { createTestLog } from '../support/log.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';

// What every store of conversations promises (src/ports/conversation-store.ts), whichever adapter keeps them.

interface StoreUnderTest {
  /** As two processes have it: nothing in common but what lies in the store. */
  readonly stores: readonly [ConversationStore, ConversationStore];
  /** Everything that lies there now under names that hold this text. */
  keysWith(text: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const log = createTestLog();
const DAY_MS = 86_400_000;
const TTL_MS = 30 * DAY_MS;

const overStore = (store: KeyValueStore, clock: Clock): ConversationStore =>
  createKeyValueConversations({ store: createStoreView(store, storeAccess.agent), clock, random });

async function listWith(store: KeyValueStore, text: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list('conversation', cursor === undefined ? {} : { cursor });
    keys.push(...page.keys);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...new Set(keys)].filter((key) => key.includes(text));
}

/** A scan ends a page at 1 MB. */
async function scanWith(
  client: DynamoDBClient,
  { table, names: [first, second] }: { readonly table: string; readonly names: readonly [string, string] },
  text: string,
): Promise<string[]> {
  const keys: string[] = [];
  let from: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const page = await client.send(new ScanCommand({ TableName: table, ExclusiveStartKey: from }));
    keys.push(...(page.Items ?? []).map((item) => `${item[first]?.S}${item[second]?.S}`));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return keys.filter((key) => key.includes(text));
}

async function openMemory(clock: Clock): Promise<StoreUnderTest> {
  const store = createMemoryStore({ clock });
  return {
    stores: [overStore(store, clock), overStore(store, clock)],
    keysWith: (text) => listWith(store, text),
    close: () => store.close(),
  };
}

async function openSqlite(clock: Clock): Promise<StoreUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-conversations-'));
  const file = join(directory, 'store.db');
  const [one, two] = [createSqliteStore({ file, clock }), createSqliteStore({ file, clock })];
  return {
    stores: [overStore(one, clock), overStore(two, clock)],
    keysWith: (text) => listWith(one, text),
    async close() {
      await Promise.all([one.close(), two.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

async function openRedis(clock: Clock): Promise<StoreUnderTest> {
  const server = await startRedisServer();
  const open = () => createRedisStore({ url: server.url, ca: server.ca, clock, log });
  const [one, two] = [open(), open()];
  return {
    stores: [overStore(one, clock), overStore(two, clock)],
    keysWith: (text) => listWith(one, text),
    async close() {
      await Promise.all([one.close(), two.close()]);
      await server.stop();
    },
  };
}

async function openDynamoDbStore(clock: Clock): Promise<StoreUnderTest> {
  const server = await startDynamoDbLocal();
  await server.createTables(['test-agent']);
  const { client } = server;
  const open = () =>
    createDynamoDbStore({ tablePrefix: 'test-', place: placeRecord, alone: ALONE, client, clock, log });
  const [one, two] = [open(), open()];
  return {
    stores: [overStore(one, clock), overStore(two, clock)],
    keysWith: (text) => scanWith(client, { table: 'test-agent', names: ['p', 's'] }, text),
    close: () => server.stop(),
  };
}

async function openDynamoDb(clock: Clock): Promise<StoreUnderTest> {
  const server = await startDynamoDbLocal();
  const table = 'test-conversations';
  const { client } = server;
  await createConversationsTable(client, table);
  const open = () => createDynamoDbConversations({ table, client, clock, random, log });
  return {
    stores: [open(), open()],
    keysWith: (text) => scanWith(client, { table, names: ['person', 'conversation_id'] }, text),
    close: () => server.stop(),
  };
}

const turnOf = (turn: string, text = turn): ConversationTurn => ({
  turn,
  status: 'completed',
  asked_at: 1,
  tainted: false,
  messages: [{ role: 'user', text }],
});
const contentOf = (title: string, turns: readonly ConversationTurn[] = []): ConversationContent => ({
  title,
  tainted: false,
  droppedTurns: 0,
  turns,
});
const adding =
  (turn: ConversationTurn) =>
  (content: ConversationContent): ConversationContent => ({ ...content, turns: [...content.turns, turn] });

async function listAll(store: ConversationStore, person: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(person, cursor === undefined ? { limit } : { limit, cursor });
    expect(page.conversations.length).toBeLessThanOrEqual(limit);
    ids.push(...page.conversations.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

interface Suite {
  readonly name: string;
  readonly open: (clock: Clock) => Promise<StoreUnderTest>;
  readonly available?: boolean;
  /** It deletes by a clock of its own, which no test can move. */
  readonly ownTime?: boolean;
}

function describeConversations({ name, open, available = true, ownTime = false }: Suite): void {
  (available ? describe : describe.skip)(`ConversationStore: ${name}`, () => {
    const clock = createTestClock();
    let under: StoreUnderTest;
    let store: ConversationStore;
    let other: ConversationStore;
    let person = '';
    let id = '';
    const newId = (): string => `c_${encodeUlid(Date.now(), random.bytes(10))}`;

    beforeAll(async () => {
      under = await open(clock);
      [store, other] = under.stores;
    }, DYNAMODB_INSTALL_MS);
    afterAll(() => under?.close());
    beforeEach(() => {
      person = `p_${encodeUlid(Date.now(), random.bytes(10))}`;
      id = newId();
    });

    it('keeps a conversation as it was written', async () => {
      const turns: ConversationTurn[] = [
        {
          turn: 't_1',
          status: 'approval_required',
          asked_at: 1_795_000_000_123,
          tainted: true,
          messages: [
            { role: 'user', text: 'Grüße 👩‍💻 \u{10ffff} \u2028 "quoted" \\ \n' },
            {
              role: 'assistant',
              text: '',
              calls: [{ id: 'c', name: 'x', arguments: { deep: [{ n: 1.5, t: null }] } }],
            },
          ],
        },
      ];
      await store.create(person, id, { title: 'Über 👋', tainted: true, droppedTurns: 3, turns });
      const read = await other.read(person, id);
      expect(read).toMatchObject({
        id,
        title: 'Über 👋',
        tainted: true,
        droppedTurns: 3,
        turns,
        turnCount: 1,
        version: 1,
      });
      const { createdAtMs = 0, updatedAtMs = 0, expiresAtMs = 0 } = read ?? {};
      expect([updatedAtMs, expiresAtMs]).toEqual([createdAtMs, createdAtMs + TTL_MS]);
    });

    it('has nothing that nobody wrote', async () => {
      expect(await store.read(person, id)).toBeUndefined();
      expect(await store.update(person, id, (content) => content)).toBeUndefined();
      expect(await store.remove(person, id)).toBeUndefined();
      expect(await store.list(person, { limit: 10 })).toEqual({ conversations: [] });
    });

    it('does not write over one that is there', async () => {
      await store.create(person, id, contentOf('first'));
      await expect(other.create(person, id, contentOf('second'))).rejects.toMatchObject({ code: 'conflict' });
      expect((await store.read(person, id))?.title).toBe('first');
    });

    it('keeps each person’s conversations from every other, be their ids the same', async () => {
      const stranger = `${person.slice(0, -1)}${person.endsWith('A') ? 'B' : 'A'}`;
      await store.create(person, id, contentOf('mine'));
      expect(await store.read(stranger, id)).toBeUndefined();
      expect(await store.update(stranger, id, () => contentOf('theirs'))).toBeUndefined();
      expect(await store.remove(stranger, id)).toBeUndefined();
      await store.create(stranger, id, contentOf('theirs'));
      expect((await store.list(stranger, { limit: 5 })).conversations.map(({ title }) => title)).toEqual(['theirs']);
      await store.remove(stranger, id);
      expect((await store.read(person, id))?.title).toBe('mine');
      expect((await store.list(person, { limit: 5 })).conversations).toHaveLength(1);
    });

    it('counts versions, and writes nothing when nothing is to change', async () => {
      await store.create(person, id, contentOf('a'));
      await store.update(person, id, adding(turnOf('t1')));
      const before = await other.update(person, id, () => undefined);
      expect(before).toMatchObject({ version: 2, turnCount: 1 });
      expect((await store.read(person, id))?.version).toBe(2);
    });

    it('applies a change anew to what another writer wrote in between', async () => {
      await store.create(person, id, contentOf('a'));
      let between: Promise<unknown> | undefined;
      const applied: number[] = [];
      await store.update(person, id, (content) => {
        // The other writer sets out while this one is about to write.
        between ??= other.update(person, id, adding(turnOf('quick')));
        applied.push(content.turns.length);
        return adding(turnOf('slow'))(content);
      });
      await between;
      expect(applied.at(0)).toBe(0);
      const turns = (await store.read(person, id))?.turns.map(({ turn }) => turn) ?? [];
      expect([...turns].sort()).toEqual(['quick', 'slow']);
    });

    it('loses nothing of fifty conversations that two writers write to at once', async () => {
      const ids = Array.from({ length: 50 }, newId);
      await Promise.all(ids.map((each) => store.create(person, each, contentOf(each))));
      const names = ['1', '2', '3', '4'];
      const write = async (writer: ConversationStore, who: string): Promise<void> => {
        for (const number of names) {
          await Promise.all(ids.map((each) => writer.update(person, each, adding(turnOf(`${who}${number}`)))));
        }
      };
      await Promise.all([write(store, 'a'), write(other, 'b')]);
      const wanted = [...names.map((number) => `a${number}`), ...names.map((number) => `b${number}`)];
      for (const each of ids) {
        const read = await store.read(person, each);
        const turns = read?.turns.map(({ turn }) => turn) ?? [];
        expect([...turns].sort()).toEqual(wanted);
        // Each writer's own stand in the order in which they were written.
        for (const who of ['a', 'b']) {
          expect(turns.filter((turn) => turn.startsWith(who))).toEqual(names.map((number) => `${who}${number}`));
        }
        expect(read?.version).toBe(1 + wanted.length);
      }
      expect((await listAll(other, person, 20)).sort()).toEqual([...ids].sort());
    }, 60_000);

    it('keeps one that is longer than a record may be, whoever writes to it', async () => {
      const long = (letter: string): ConversationTurn => turnOf(letter, `${letter}ß👋`.repeat(60_000));
      await store.create(person, id, contentOf('long', [long('a')]));
      await Promise.all([
        store.update(person, id, adding(long('b'))),
        other.update(person, id, adding(long('c'))),
        store.update(person, id, (content) => ({ ...content, title: 'named' })),
      ]);
      const read = await other.read(person, id);
      expect(read).toMatchObject({ title: 'named', turnCount: 3, version: 4 });
      expect(read?.turns[0]).toEqual(long('a'));
      expect([...(read?.turns ?? [])].sort((l, r) => (l.turn < r.turn ? -1 : 1))).toEqual(['a', 'b', 'c'].map(long));
      const listed = (await store.list(person, { limit: 5 })).conversations;
      expect(listed.map(({ title, turnCount }) => [title, turnCount])).toEqual([['named', 3]]);
    }, 60_000);

    it('leaves no part of a long one behind, when it is rewritten, shortened or removed', async () => {
      const long = turnOf('long', 'x'.repeat(900_000));
      await store.create(person, id, contentOf('long', [long]));
      expect(await under.keysWith(id)).toHaveLength(4);
      await store.update(person, id, adding(turnOf('more', 'y'.repeat(400_000))));
      expect(await under.keysWith(id)).toHaveLength(5);
      await store.update(person, id, (content) => ({ ...content, turns: [turnOf('short')] }));
      expect(await under.keysWith(id)).toHaveLength(1);
      await store.update(person, id, (content) => ({ ...content, turns: [long] }));
      expect(await store.remove(person, id)).toMatchObject({ title: 'long', turns: [long] });
      expect(await under.keysWith(id)).toEqual([]);
    }, 60_000);

    it('shows a reader one whole conversation or another while it is rewritten', async () => {
      const version = (text: string): ConversationTurn => turnOf('t', text.repeat(500_000));
      await store.create(person, id, contentOf('x', [version('0')]));
      let done = false;
      const writing = (async () => {
        for (const text of ['1', '2', '3', '4']) {
          await store.update(person, id, (content) => ({ ...content, turns: [version(text)] }));
        }
        done = true;
      })();
      let reads = 0;
      while (!done || reads === 0) {
        const text = String((await other.read(person, id))?.turns[0]?.messages[0]?.['text']);
        expect(text.length).toBe(500_000);
        expect(new Set(text).size).toBe(1);
        reads += 1;
      }
      await writing;
    }, 60_000);

    it('is gone for good when it was removed, whoever writes to it meanwhile', async () => {
      await store.create(person, id, contentOf('a', [turnOf('t1')]));
      const [removed] = await Promise.all([
        store.remove(person, id),
        ...Array.from({ length: 5 }, (_, index) => other.update(person, id, adding(turnOf(`w${index}`)))),
      ]);
      expect(removed?.id).toBe(id);
      expect(await store.read(person, id)).toBeUndefined();
      expect((await other.list(person, { limit: 5 })).conversations).toEqual([]);
      expect(await under.keysWith(id)).toEqual([]);
    });

    it('is listed newest first, page by page, each once', async () => {
      const ids = Array.from({ length: 7 }, newId);
      for (const [index, each] of ids.entries()) {
        await store.create(person, each, contentOf(`number ${index}`));
        clock.advance(1000);
      }
      await other.update(person, ids[2] ?? '', adding(turnOf('t')));
      const [third = '', ...rest] = [ids[2] ?? '', ...ids.filter((_, index) => index !== 2).reverse()];
      expect(await listAll(store, person, 3)).toEqual([third, ...rest]);
      expect(await listAll(store, person, 7)).toEqual([third, ...rest]);
      const { conversations } = await store.list(person, { limit: 1 });
      expect(conversations).toEqual([
        expect.objectContaining({ id: third, title: 'number 2', turnCount: 1, version: 2 }),
      ]);
      expect(Object.keys(conversations[0] ?? {})).not.toContain('turns');
    });

    it('is listed once, though many were written in the same millisecond', async () => {
      const ids = Array.from({ length: 9 }, newId);
      await Promise.all(ids.map((each) => store.create(person, each, contentOf('same'))));
      const listed = await listAll(other, person, 2);
      expect([...listed].sort()).toEqual([...ids].sort());
    });

    it.each([
      '',
      'x',
      '1',
      '.c_1',
      '1.',
      '-1.c_1',
      '1.5.c_1',
      '1.c_1#x',
      '1.c_1:x',
      '9999999999999999.c_1',
      `1.${'c'.repeat(65)}`,
    ])('refuses a cursor that is not one of ours: "%s"', async (cursor) => {
      await expect(store.list(person, { limit: 5, cursor })).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('shows a stranger nothing for another person’s cursor', async () => {
      await store.create(person, newId(), contentOf('a'));
      await store.create(person, newId(), contentOf('b'));
      const { cursor = '' } = await store.list(person, { limit: 1 });
      expect(cursor).not.toBe('');
      const stranger = `p_${encodeUlid(Date.now(), random.bytes(10))}`;
      expect(await store.list(stranger, { limit: 5, cursor })).toEqual({ conversations: [] });
    });

    it('is absent thirty days after it was last written to, and listed no more', async () => {
      await store.create(person, id, contentOf('a', [turnOf('t', 'x'.repeat(700_000))]));
      clock.advance(TTL_MS - 1000);
      await store.update(person, id, adding(turnOf('late')));
      clock.advance(TTL_MS - 1000);
      expect((await store.read(person, id))?.turns).toHaveLength(2);
      expect((await store.list(person, { limit: 5 })).conversations).toHaveLength(1);
      clock.advance(2000);
      const gone = await store.read(person, id);
      expect(gone).toBeUndefined();
      expect(await store.update(person, id, adding(turnOf('too late')))).toBeUndefined();
      expect(await store.remove(person, id)).toBeUndefined();
      expect((await store.list(person, { limit: 5 })).conversations).toEqual([]);
    });

    if (!ownTime) {
      it('leaves its name free when it has expired, be its record still there', async () => {
        await store.create(person, id, contentOf('old', [turnOf('t')]));
        clock.advance(TTL_MS + 1000);
        await other.create(person, id, contentOf('anew'));
        expect(await store.read(person, id)).toMatchObject({ title: 'anew', version: 1, turns: [] });
        expect((await store.list(person, { limit: 5 })).conversations).toHaveLength(1);
      });
    }
  });
}

describeConversations({ name: 'in memory', open: openMemory });
describeConversations({ name: 'in SQLite', open: openSqlite });
describeConversations({ name: 'in Redis', open: openRedis, available: hasRedisServer(), ownTime: true });
describeConversations({ name: 'in the tables of DynamoDB', open: openDynamoDbStore, available: hasDynamoDbLocal() });
describeConversations({ name: 'in a table of their own', open: openDynamoDb, available: hasDynamoDbLocal() });
