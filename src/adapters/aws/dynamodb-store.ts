import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../kernel/app-error.ts';
import { ttlMs } from '../../kernel/time-to-live.ts';
import type { KeyPage, KeyValueStore } from '../../ports/key-value-store.ts';
import {
  createDynamoDbRequests,
  type DynamoDbClientOptions,
  type DynamoDbRequests,
  isRefusedCondition,
} from './dynamodb-requests.ts';

// The store that several functions share where there is no Redis. Every read is strongly consistent, every write one conditional request.
// DynamoDB deletes what has expired when it finds the time, so this adapter looks at the time itself. It makes no tables.

/** Where a record lies. Its key is the partition key followed by the sort key, or the partition key alone. */
export interface RecordPlace {
  readonly table: string;
  readonly partition: string;
  readonly sort: string;
}

export interface DynamoDbStoreOptions extends DynamoDbClientOptions {
  /** Stands before the names that `place` gives. */
  readonly tablePrefix: string;
  /** Takes a key, or what the keys to list begin with. */
  readonly place: (key: string) => RecordPlace;
  /** The sort key of a record that is alone in its partition. */
  readonly alone: string;
}

// An item: `p` and `s` are its key, `v` the value, `x` the Unix milliseconds from which on it is absent, and `ttl` the same in seconds for DynamoDB.
type Item = Record<string, AttributeValue>;

/** DynamoDB takes items of 400 KB with names and keys; the rest is room for growth of what we keep beside a value. */
const MAX_BYTES = 350_000;
const DEFAULT_PAGE = 100;
/** Requests made for one page of keys; then the page ends, maybe empty, with a cursor to go on. */
const REQUESTS_PER_PAGE = 20;
/** How often `increment` looks again when a counter ends or begins under its hands. */
const COUNT_TRIES = 5;

const LIVE = '(attribute_not_exists(x) OR x > :now)';

/** Whole numbers are numbers, so that they can be counted. Each text has one form only. */
function encode(value: string): AttributeValue {
  return /^(?:0|-?[1-9]\d{0,14})$/.test(value) ? { N: value } : { S: value };
}

const decode = (value: AttributeValue | undefined): string | undefined => value?.N ?? value?.S;

function lifetime(nowMs: number, ttlSeconds: number | undefined): Item {
  if (ttlSeconds === undefined) return {};
  const endsAtMs = nowMs + ttlMs(ttlSeconds);
  return { x: { N: String(endsAtMs) }, ttl: { N: String(Math.ceil(endsAtMs / 1000)) } };
}

function demandSize(key: string, value: string): void {
  if (Buffer.byteLength(value) + Buffer.byteLength(key) <= MAX_BYTES) return;
  throw new AppError('too_large', `A record may have ${MAX_BYTES / 1000} kB in this store. Nothing was written.`);
}

function readCursor(cursor: string): Item {
  try {
    const [p, s]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof p === 'string' && typeof s === 'string') return { p: { S: p }, s: { S: s } };
  } catch {
    // Told below.
  }
  throw new AppError('invalid_request', 'The cursor is not one of ours.');
}

const writeCursor = ({ p, s }: Item): string => Buffer.from(JSON.stringify([p?.S, s?.S])).toString('base64url');

/** True when done, false when the condition did not hold. */
async function whether(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (cause) {
    if (isRefusedCondition(cause)) return false;
    throw cause;
  }
}

/** The item on which a condition failed. */
function refusedItem(cause: unknown): Item | undefined {
  return cause instanceof Error && 'Item' in cause ? (cause.Item as Item | undefined) : undefined;
}

function createCounter(requests: DynamoDbRequests, nowMs: () => number) {
  type Update = { readonly update: string; readonly condition: string; readonly values: Item };
  type Place = { readonly table: string; readonly key: Item };

  /** Sum after the update, or what stood in its way. */
  async function run({ table, key }: Place, { update, condition, values }: Update): Promise<number | Item> {
    try {
      const answer = await requests.send('write', table, (client, { UpdateItemCommand }) =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: key,
            UpdateExpression: update,
            ConditionExpression: condition,
            ExpressionAttributeValues: values,
            // TTL is one of the words that an expression cannot name by itself.
            ...(update.includes('#ttl') ? { ExpressionAttributeNames: { '#ttl': 'ttl' } } : {}),
            ReturnValues: 'UPDATED_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        ),
      );
      const sum = Number(answer.Attributes?.['v']?.N);
      if (!Number.isSafeInteger(sum)) throw new AppError('internal', 'The record to increment is not a number.');
      return sum;
    } catch (cause) {
      if (!isRefusedCondition(cause)) throw cause;
      return refusedItem(cause) ?? {};
    }
  }

  const one = { N: '1' };
  return async (place: Place, ttlSeconds: number): Promise<number> => {
    for (let tries = 0; tries < COUNT_TRIES; tries += 1) {
      const now = { N: String(nowMs()) };
      const { x = now, ttl = now } = lifetime(nowMs(), ttlSeconds);
      const living = await run(place, {
        update: 'SET x = if_not_exists(x, :x), #ttl = if_not_exists(#ttl, :ttl) ADD v :one',
        condition: 'attribute_not_exists(p) OR x > :now',
        values: { ':x': x, ':ttl': ttl, ':one': one, ':now': now },
      });
      if (typeof living === 'number') return living;
      const begun = await run(
        place,
        living['x'] === undefined
          ? // It was set for good, so it is counted for good.
            {
              update: 'ADD v :one',
              condition: 'attribute_exists(p) AND attribute_not_exists(x)',
              values: { ':one': one },
            }
          : // It has ended and still lies there: whoever sees the same end first begins anew.
            {
              update: 'SET v = :one, x = :x, #ttl = :ttl',
              condition: 'x = :old AND x <= :now',
              values: { ':one': one, ':x': x, ':ttl': ttl, ':old': living['x'], ':now': now },
            },
      );
      if (typeof begun === 'number') return begun;
    }
    throw new AppError('unavailable', 'Too many count at the same time. Try again shortly.', { retryAfterSeconds: 1 });
  };
}

/** Keys that begin with `prefix`: of one partition by a query, of a whole table by a scan. */
function createLister(requests: DynamoDbRequests, options: DynamoDbStoreOptions) {
  const { clock, alone } = options;
  const keyOf = ({ p, s }: Item): string => `${p?.S ?? ''}${s?.S === alone ? '' : (s?.S ?? '')}`;

  return async (prefix: string, cursor: string | undefined, limit: number): Promise<KeyPage> => {
    const { table: name, partition, sort } = options.place(prefix);
    const table = `${options.tablePrefix}${name}`;
    const owned = sort !== alone;
    const names = owned ? { p: { S: partition }, s: { S: sort } } : { p: { S: partition } };
    const values = Object.fromEntries(Object.entries(names).map(([attribute, value]) => [`:${attribute}`, value]));
    let from = cursor === undefined ? undefined : readCursor(cursor);
    const items: Item[] = [];
    for (let made = 0; made < REQUESTS_PER_PAGE; made += 1) {
      const input = {
        TableName: table,
        ProjectionExpression: 'p, s',
        ExpressionAttributeValues: { ...values, ':now': { N: String(clock.nowMs()) } },
        ConsistentRead: true,
        ExclusiveStartKey: from,
      };
      const page = await requests.send('read', table, (client, { QueryCommand, ScanCommand }) =>
        owned
          ? client.send(
              new QueryCommand({
                ...input,
                KeyConditionExpression: 'p = :p AND begins_with(s, :s)',
                FilterExpression: LIVE,
              }),
            )
          : client.send(new ScanCommand({ ...input, FilterExpression: `begins_with(p, :p) AND ${LIVE}` })),
      );
      items.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
      if (items.length > limit) {
        const kept = items.slice(0, limit);
        return { keys: kept.map(keyOf), cursor: writeCursor(kept.at(-1) ?? {}) };
      }
      if (from === undefined) return { keys: items.map(keyOf) };
    }
    return { keys: items.map(keyOf), ...(from === undefined ? {} : { cursor: writeCursor(from) }) };
  };
}

export function createDynamoDbStore(options: DynamoDbStoreOptions): KeyValueStore {
  const { clock } = options;
  const requests = createDynamoDbRequests(options);
  const count = createCounter(requests, () => clock.nowMs());
  const list = createLister(requests, options);

  function locate(key: string): { readonly table: string; readonly key: Item } {
    const { table, partition, sort } = options.place(key);
    return { table: `${options.tablePrefix}${table}`, key: { p: { S: partition }, s: { S: sort } } };
  }

  /** Puts the whole item in the place of whatever the condition allows. */
  async function put(key: string, value: string, ttlSeconds: number | undefined, condition: string, values: Item) {
    demandSize(key, value);
    const nowMs = clock.nowMs();
    const place = locate(key);
    const item = { ...place.key, v: encode(value), ...lifetime(nowMs, ttlSeconds) };
    const given = { ...values, ...(condition.includes(':now') ? { ':now': { N: String(nowMs) } } : {}) };
    await requests.send('write', place.table, (client, { PutItemCommand }) =>
      client.send(
        new PutItemCommand({
          TableName: place.table,
          Item: item,
          ...(condition === '' ? {} : { ConditionExpression: condition, ExpressionAttributeValues: given }),
        }),
      ),
    );
  }

  return {
    async get(key) {
      const place = locate(key);
      const { Item: item } = await requests.send('read', place.table, (client, { GetItemCommand }) =>
        client.send(new GetItemCommand({ TableName: place.table, Key: place.key, ConsistentRead: true })),
      );
      const endsAtMs = item?.['x']?.N;
      return endsAtMs !== undefined && Number(endsAtMs) <= clock.nowMs() ? undefined : decode(item?.['v']);
    },
    async set(key, value, expiry) {
      await put(key, value, expiry?.ttlSeconds, '', {});
    },
    async setIfAbsent(key, value, expiry) {
      return whether(put(key, value, expiry?.ttlSeconds, 'attribute_not_exists(p) OR x <= :now', {}));
    },
    async compareAndSet(key, expected, value, expiry) {
      const values = { ':expected': encode(expected) };
      return whether(put(key, value, expiry?.ttlSeconds, `v = :expected AND ${LIVE}`, values));
    },
    async compareAndDelete(key, expected) {
      const place = locate(key);
      const deleting = requests.send('write', place.table, (client, { DeleteItemCommand }) =>
        client.send(
          new DeleteItemCommand({
            TableName: place.table,
            Key: place.key,
            ConditionExpression: `v = :expected AND ${LIVE}`,
            ExpressionAttributeValues: { ':expected': encode(expected), ':now': { N: String(clock.nowMs()) } },
          }),
        ),
      );
      return whether(deleting);
    },
    increment: async (key, { ttlSeconds }) => count(locate(key), ttlSeconds),
    list: async (prefix, { cursor, limit = DEFAULT_PAGE } = {}) => list(prefix, cursor, limit),
    async close() {
      requests.close();
    },
  };
}
