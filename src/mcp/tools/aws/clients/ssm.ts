// Made by build/aws-clients.ts from ../operations/ssm.json: change that file, not this one.

import {
  DescribeInstanceInformationCommand,
  DescribeMaintenanceWindowsCommand,
  DescribeParametersCommand,
  ListAssociationsCommand,
  ListDocumentsCommand,
  ListTagsForResourceCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  DescribeParameters: { client: SSMClient, command: DescribeParametersCommand },
  DescribeInstanceInformation: { client: SSMClient, command: DescribeInstanceInformationCommand },
  ListDocuments: { client: SSMClient, command: ListDocumentsCommand },
  ListAssociations: { client: SSMClient, command: ListAssociationsCommand },
  ListTagsForResource: { client: SSMClient, command: ListTagsForResourceCommand },
  DescribeMaintenanceWindows: { client: SSMClient, command: DescribeMaintenanceWindowsCommand },
} as unknown as AwsCommands;
