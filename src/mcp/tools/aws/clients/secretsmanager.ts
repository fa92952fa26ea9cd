// Made by build/aws-clients.ts from ../operations/secretsmanager.json: change that file, not this one.

import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListSecrets: { client: SecretsManagerClient, command: ListSecretsCommand },
  DescribeSecret: { client: SecretsManagerClient, command: DescribeSecretCommand },
  GetResourcePolicy: { client: SecretsManagerClient, command: GetResourcePolicyCommand },
  ListSecretVersionIds: { client: SecretsManagerClient, command: ListSecretVersionIdsCommand },
} as unknown as AwsCommands;
