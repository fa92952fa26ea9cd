import { type DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../kernel/app-error.ts';
import type { KeyPage } from '../../ports/key-value-store.ts';
import { type Item, LIVE, number } from './dynamodb-item.ts';
import { type DynamoDbRequests, type ItemPlace, keyOfItem } from './dynamodb-requests.ts';

// Keys that begin alike: those of one owner by a query of their partition, which a function's leading keys allow, and any others by a scan
// of the table, which only an operator may do.

/** Requests made for one page of keys; then it ends, maybe short or empty, with a cursor to go on. */
const REQUESTS_PER_PAGE = 20;

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

interface PageRequest {
  readonly place: ItemPlace;
  /** Whether the place names a partition and the beginning of its sort keys; else it names the beginning of partitions. */
  readonly owned: boolean;
  readonly nowMs: number;
  readonly from: Item | undefined;
}

function requestPage(client: DynamoDBClient, { place, owned, nowMs, from }: PageRequest) {
  const { p, s } = place.key;
  const input = {
    TableName: place.table,
    ProjectionExpression: 'p, s',
    ExpressionAttributeValues: { ':p': p, ...(owned ? { ':s': s } : {}), ':now': number(nowMs) },
    ConsistentRead: true,
    ExclusiveStartKey: from,
  };
  return owned
    ? client.send(
        new QueryCommand({ ...input, KeyConditionExpression: 'p = :p AND begins_with(s, :s)', FilterExpression: LIVE }),
      )
    : client.send(new ScanCommand({ ...input, FilterExpression: `begins_with(p, :p) AND ${LIVE}` }));
}

export async function listItems(
  requests: DynamoDbRequests,
  place: ItemPlace,
  options: {
    readonly owned: boolean;
    readonly alone: string;
    readonly nowMs: () => number;
    readonly cursor: string | undefined;
    readonly limit: number;
  },
): Promise<KeyPage> {
  const { owned, alone, nowMs, limit } = options;
  const items: Item[] = [];
  let from = options.cursor === undefined ? undefined : readCursor(options.cursor);
  for (let made = 0; made < REQUESTS_PER_PAGE && items.length <= limit; made += 1) {
    const request = { place, owned, nowMs: nowMs(), from };
    const page = await requests.read(place.table, (client) => requestPage(client, request));
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
    if (from === undefined) break;
  }
  const kept = items.slice(0, limit);
  const next = items.length > limit ? kept.at(-1) : from;
  return {
    keys: kept.map((item) => keyOfItem(item, alone)),
    ...(next === undefined ? {} : { cursor: writeCursor(next) }),
  };
}
