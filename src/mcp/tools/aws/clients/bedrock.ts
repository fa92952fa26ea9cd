// Made by build/aws-clients.ts from ../operations/bedrock.json: change that file, not this one.

import {
  BedrockClient,
  GetFoundationModelCommand,
  GetGuardrailCommand,
  GetModelInvocationLoggingConfigurationCommand,
  ListCustomModelsCommand,
  ListFoundationModelsCommand,
  ListGuardrailsCommand,
  ListInferenceProfilesCommand,
  ListProvisionedModelThroughputsCommand,
} from '@aws-sdk/client-bedrock';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListFoundationModels: { client: BedrockClient, command: ListFoundationModelsCommand },
  GetFoundationModel: { client: BedrockClient, command: GetFoundationModelCommand },
  ListCustomModels: { client: BedrockClient, command: ListCustomModelsCommand },
  ListInferenceProfiles: { client: BedrockClient, command: ListInferenceProfilesCommand },
  ListGuardrails: { client: BedrockClient, command: ListGuardrailsCommand },
  GetGuardrail: { client: BedrockClient, command: GetGuardrailCommand },
  ListProvisionedModelThroughputs: { client: BedrockClient, command: ListProvisionedModelThroughputsCommand },
  GetModelInvocationLoggingConfiguration: { client: BedrockClient, command: GetModelInvocationLoggingConfigurationCommand },
} as unknown as AwsCommands;
