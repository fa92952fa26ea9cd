// The parts of the SDK that `sqs-job-queue.ts` uses, imported when it first sends: see `ssm-client.ts`.

export { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
