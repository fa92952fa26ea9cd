// Made by build/aws-clients.ts from ../operations/cloudwatch.json: change that file, not this one.

import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListDashboardsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeAlarms: { client: CloudWatchClient, command: DescribeAlarmsCommand },
  DescribeAlarmsForMetric: { client: CloudWatchClient, command: DescribeAlarmsForMetricCommand },
  DescribeAlarmHistory: { client: CloudWatchClient, command: DescribeAlarmHistoryCommand },
  ListMetrics: { client: CloudWatchClient, command: ListMetricsCommand },
  GetMetricData: { client: CloudWatchClient, command: GetMetricDataCommand },
  GetMetricStatistics: { client: CloudWatchClient, command: GetMetricStatisticsCommand },
  ListDashboards: { client: CloudWatchClient, command: ListDashboardsCommand },
  GetDashboard: { client: CloudWatchClient, command: GetDashboardCommand },
} as unknown as AwsCommands;
