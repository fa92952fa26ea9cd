// Made by build/aws-clients.ts from ../operations/logs.json: change that file, not this one.

import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  GetQueryResultsCommand,
  ListTagsForResourceCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeLogGroups: { client: CloudWatchLogsClient, command: DescribeLogGroupsCommand },
  DescribeLogStreams: { client: CloudWatchLogsClient, command: DescribeLogStreamsCommand },
  FilterLogEvents: { client: CloudWatchLogsClient, command: FilterLogEventsCommand },
  GetLogEvents: { client: CloudWatchLogsClient, command: GetLogEventsCommand },
  StartQuery: { client: CloudWatchLogsClient, command: StartQueryCommand },
  GetQueryResults: { client: CloudWatchLogsClient, command: GetQueryResultsCommand },
  DescribeMetricFilters: { client: CloudWatchLogsClient, command: DescribeMetricFiltersCommand },
  DescribeSubscriptionFilters: { client: CloudWatchLogsClient, command: DescribeSubscriptionFiltersCommand },
  ListTagsForResource: { client: CloudWatchLogsClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
