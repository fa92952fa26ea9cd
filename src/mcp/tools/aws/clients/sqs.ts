// Made by build/aws-clients.ts from ../operations/sqs.json: change that file, not this one.

import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListQueues: { client: SQSClient, command: ListQueuesCommand },
  GetQueueAttributes: { client: SQSClient, command: GetQueueAttributesCommand },
  GetQueueUrl: { client: SQSClient, command: GetQueueUrlCommand },
  ListDeadLetterSourceQueues: { client: SQSClient, command: ListDeadLetterSourceQueuesCommand },
  ListQueueTags: { client: SQSClient, command: ListQueueTagsCommand },
} as unknown as AwsCommands;
