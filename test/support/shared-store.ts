import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { createDynamoDbStore } from '../../src/adapters/aws/dynamodb-store.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { dynamoDbAccess } from '../../src/config/dynamodb-access.ts';
import { redisAclCommand } from '../../src/config/redis-acl.ts';
import { type StoreUser, storeAccess } from '../../src/config/store-access.ts';
import { ALONE, placeRecord, type StoreTable, storeTables } from '../../src/config/store-tables.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createConversationsTable } from './conversations-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { openDynamoDbRoad, type SeenRequest } from './dynamodb-road.ts';
import { createTestLog } from './log.ts';
import { startRedisServer } from './redis-server.ts';

// A store that functions share, each with the rights it has when deployed and no others: a Redis with a user for each, or DynamoDB behind a road that
// lets through what the policies allow.

export interface SharedStore {
  /** With an operator's rights. */
  readonly store: KeyValueStore;
  /** What a function's environment says about it. */
  settings(user: StoreUser): Readonly<Record<string, string>>;
  /** Parameters that the settings name. */
  readonly parameters: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const clock = { nowMs: (): number => Date.now() };
const users = Object.keys(storeAccess) as StoreUser[];
const parameterOf = (user: StoreUser): string => `/sallyport/dev/redis-url/${user}`;

export async function startSharedRedis(): Promise<SharedStore> {
  const server = await startRedisServer();
  const admin = new Redis(server.port, 'localhost', { tls: { ca: server.ca, servername: 'localhost' } });
  const parameters: Record<string, string> = {};
  for (const user of users) {
    const [command = '', ...rules] = redisAclCommand(user, user);
    const password = `only-for-tests-${user}`;
    await admin.call(command, ...rules, `>${password}`);
    parameters[parameterOf(user)] = `rediss://${user}:${password}@localhost:${server.port}/0`;
  }
  await admin.call('ACL', 'SETUSER', 'default', 'off');
  admin.disconnect();
  const log = createTestLog();
  const url = createSecret(parameters[parameterOf('operator')] ?? '');
  const store = createRedisStore({ url, ca: server.ca, clock, log });
  return {
    store,
    parameters,
    settings: (user) => ({
      SALLYPORT_STORE: 'redis',
      REDIS_URL_PARAMETER: parameterOf(user),
      REDIS_CA: server.ca,
    }),
    async stop() {
      await store.close();
      await server.stop();
    },
  };
}

export interface SharedDynamoDb extends SharedStore {
  /** Every request of a function, in order. */
  readonly seen: readonly (SeenRequest & { readonly allowed: boolean })[];
  /** With every right. */
  readonly client: DynamoDBClient;
}

const TABLE_PREFIX = 'sallyport-dev-';

interface Attributes {
  readonly TableName?: string;
  readonly Key?: { readonly p?: { readonly S?: string } };
  readonly Item?: { readonly p?: { readonly S?: string } };
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
}

/** As IAM decides: an action, a table, and the partition that a request names. */
export function isAllowed(user: string, { action, body }: SeenRequest): boolean {
  const { TableName = '', Key, Item, ExpressionAttributeValues: values } = body as Attributes;
  const partition = Key?.p?.S ?? Item?.p?.S ?? (action === 'Query' ? values?.[':p']?.S : undefined);
  if (partition === undefined) return false;
  return (dynamoDbAccess().functions[user] ?? []).some(
    (statement) =>
      `${TABLE_PREFIX}${statement.table}` === TableName &&
      statement.actions.includes(`dynamodb:${action}`) &&
      statement.leading_keys.some((pattern) =>
        pattern.endsWith('*') ? partition.startsWith(pattern.slice(0, -1)) : partition === pattern,
      ),
  );
}

/** DynamoDB takes letters and figures as a key's id; it tells the road who asks. */
const keyIdOf = (user: StoreUser): string => user.replaceAll('-', '');

/** Conversations have a table of their own, as deployed by default; else they are in the store. Its rights are not looked at here. */
const OWN_TABLE = `${TABLE_PREFIX}${CONVERSATIONS_TABLE}`;

export async function startSharedDynamoDb({ ownConversations = false } = {}): Promise<SharedDynamoDb> {
  const server = await startDynamoDbLocal();
  if (ownConversations) await createConversationsTable(server.client, OWN_TABLE);
  await server.createTables((Object.keys(storeTables) as StoreTable[]).map((name) => `${TABLE_PREFIX}${name}`));
  const road = await openDynamoDbRoad(server.endpoint);
  const seen: (SeenRequest & { readonly allowed: boolean })[] = [];
  road.decide((request) => {
    const user = users.find((name) => keyIdOf(name) === request.caller) ?? '';
    const allowed = isAllowed(user, request) || (user === 'agent' && request.body['TableName'] === OWN_TABLE);
    seen.push({ ...request, allowed });
    return allowed ? 'passes' : { status: 400, error: 'AccessDeniedException' };
  });
  const placed = { tablePrefix: TABLE_PREFIX, place: placeRecord, alone: ALONE };
  const store = createDynamoDbStore({ ...placed, client: server.client, clock, log: createTestLog() });
  return {
    store,
    seen,
    client: server.client,
    parameters: {},
    settings: (user) => ({
      SALLYPORT_STORE: 'dynamodb',
      ...(ownConversations && user === 'agent' && { SALLYPORT_CONVERSATIONS: 'dynamodb' }),
      SALLYPORT_TABLE_PREFIX: TABLE_PREFIX,
      AWS_ENDPOINT_URL_DYNAMODB: road.endpoint,
      AWS_ACCESS_KEY_ID: keyIdOf(user),
    }),
    async stop() {
      await store.close();
      await road.close();
      await server.stop();
    },
  };
}
