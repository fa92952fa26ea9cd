// Made by build/aws-clients.ts from ../operations/cloudformation.json: change that file, not this one.

import {
  CloudFormationClient,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateSummaryCommand,
  ListChangeSetsCommand,
  ListExportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  ListStackSetsCommand,
} from '@aws-sdk/client-cloudformation';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListStacks: { client: CloudFormationClient, command: ListStacksCommand },
  DescribeStacks: { client: CloudFormationClient, command: DescribeStacksCommand },
  DescribeStackResources: { client: CloudFormationClient, command: DescribeStackResourcesCommand },
  ListStackResources: { client: CloudFormationClient, command: ListStackResourcesCommand },
  DescribeStackEvents: { client: CloudFormationClient, command: DescribeStackEventsCommand },
  GetTemplateSummary: { client: CloudFormationClient, command: GetTemplateSummaryCommand },
  ListChangeSets: { client: CloudFormationClient, command: ListChangeSetsCommand },
  DescribeChangeSet: { client: CloudFormationClient, command: DescribeChangeSetCommand },
  ListExports: { client: CloudFormationClient, command: ListExportsCommand },
  DescribeStackResourceDrifts: { client: CloudFormationClient, command: DescribeStackResourceDriftsCommand },
  ListStackSets: { client: CloudFormationClient, command: ListStackSetsCommand },
} as unknown as AwsCommands;
