// Made by build/aws-clients.ts from ../operations/apigateway.json: change that file, not this one.

import {
  APIGatewayClient,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetUsagePlansCommand,
} from '@aws-sdk/client-api-gateway';
import {
  ApiGatewayV2Client,
  GetApiCommand,
  GetApiMappingsCommand,
  GetApisCommand,
  GetAuthorizersCommand,
  GetDeploymentsCommand,
  GetDomainNameCommand,
  GetDomainNamesCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStageCommand,
  GetStagesCommand,
} from '@aws-sdk/client-apigatewayv2';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  GetApis: { client: ApiGatewayV2Client, command: GetApisCommand },
  GetApi: { client: ApiGatewayV2Client, command: GetApiCommand },
  GetStages: { client: ApiGatewayV2Client, command: GetStagesCommand },
  GetStage: { client: ApiGatewayV2Client, command: GetStageCommand },
  GetRoutes: { client: ApiGatewayV2Client, command: GetRoutesCommand },
  GetIntegrations: { client: ApiGatewayV2Client, command: GetIntegrationsCommand },
  GetDomainNames: { client: ApiGatewayV2Client, command: GetDomainNamesCommand },
  GetDomainName: { client: ApiGatewayV2Client, command: GetDomainNameCommand },
  GetApiMappings: { client: ApiGatewayV2Client, command: GetApiMappingsCommand },
  GetAuthorizers: { client: ApiGatewayV2Client, command: GetAuthorizersCommand },
  GetDeployments: { client: ApiGatewayV2Client, command: GetDeploymentsCommand },
  GetRestApis: { client: APIGatewayClient, command: GetRestApisCommand },
  GetRestApi: { client: APIGatewayClient, command: GetRestApiCommand },
  GetResources: { client: APIGatewayClient, command: GetResourcesCommand },
  GetUsagePlans: { client: APIGatewayClient, command: GetUsagePlansCommand },
} as unknown as AwsCommands;
