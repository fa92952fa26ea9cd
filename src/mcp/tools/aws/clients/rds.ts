// Made by build/aws-clients.ts from ../operations/rds.json: change that file, not this one.

import {
  DescribeDBClustersCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBEngineVersionsCommand,
  DescribeDBInstancesCommand,
  DescribeDBLogFilesCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBParametersCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  DescribeEventSubscriptionsCommand,
  DescribePendingMaintenanceActionsCommand,
  ListTagsForResourceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeDBInstances: { client: RDSClient, command: DescribeDBInstancesCommand },
  DescribeDBClusters: { client: RDSClient, command: DescribeDBClustersCommand },
  DescribeDBSnapshots: { client: RDSClient, command: DescribeDBSnapshotsCommand },
  DescribeDBClusterSnapshots: { client: RDSClient, command: DescribeDBClusterSnapshotsCommand },
  DescribeDBSubnetGroups: { client: RDSClient, command: DescribeDBSubnetGroupsCommand },
  DescribeDBParameterGroups: { client: RDSClient, command: DescribeDBParameterGroupsCommand },
  DescribeDBParameters: { client: RDSClient, command: DescribeDBParametersCommand },
  DescribeEvents: { client: RDSClient, command: DescribeEventsCommand },
  DescribeDBEngineVersions: { client: RDSClient, command: DescribeDBEngineVersionsCommand },
  DescribePendingMaintenanceActions: { client: RDSClient, command: DescribePendingMaintenanceActionsCommand },
  ListTagsForResource: { client: RDSClient, command: ListTagsForResourceCommand },
  DescribeDBLogFiles: { client: RDSClient, command: DescribeDBLogFilesCommand },
  DescribeEventSubscriptions: { client: RDSClient, command: DescribeEventSubscriptionsCommand },
} as unknown as AwsCommands;
