import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { ResourceGroupsTaggingAPIClient, TagResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import type { AwsCommands } from '../aws-service.ts';

// All that these tools can send that changes something. A chunk of its own: it is loaded when the first write runs, and nowhere else.

export const commands = {
  TagResources: { client: ResourceGroupsTaggingAPIClient, command: TagResourcesCommand },
  UpdateService: { client: ECSClient, command: UpdateServiceCommand },
} as unknown as AwsCommands;
