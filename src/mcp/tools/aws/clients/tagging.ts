// Made by build/aws-clients.ts from ../operations/tagging.json: change that file, not this one.

import {
  GetResourcesCommand,
  GetTagKeysCommand,
  GetTagValuesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  GetResources: { client: ResourceGroupsTaggingAPIClient, command: GetResourcesCommand },
  GetTagKeys: { client: ResourceGroupsTaggingAPIClient, command: GetTagKeysCommand },
  GetTagValues: { client: ResourceGroupsTaggingAPIClient, command: GetTagValuesCommand },
} as unknown as AwsCommands;
