// Made by build/aws-clients.ts from ../operations/route53.json: change that file, not this one.

import {
  GetHealthCheckStatusCommand,
  GetHostedZoneCommand,
  GetHostedZoneCountCommand,
  ListHealthChecksCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListHostedZones: { client: Route53Client, command: ListHostedZonesCommand },
  GetHostedZone: { client: Route53Client, command: GetHostedZoneCommand },
  ListResourceRecordSets: { client: Route53Client, command: ListResourceRecordSetsCommand },
  ListHealthChecks: { client: Route53Client, command: ListHealthChecksCommand },
  GetHealthCheckStatus: { client: Route53Client, command: GetHealthCheckStatusCommand },
  GetHostedZoneCount: { client: Route53Client, command: GetHostedZoneCountCommand },
  ListHostedZonesByName: { client: Route53Client, command: ListHostedZonesByNameCommand },
} as unknown as AwsCommands;
