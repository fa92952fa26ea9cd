// Made by build/aws-clients.ts from ../operations/events.json: change that file, not this one.

import {
  DescribeEventBusCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListArchivesCommand,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListRules: { client: EventBridgeClient, command: ListRulesCommand },
  DescribeRule: { client: EventBridgeClient, command: DescribeRuleCommand },
  ListTargetsByRule: { client: EventBridgeClient, command: ListTargetsByRuleCommand },
  ListEventBuses: { client: EventBridgeClient, command: ListEventBusesCommand },
  DescribeEventBus: { client: EventBridgeClient, command: DescribeEventBusCommand },
  ListArchives: { client: EventBridgeClient, command: ListArchivesCommand },
  ListTagsForResource: { client: EventBridgeClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
