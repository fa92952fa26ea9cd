import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';
import { dynamoDbFault, isThrottled } from './dynamodb-fault.ts';

// How requests go to DynamoDB: with short waits, on connections that live. What was turned away before anything happened is sent again, and so is a
// read; a write whose answer is missing never is, for it may have been done, and only the caller knows whether doing it twice is harmless.

export interface DynamoDbRequestsOptions extends AwsClientOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** In place of one made from `region` and `endpoint`; it must not retry by itself. */
  readonly client?: DynamoDBClient;
  /** For making a connection, and again for an answer; milliseconds. */
  readonly timeoutMs?: number;
}

/** An item, by its table's whole name. */
export interface ItemPlace {
  readonly table: string;
  readonly key: { readonly p: AttributeValue; readonly s: AttributeValue };
}

type Request<Answer> = (client: DynamoDBClient) => Promise<Answer>;

/** Every rejection is an AppError, or the SDK's `ConditionalCheckFailedException` as it is. */
export interface DynamoDbRequests {
  read<Answer>(table: string, request: Request<Answer>): Promise<Answer>;
  write<Answer>(table: string, request: Request<Answer>): Promise<Answer>;
  close(): void;
}

/** Twice what Redis has: the first request of a cold function signs, resolves and shakes hands on a slice of a processor. */
const DEFAULT_TIMEOUT_MS = 2_000;
/** After such a silence connections are made anew: a frozen Lambda would find them dead, and lose the write that goes out on one. */
const IDLE_MS = 20_000;
/** Before a request is sent again. */
const PAUSES_MS = [20, 80] as const;
/** Tries of a read that gets no answer: two waits are as long as somebody waits for the store. */
const READ_TRIES = 2;

export const isRefusedCondition = (cause: unknown): boolean =>
  awsErrorName(cause) === 'ConditionalCheckFailedException';

/** A record's key again, from that of its item. */
export function keyOfItem({ p, s }: Record<string, AttributeValue>, alone: string): string {
  return `${p?.S ?? ''}${s?.S === alone ? '' : (s?.S ?? '')}`;
}

/** Says once that the store is gone, and once that it is back. */
function createWatch(log: Log) {
  let failing = false;
  return {
    failed(fault: AppError): void {
      // A record that DynamoDB does not take says nothing about the store.
      if (fault.code === 'internal') return;
      if (!failing) log.error('store.unreachable', { code: fault.code, cause: String(fault.cause ?? fault.message) });
      failing = true;
    },
    worked(): void {
      if (failing) log.info('store.reachable_again');
      failing = false;
    },
  };
}

export function createDynamoDbRequests(options: DynamoDbRequestsOptions): DynamoDbRequests {
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const watch = createWatch(options.log);
  const config = awsClientConfig(options);
  const requestHandler = { ...config.requestHandler, connectionTimeout: timeoutMs, requestTimeout: timeoutMs };
  const client = options.client ?? new DynamoDBClient({ ...config, maxAttempts: 1, requestHandler });
  let closed = false;
  let underWay = 0;
  let lastUsedMs = clock.nowMs();

  async function once<Answer>(request: Request<Answer>): Promise<Answer> {
    if (closed) throw new AppError('unavailable', 'The store is closed.');
    // Closes the connections it keeps; the next request makes new ones.
    if (underWay === 0 && clock.nowMs() - lastUsedMs >= IDLE_MS) client.destroy();
    underWay += 1;
    try {
      return await request(client);
    } finally {
      underWay -= 1;
      lastUsedMs = clock.nowMs();
    }
  }

  /** What was turned away unwritten may always be sent again. */
  async function send<Answer>(table: string, request: Request<Answer>, triesWithoutAnswer: number): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await once(request);
        watch.worked();
        return answer;
      } catch (cause) {
        if (isRefusedCondition(cause)) {
          watch.worked();
          throw cause;
        }
        const fault = dynamoDbFault(cause, table);
        const pauseMs = PAUSES_MS[tries - 1];
        const again = isThrottled(cause) || (fault.code === 'unavailable' && tries < triesWithoutAnswer);
        if (closed || pauseMs === undefined || !again) {
          watch.failed(fault);
          throw fault;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  return {
    read: (table, request) => send(table, request, READ_TRIES),
    write: (table, request) => send(table, request, 1),
    close() {
      closed = true;
      client.destroy();
    },
  };
}
