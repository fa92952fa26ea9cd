// Made by build/aws-clients.ts from ../operations/cost_explorer.json: change that file, not this one.

import {
  CostExplorerClient,
  GetAnomaliesCommand,
  GetCostAndUsageCommand,
  GetCostForecastCommand,
  GetDimensionValuesCommand,
  GetReservationUtilizationCommand,
  GetRightsizingRecommendationCommand,
  GetSavingsPlansUtilizationCommand,
  GetTagsCommand,
} from '@aws-sdk/client-cost-explorer';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  GetCostAndUsage: { client: CostExplorerClient, command: GetCostAndUsageCommand },
  GetCostForecast: { client: CostExplorerClient, command: GetCostForecastCommand },
  GetDimensionValues: { client: CostExplorerClient, command: GetDimensionValuesCommand },
  GetTags: { client: CostExplorerClient, command: GetTagsCommand },
  GetReservationUtilization: { client: CostExplorerClient, command: GetReservationUtilizationCommand },
  GetSavingsPlansUtilization: { client: CostExplorerClient, command: GetSavingsPlansUtilizationCommand },
  GetAnomalies: { client: CostExplorerClient, command: GetAnomaliesCommand },
  GetRightsizingRecommendation: { client: CostExplorerClient, command: GetRightsizingRecommendationCommand },
} as unknown as AwsCommands;
