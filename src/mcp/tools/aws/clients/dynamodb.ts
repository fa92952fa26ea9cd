// Made by build/aws-clients.ts from ../operations/dynamodb.json: change that file, not this one.

import {
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListBackupsCommand,
  ListGlobalTablesCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListTables: { client: DynamoDBClient, command: ListTablesCommand },
  DescribeTable: { client: DynamoDBClient, command: DescribeTableCommand },
  DescribeContinuousBackups: { client: DynamoDBClient, command: DescribeContinuousBackupsCommand },
  DescribeTimeToLive: { client: DynamoDBClient, command: DescribeTimeToLiveCommand },
  ListTagsOfResource: { client: DynamoDBClient, command: ListTagsOfResourceCommand },
  DescribeLimits: { client: DynamoDBClient, command: DescribeLimitsCommand },
  ListBackups: { client: DynamoDBClient, command: ListBackupsCommand },
  DescribeBackup: { client: DynamoDBClient, command: DescribeBackupCommand },
  ListGlobalTables: { client: DynamoDBClient, command: ListGlobalTablesCommand },
} as unknown as AwsCommands;
