// Made by build/aws-clients.ts from ../operations/elb.json: change that file, not this one.

import {
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeLoadBalancers: { client: ElasticLoadBalancingV2Client, command: DescribeLoadBalancersCommand },
  DescribeTargetGroups: { client: ElasticLoadBalancingV2Client, command: DescribeTargetGroupsCommand },
  DescribeTargetHealth: { client: ElasticLoadBalancingV2Client, command: DescribeTargetHealthCommand },
  DescribeListeners: { client: ElasticLoadBalancingV2Client, command: DescribeListenersCommand },
  DescribeRules: { client: ElasticLoadBalancingV2Client, command: DescribeRulesCommand },
  DescribeLoadBalancerAttributes: { client: ElasticLoadBalancingV2Client, command: DescribeLoadBalancerAttributesCommand },
  DescribeTargetGroupAttributes: { client: ElasticLoadBalancingV2Client, command: DescribeTargetGroupAttributesCommand },
  DescribeListenerCertificates: { client: ElasticLoadBalancingV2Client, command: DescribeListenerCertificatesCommand },
  DescribeTags: { client: ElasticLoadBalancingV2Client, command: DescribeTagsCommand },
} as unknown as AwsCommands;
