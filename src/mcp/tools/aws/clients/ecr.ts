// Made by build/aws-clients.ts from ../operations/ecr.json: change that file, not this one.

import {
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeRepositories: { client: ECRClient, command: DescribeRepositoriesCommand },
  DescribeImages: { client: ECRClient, command: DescribeImagesCommand },
  ListImages: { client: ECRClient, command: ListImagesCommand },
  DescribeImageScanFindings: { client: ECRClient, command: DescribeImageScanFindingsCommand },
  GetRepositoryPolicy: { client: ECRClient, command: GetRepositoryPolicyCommand },
  GetLifecyclePolicy: { client: ECRClient, command: GetLifecyclePolicyCommand },
  DescribeRegistry: { client: ECRClient, command: DescribeRegistryCommand },
  ListTagsForResource: { client: ECRClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
