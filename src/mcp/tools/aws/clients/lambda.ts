// Made by build/aws-clients.ts from ../operations/lambda.json: change that file, not this one.

import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  ListAliasesCommand,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  ListFunctionUrlConfigsCommand,
  ListLayersCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListFunctions: { client: LambdaClient, command: ListFunctionsCommand },
  GetFunctionConfiguration: { client: LambdaClient, command: GetFunctionConfigurationCommand },
  ListAliases: { client: LambdaClient, command: ListAliasesCommand },
  ListVersionsByFunction: { client: LambdaClient, command: ListVersionsByFunctionCommand },
  ListEventSourceMappings: { client: LambdaClient, command: ListEventSourceMappingsCommand },
  GetFunctionConcurrency: { client: LambdaClient, command: GetFunctionConcurrencyCommand },
  GetPolicy: { client: LambdaClient, command: GetPolicyCommand },
  ListTags: { client: LambdaClient, command: ListTagsCommand },
  GetAccountSettings: { client: LambdaClient, command: GetAccountSettingsCommand },
  ListFunctionUrlConfigs: { client: LambdaClient, command: ListFunctionUrlConfigsCommand },
  ListLayers: { client: LambdaClient, command: ListLayersCommand },
  ListProvisionedConcurrencyConfigs: { client: LambdaClient, command: ListProvisionedConcurrencyConfigsCommand },
} as unknown as AwsCommands;
