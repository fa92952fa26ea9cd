import type { SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import { AWS_SETUP_ERRORS, type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';

// Jobs over SQS. A message's body is a job's id and nothing else, so that the queue holds no word of anybody's.

/** SQS takes no longer delay, and no longer invisibility. */
const MAX_DELAY_SECONDS = 900;
const MAX_INVISIBLE_SECONDS = 43_200;

export interface SqsJobQueueOptions extends AwsClientOptions {
  readonly queueUrl: string;
  readonly client?: Pick<SQSClient, 'send'>;
}

export interface SqsJobQueue extends JobQueue {
  /** Puts off a message that was received, by its receipt. Resolves in any case: without it the message comes when its time is over. */
  putOff(receipt: string, afterMs: number): Promise<void>;
}

function sqsFault(cause: unknown): AppError {
  const name = awsErrorName(cause);
  if (AWS_SETUP_ERRORS.has(name) || name === 'QueueDoesNotExist') {
    return new AppError('misconfigured', `The queue of jobs refuses us (${name}): check its URL and our role.`, {
      cause,
    });
  }
  return new AppError('unavailable', 'The queue of jobs cannot be reached right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}

export function createSqsJobQueue({ queueUrl, client: given, ...aws }: SqsJobQueueOptions): SqsJobQueue {
  const open = lazily(async () => {
    const sdk = await import('./sqs-client.ts');
    return { sdk, client: given ?? new sdk.SQSClient(awsClientConfig(aws)) };
  });
  return {
    async send(jobId, { delaySeconds = 0 } = {}) {
      try {
        const { sdk, client } = await open();
        const DelaySeconds = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(delaySeconds)));
        await client.send(new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: jobId, DelaySeconds }));
      } catch (cause) {
        throw sqsFault(cause);
      }
    },
    async putOff(receipt, afterMs) {
      try {
        const { sdk, client } = await open();
        const VisibilityTimeout = Math.min(MAX_INVISIBLE_SECONDS, Math.max(0, Math.ceil(afterMs / 1000)));
        const input = { QueueUrl: queueUrl, ReceiptHandle: receipt, VisibilityTimeout };
        await client.send(new sdk.ChangeMessageVisibilityCommand(input));
      } catch {
        // The queue's own time for a message goes on: later than wished, but it comes.
      }
    },
  };
}
