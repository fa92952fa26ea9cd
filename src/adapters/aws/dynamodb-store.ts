import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { countItem } from './dynamodb-counter.ts';
import { demandSize, encodeValue, type Item, LIVE, lifetime, number, readValue } from './dynamodb-item.ts';
import { listItems } from './dynamodb-keys.ts';
import {
  createDynamoDbRequests,
  type DynamoDbRequestsOptions,
  type ItemPlace,
  isRefusedCondition,
} from './dynamodb-requests.ts';

// The store that several functions share where there is no Redis. Every read is strongly consistent, every write one request that holds only
// under its condition. It is imported only where it is chosen, SDK and all. It makes no tables, and asks for no index.

/** Where a record lies. Its key is the partition key followed by the sort key, or the partition key alone. */
export interface RecordPlace {
  readonly table: string;
  readonly partition: string;
  readonly sort: string;
}

export interface DynamoDbStoreOptions extends DynamoDbRequestsOptions {
  /** Stands before the tables' names that `place` gives. */
  readonly tablePrefix: string;
  /** Takes a key, or what the keys to list begin with. */
  readonly place: (key: string) => RecordPlace;
  /** The sort key of a record that is alone in its partition. */
  readonly alone: string;
}

interface Condition {
  readonly expression: string;
  readonly values: Item;
}

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

export function createDynamoDbStore(options: DynamoDbStoreOptions): KeyValueStore {
  const { clock, place, alone, tablePrefix } = options;
  const requests = createDynamoDbRequests(options);
  const nowMs = (): number => clock.nowMs();

  function locate(key: string): ItemPlace {
    const { table, partition, sort } = place(key);
    return { table: `${tablePrefix}${table}`, key: { p: { S: partition }, s: { S: sort } } };
  }

  const absent = (): Condition => ({
    expression: 'attribute_not_exists(p) OR x <= :now',
    values: { ':now': number(nowMs()) },
  });
  const holds = (expected: string): Condition => ({
    expression: `v = :expected AND ${LIVE}`,
    values: { ':expected': encodeValue(expected), ':now': number(nowMs()) },
  });
  const under = ({ expression, values }: Condition) => ({
    ConditionExpression: expression,
    ExpressionAttributeValues: values,
  });

  /** The whole item: what lay there before, its lifetime too, is gone. */
  async function put(key: string, value: string, ttlSeconds: number | undefined, condition?: Condition): Promise<void> {
    demandSize(key, value);
    const at = locate(key);
    const ends = ttlSeconds === undefined ? {} : lifetime(nowMs(), ttlSeconds);
    const item = { ...at.key, v: encodeValue(value), ...ends };
    const command = new PutItemCommand({ TableName: at.table, Item: item, ...(condition && under(condition)) });
    await requests.write(at.table, (client) => client.send(command));
  }

  return {
    async get(key) {
      const at = locate(key);
      const command = new GetItemCommand({ TableName: at.table, Key: at.key, ConsistentRead: true });
      const { Item: item } = await requests.read(at.table, (client) => client.send(command));
      return readValue(item, nowMs());
    },
    async set(key, value, expiry) {
      await put(key, value, expiry?.ttlSeconds);
    },
    setIfAbsent: (key, value, expiry) => whether(put(key, value, expiry?.ttlSeconds, absent())),
    compareAndSet: (key, expected, value, expiry) => whether(put(key, value, expiry?.ttlSeconds, holds(expected))),
    async compareAndDelete(key, expected) {
      const at = locate(key);
      const command = new DeleteItemCommand({ TableName: at.table, Key: at.key, ...under(holds(expected)) });
      return whether(requests.write(at.table, (client) => client.send(command)));
    },
    increment: async (key, { ttlSeconds }) => countItem(requests, locate(key), { nowMs, ttlSeconds }),
    async list(prefix, { cursor, limit = 100 } = {}) {
      const owned = place(prefix).sort !== alone;
      return listItems(requests, locate(prefix), { owned, alone, nowMs, cursor, limit });
    },
    async close() {
      requests.close();
    },
  };
}
