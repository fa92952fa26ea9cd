// Made by build/aws-clients.ts from ../operations/sts.json: change that file, not this one.

import {
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  GetCallerIdentity: { client: STSClient, command: GetCallerIdentityCommand },
} as unknown as AwsCommands;
