import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../kernel/app-error.ts';
import { type Item, lifetime, number } from './dynamodb-item.ts';
import { type DynamoDbRequests, type ItemPlace, isRefusedCondition } from './dynamodb-requests.ts';

// Counts in an item whose lifetime the first count begins. One request mostly; two where the last counter has ended and still lies there.

interface Update {
  readonly update: string;
  readonly condition: string;
  readonly values: Item;
}

/** How often it looks again when a counter ends or begins under its hands. */
const TRIES = 5;
const ONE = number(1);

/** The SDK's error carries the item that a condition failed on, when it was asked for. */
function refusedItem(cause: unknown): Item {
  return cause instanceof Error && 'Item' in cause && cause.Item ? (cause.Item as Item) : {};
}

/** The sum after the update, or the item that stood in its way. */
async function attempt(requests: DynamoDbRequests, { table, key }: ItemPlace, step: Update): Promise<number | Item> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: key,
    UpdateExpression: step.update,
    ConditionExpression: step.condition,
    ExpressionAttributeValues: step.values,
    // TTL is one of the words that an expression cannot use as they are.
    ...(step.update.includes('#ttl') ? { ExpressionAttributeNames: { '#ttl': 'ttl' } } : {}),
    ReturnValues: 'UPDATED_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  try {
    const { Attributes: after } = await requests.write(table, (client) => client.send(command));
    return Number(after?.['v']?.N);
  } catch (cause) {
    if (isRefusedCondition(cause)) return refusedItem(cause);
    throw cause;
  }
}

/** Counts in a live item, or in a new one. */
function countOn(nowMs: number, ttlSeconds: number): Update {
  const { x, ttl } = lifetime(nowMs, ttlSeconds);
  return {
    update: 'SET x = if_not_exists(x, :x), #ttl = if_not_exists(#ttl, :ttl) ADD v :one',
    condition: 'attribute_not_exists(p) OR x > :now',
    values: { ':x': x, ':ttl': ttl, ':one': ONE, ':now': number(nowMs) },
  };
}

/** What was set for good is counted for good; of those who see the same end, the first begins anew. */
function countOver(item: Item, nowMs: number, ttlSeconds: number): Update {
  const { x: old } = item;
  if (old === undefined) {
    const condition = 'attribute_exists(p) AND attribute_not_exists(x)';
    return { update: 'ADD v :one', condition, values: { ':one': ONE } };
  }
  const { x, ttl } = lifetime(nowMs, ttlSeconds);
  return {
    update: 'SET v = :one, x = :x, #ttl = :ttl',
    condition: 'x = :old AND x <= :now',
    values: { ':one': ONE, ':x': x, ':ttl': ttl, ':old': old, ':now': number(nowMs) },
  };
}

export async function countItem(
  requests: DynamoDbRequests,
  place: ItemPlace,
  { nowMs, ttlSeconds }: { readonly nowMs: () => number; readonly ttlSeconds: number },
): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await attempt(requests, place, countOn(nowMs(), ttlSeconds));
    const sum =
      typeof found === 'number' ? found : await attempt(requests, place, countOver(found, nowMs(), ttlSeconds));
    if (typeof sum !== 'number') continue;
    if (Number.isSafeInteger(sum)) return sum;
    throw new AppError('internal', 'The record to increment is not a number.');
  }
  throw new AppError('unavailable', 'Too many count at the same time. Try again shortly.', { retryAfterSeconds: 1 });
}
