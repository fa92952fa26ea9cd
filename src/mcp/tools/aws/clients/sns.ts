// Made by build/aws-clients.ts from ../operations/sns.json: change that file, not this one.

import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListTopics: { client: SNSClient, command: ListTopicsCommand },
  GetTopicAttributes: { client: SNSClient, command: GetTopicAttributesCommand },
  ListSubscriptions: { client: SNSClient, command: ListSubscriptionsCommand },
  ListSubscriptionsByTopic: { client: SNSClient, command: ListSubscriptionsByTopicCommand },
  GetSubscriptionAttributes: { client: SNSClient, command: GetSubscriptionAttributesCommand },
  ListTagsForResource: { client: SNSClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
