// Made by build/aws-clients.ts from ../operations/ecs.json: change that file, not this one.

import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListContainerInstancesCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListClusters: { client: ECSClient, command: ListClustersCommand },
  DescribeClusters: { client: ECSClient, command: DescribeClustersCommand },
  ListServices: { client: ECSClient, command: ListServicesCommand },
  DescribeServices: { client: ECSClient, command: DescribeServicesCommand },
  ListTasks: { client: ECSClient, command: ListTasksCommand },
  DescribeTasks: { client: ECSClient, command: DescribeTasksCommand },
  ListTaskDefinitions: { client: ECSClient, command: ListTaskDefinitionsCommand },
  DescribeTaskDefinition: { client: ECSClient, command: DescribeTaskDefinitionCommand },
  ListContainerInstances: { client: ECSClient, command: ListContainerInstancesCommand },
  DescribeContainerInstances: { client: ECSClient, command: DescribeContainerInstancesCommand },
  ListTagsForResource: { client: ECSClient, command: ListTagsForResourceCommand },
} as unknown as AwsCommands;
