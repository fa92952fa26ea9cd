// Made by build/aws-clients.ts from ../operations/sagemaker.json: change that file, not this one.

import {
  DescribeEndpointCommand,
  DescribeModelCommand,
  DescribeNotebookInstanceCommand,
  DescribeTrainingJobCommand,
  ListDomainsCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  ListNotebookInstancesCommand,
  ListPipelinesCommand,
  ListTrainingJobsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListEndpoints: { client: SageMakerClient, command: ListEndpointsCommand },
  DescribeEndpoint: { client: SageMakerClient, command: DescribeEndpointCommand },
  ListModels: { client: SageMakerClient, command: ListModelsCommand },
  DescribeModel: { client: SageMakerClient, command: DescribeModelCommand },
  ListTrainingJobs: { client: SageMakerClient, command: ListTrainingJobsCommand },
  DescribeTrainingJob: { client: SageMakerClient, command: DescribeTrainingJobCommand },
  ListNotebookInstances: { client: SageMakerClient, command: ListNotebookInstancesCommand },
  DescribeNotebookInstance: { client: SageMakerClient, command: DescribeNotebookInstanceCommand },
  ListDomains: { client: SageMakerClient, command: ListDomainsCommand },
  ListPipelines: { client: SageMakerClient, command: ListPipelinesCommand },
} as unknown as AwsCommands;
