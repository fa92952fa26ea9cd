// Made by build/aws-clients.ts from ../operations/ses.json: change that file, not this one.

import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetEmailIdentityCommand,
  ListConfigurationSetsCommand,
  ListContactListsCommand,
  ListDedicatedIpPoolsCommand,
  ListEmailIdentitiesCommand,
  ListSuppressedDestinationsCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  GetAccount: { client: SESv2Client, command: GetAccountCommand },
  ListEmailIdentities: { client: SESv2Client, command: ListEmailIdentitiesCommand },
  GetEmailIdentity: { client: SESv2Client, command: GetEmailIdentityCommand },
  ListConfigurationSets: { client: SESv2Client, command: ListConfigurationSetsCommand },
  GetConfigurationSet: { client: SESv2Client, command: GetConfigurationSetCommand },
  ListContactLists: { client: SESv2Client, command: ListContactListsCommand },
  ListSuppressedDestinations: { client: SESv2Client, command: ListSuppressedDestinationsCommand },
  ListDedicatedIpPools: { client: SESv2Client, command: ListDedicatedIpPoolsCommand },
} as unknown as AwsCommands;
