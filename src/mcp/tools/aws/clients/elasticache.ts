// Made by build/aws-clients.ts from ../operations/elasticache.json: change that file, not this one.

import {
  DescribeCacheClustersCommand,
  DescribeCacheSubnetGroupsCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  DescribeServerlessCachesCommand,
  DescribeSnapshotsCommand,
  DescribeUserGroupsCommand,
  DescribeUsersCommand,
  ElastiCacheClient,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-elasticache';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeCacheClusters: { client: ElastiCacheClient, command: DescribeCacheClustersCommand },
  DescribeReplicationGroups: { client: ElastiCacheClient, command: DescribeReplicationGroupsCommand },
  DescribeServerlessCaches: { client: ElastiCacheClient, command: DescribeServerlessCachesCommand },
  DescribeCacheSubnetGroups: { client: ElastiCacheClient, command: DescribeCacheSubnetGroupsCommand },
  DescribeSnapshots: { client: ElastiCacheClient, command: DescribeSnapshotsCommand },
  DescribeEvents: { client: ElastiCacheClient, command: DescribeEventsCommand },
  DescribeUsers: { client: ElastiCacheClient, command: DescribeUsersCommand },
  DescribeUserGroups: { client: ElastiCacheClient, command: DescribeUserGroupsCommand },
  ListTagsForResource: { client: ElastiCacheClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
