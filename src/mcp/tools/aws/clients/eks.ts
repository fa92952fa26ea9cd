// Made by build/aws-clients.ts from ../operations/eks.json: change that file, not this one.

import {
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeFargateProfileCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListAddonsCommand,
  ListClustersCommand,
  ListFargateProfilesCommand,
  ListNodegroupsCommand,
  ListUpdatesCommand,
} from '@aws-sdk/client-eks';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListClusters: { client: EKSClient, command: ListClustersCommand },
  DescribeCluster: { client: EKSClient, command: DescribeClusterCommand },
  ListNodegroups: { client: EKSClient, command: ListNodegroupsCommand },
  DescribeNodegroup: { client: EKSClient, command: DescribeNodegroupCommand },
  ListAddons: { client: EKSClient, command: ListAddonsCommand },
  DescribeAddon: { client: EKSClient, command: DescribeAddonCommand },
  ListFargateProfiles: { client: EKSClient, command: ListFargateProfilesCommand },
  DescribeFargateProfile: { client: EKSClient, command: DescribeFargateProfileCommand },
  ListUpdates: { client: EKSClient, command: ListUpdatesCommand },
  DescribeUpdate: { client: EKSClient, command: DescribeUpdateCommand },
} as unknown as AwsCommands;
