import * as z from 'zod';
import { describeFault } from '../adapters/log/json-log.ts';
import { AppError } from '../kernel/app-error.ts';
import { lazily } from '../kernel/lazily.ts';
import type { Log } from '../ports/log.ts';

// A worker behind SQS (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html). Of a batch each message stands for itself: those
// that have to come again are named in the answer, and only those come again.

const sqsEvent = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      eventSource: z.literal('aws:sqs'),
    }),
  ),
});

export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface WorkerContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
}

export type QueueHandler = (event: unknown, context: WorkerContext) => Promise<BatchAnswer>;

/** Does what one message names. */
export interface QueueWorker {
  readonly log: Log;
  run(
    name: string,
    exchange: { readonly remainingMs: number; readonly requestId: string },
  ): Promise<{ readonly status: 'done' | 'dropped' } | { readonly status: 'again'; readonly afterMs: number }>;
}

/** Faults of the store: how long until the message comes again. */
const STORE_AWAY_MS = 15_000;

/** `queueUrl` is the queue's own, to put messages off; without it they come again when their time is over. */
export function createQueueHandler(worker: QueueWorker, queueUrl: string | undefined): QueueHandler {
  const openQueue = lazily(async () => {
    const { createSqsJobQueue } = await import('../adapters/aws/sqs-job-queue.ts');
    return createSqsJobQueue({ queueUrl: queueUrl ?? '' });
  });
  const putOff = async (receipt: string, afterMs: number): Promise<void> => {
    if (queueUrl !== undefined && queueUrl !== '') await (await openQueue()).putOff(receipt, afterMs);
  };

  return async (event, context) => {
    const parsed = sqsEvent.safeParse(event);
    if (!parsed.success) {
      worker.log.error('event.refused', { request_id: context.awsRequestId });
      throw new AppError('invalid_request', 'This function takes messages of its queue only.');
    }
    const failed = await Promise.all(
      parsed.data.Records.map(async ({ messageId, receiptHandle, body }) => {
        const exchange = {
          requestId: context.awsRequestId ?? messageId,
          remainingMs: context.getRemainingTimeInMillis(),
        };
        const outcome = await worker.run(body, exchange).catch((error: unknown) => {
          worker.log.warn('job.not_begun', { request_id: exchange.requestId, cause: describeFault(error) });
          return { status: 'again', afterMs: STORE_AWAY_MS } as const;
        });
        if (outcome.status !== 'again') return [];
        await putOff(receiptHandle, outcome.afterMs);
        return [{ itemIdentifier: messageId }];
      }),
    );
    return { batchItemFailures: failed.flat() };
  };
}
