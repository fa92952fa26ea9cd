import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { ConversationStore, ConversationSummary } from '../../ports/conversation-store.ts';
import type { Random } from '../../ports/random.ts';
import { readRecord } from '../../trust/record.ts';
import {
  type ConversationRecords,
  type HeadToWrite,
  type ListPosition,
  partsFromStore,
  partToStore,
  type StoredHead,
  storedParts,
  storedTurns,
} from '../conversations/conversation-records.ts';
import { createSplitConversations } from '../conversations/split-conversations.ts';
import { type Item, number } from './dynamodb-item.ts';
import {
  createDynamoDbRequests,
  type DynamoDbRequests,
  type DynamoDbRequestsOptions,
  isRefusedCondition,
} from './dynamodb-requests.ts';

// Conversations in a table of their own. The partition key is the person, so that no request can reach two persons' conversations; the
// sort key is `conversation_id`, followed by `#` and a part's name where one is too long for an item. Who lists them asks a local index by
// `updated_at`, in which parts are not. It makes no table.

/** The index's name, which Terraform has, too. */
export const BY_UPDATE = 'by_update';

export interface DynamoDbConversationsOptions extends DynamoDbRequestsOptions {
  /** The table's whole name. */
  readonly table: string;
  readonly random: Random;
}

/** What is told of a conversation beside its messages. */
const metadataRecord = z.object({
  title: z.string(),
  tainted: z.boolean(),
  dropped_turns: z.number().int(),
  turn_count: z.number().int(),
  created_at: z.number().int(),
  expires_at: z.number().int(),
  parts: storedParts.optional(),
});
type Metadata = z.infer<typeof metadataRecord>;

const partKey = (id: string, key: string): string => `${id}#${key}`;
const seconds = (ms: number): AttributeValue => number(Math.ceil(ms / 1000));

/** Times and counts are numbers of the item's own, the rest of what is known is one map. */
function writeItem(person: string, { summary, body }: HeadToWrite): Item {
  const metadata: Record<string, AttributeValue> = {
    title: { S: summary.title },
    tainted: { BOOL: summary.tainted },
    dropped_turns: number(summary.droppedTurns),
    turn_count: number(summary.turnCount),
    created_at: number(summary.createdAtMs),
    expires_at: number(summary.expiresAtMs),
  };
  const item: Item = {
    person: { S: person },
    conversation_id: { S: summary.id },
    version: number(summary.version),
    updated_at: number(summary.updatedAtMs),
    ttl: seconds(summary.expiresAtMs),
    metadata: { M: metadata },
  };
  if ('text' in body) return { ...item, messages: { S: body.text } };
  return { ...item, parts: { S: JSON.stringify(body.parts.map(partToStore)) } };
}

const numberIn = (value: AttributeValue | undefined): number => Number(value?.N);

function readMetadata({ metadata, parts }: Item): Metadata {
  const { title, tainted, dropped_turns, turn_count, created_at, expires_at } = metadata?.M ?? {};
  const plain = {
    title: title?.S,
    tainted: tainted?.BOOL,
    dropped_turns: numberIn(dropped_turns),
    turn_count: numberIn(turn_count),
    created_at: numberIn(created_at),
    expires_at: numberIn(expires_at),
    ...(parts?.S !== undefined && { parts: readRecord(storedParts, parts.S, 'conversation') }),
  };
  // NaN, as of a number that is missing, becomes null: which no number is.
  return readRecord(metadataRecord, JSON.stringify(plain), 'conversation');
}

function readSummary(item: Item): ConversationSummary {
  const metadata = readMetadata(item);
  return {
    id: item['conversation_id']?.S ?? '',
    version: numberIn(item['version']),
    title: metadata.title,
    tainted: metadata.tainted,
    droppedTurns: metadata.dropped_turns,
    turnCount: metadata.turn_count,
    createdAtMs: metadata.created_at,
    updatedAtMs: numberIn(item['updated_at']),
    expiresAtMs: metadata.expires_at,
  };
}

function readHead(item: Item): StoredHead<number> {
  const summary = readSummary(item);
  const { parts } = readMetadata(item);
  const body =
    parts === undefined
      ? { turns: readRecord(storedTurns, item['messages']?.S ?? '', 'conversation') }
      : { parts: partsFromStore(parts) };
  return { summary, body, proof: summary.version };
}

async function whether(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (cause) {
    if (isRefusedCondition(cause)) return false;
    throw cause;
  }
}

const absent = (nowMs: number) => ({
  ConditionExpression: 'attribute_not_exists(person) OR #ttl <= :now',
  ExpressionAttributeNames: { '#ttl': 'ttl' },
  ExpressionAttributeValues: { ':now': seconds(nowMs) },
});
const unchanged = (version: number) => ({
  ConditionExpression: 'version = :version',
  ExpressionAttributeValues: { ':version': number(version) },
});

/** Requests made for one page; many expired ones may lie between those that are shown. */
const REQUESTS_PER_PAGE = 20;

function createRecords(requests: DynamoDbRequests, { table, clock }: DynamoDbConversationsOptions) {
  const nowMs = (): number => clock.nowMs();
  const keyOf = (person: string, id: string): Item => ({ person: { S: person }, conversation_id: { S: id } });
  const read = async (person: string, id: string): Promise<Item | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(person, id), ConsistentRead: true });
    return (await requests.read(table, (client) => client.send(command))).Item;
  };
  const write = <Answer>(request: (client: DynamoDBClient) => Promise<Answer>) => requests.write(table, request);

  async function queryPage(person: string, limit: number, from: Item | undefined) {
    const command = new QueryCommand({
      TableName: table,
      IndexName: BY_UPDATE,
      KeyConditionExpression: 'person = :person',
      FilterExpression: '#ttl > :now',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':person': { S: person }, ':now': seconds(nowMs()) },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: limit,
      ExclusiveStartKey: from,
    });
    return requests.read(table, (client) => client.send(command));
  }

  const records: ConversationRecords<number> = {
    async read(person, id) {
      const item = await read(person, id);
      if (item === undefined) return undefined;
      const head = readHead(item);
      return head.summary.expiresAtMs <= nowMs() ? undefined : head;
    },

    write(person, head, base) {
      const condition = base === undefined ? absent(nowMs()) : unchanged(base.proof);
      const command = new PutItemCommand({ TableName: table, Item: writeItem(person, head), ...condition });
      return whether(write((client) => client.send(command)));
    },

    remove(person, base) {
      const command = new DeleteItemCommand({
        TableName: table,
        Key: keyOf(person, base.summary.id),
        ...unchanged(base.proof),
      });
      return whether(write((client) => client.send(command)));
    },

    async readPart(person, id, key) {
      return (await read(person, partKey(id, key)))?.['messages']?.S;
    },

    async writePart(person, id, { name, text }) {
      const item = { ...keyOf(person, partKey(id, name.key)), messages: { S: text }, ttl: seconds(name.endsAtMs) };
      await write((client) => client.send(new PutItemCommand({ TableName: table, Item: item })));
    },

    async removePart(person, id, key) {
      const command = new DeleteItemCommand({ TableName: table, Key: keyOf(person, partKey(id, key)) });
      await write((client) => client.send(command));
    },

    async list(person, { after, limit }: { readonly after: ListPosition | undefined; readonly limit: number }) {
      const found: ConversationSummary[] = [];
      let from: Item | undefined =
        after === undefined ? undefined : { ...keyOf(person, after.id), updated_at: number(after.updatedAtMs) };
      for (let made = 0; made < REQUESTS_PER_PAGE && found.length <= limit; made += 1) {
        const { Items: items = [], LastEvaluatedKey: last } = await queryPage(person, limit + 1, from);
        found.push(...items.map(readSummary));
        from = last;
        if (from === undefined) break;
      }
      return found.slice(0, limit + 1);
    },

    async close() {
      requests.close();
    },
  };
  return records;
}

export interface DynamoDbConversations extends ConversationStore {
  /** Deletes all that lies there of a person, parts without a head too; answers how many items. With an operator's rights only. */
  forget(person: string): Promise<number>;
}

/** Keys of all of a person's items. */
async function keysOf(requests: DynamoDbRequests, table: string, person: string): Promise<readonly Item[]> {
  const keys: Item[] = [];
  let from: Item | undefined;
  do {
    const command = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'person = :person',
      ExpressionAttributeValues: { ':person': { S: person } },
      ProjectionExpression: 'person, conversation_id',
      ConsistentRead: true,
      ExclusiveStartKey: from,
    });
    const page = await requests.read(table, (client) => client.send(command));
    keys.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return keys;
}

export function createDynamoDbConversations(options: DynamoDbConversationsOptions): DynamoDbConversations {
  const requests = createDynamoDbRequests(options);
  const { clock, random, table } = options;
  return {
    ...createSplitConversations({ records: createRecords(requests, options), clock, random }),
    async forget(person) {
      const keys = await keysOf(requests, table, person);
      for (const Key of keys) {
        await requests.write(table, (client) => client.send(new DeleteItemCommand({ TableName: table, Key })));
      }
      return keys.length;
    },
  };
}
