import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda';
import { type AwsClients, ifThere } from './aws.ts';
import { type EnvironmentNames, FUNCTIONS, type FunctionKey, LIVE } from './environment.ts';

// Which version of each function its callers reach, and which there are to go back to.

export type LiveVersions = Readonly<Partial<Record<FunctionKey, string>>>;

/** Functions that are not deployed are not in it. */
export async function readLiveVersions(
  { lambda }: Pick<AwsClients, 'lambda'>,
  names: EnvironmentNames,
): Promise<LiveVersions> {
  const found = await Promise.all(
    FUNCTIONS.map(async (key) => {
      const command = new GetAliasCommand({ FunctionName: names.functionName(key), Name: LIVE });
      const alias = await ifThere(lambda.send(command));
      return [key, alias?.FunctionVersion] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, version]) => version !== undefined));
}

/** Published versions, the newest first. */
export async function listVersions(
  { lambda }: Pick<AwsClients, 'lambda'>,
  functionName: string,
): Promise<readonly number[]> {
  const versions: number[] = [];
  for await (const page of paginateListVersionsByFunction({ client: lambda }, { FunctionName: functionName })) {
    for (const { Version = '' } of page.Versions ?? []) if (/^\d+$/.test(Version)) versions.push(Number(Version));
  }
  return versions.sort((left, right) => right - left);
}

/** A function's settings as deployed: names of parameters and plain values, never a secret. */
export async function readFunctionSettings(
  { lambda }: Pick<AwsClients, 'lambda'>,
  functionName: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: LIVE });
  return (await ifThere(lambda.send(command)))?.Environment?.Variables;
}

export const describeVersions = (versions: LiveVersions): string =>
  Object.entries(versions)
    .map(([key, version]) => `${key} ${version}`)
    .join(', ');

/** Those of `wanted` that differ from what is live. */
export const differingFrom = (live: LiveVersions, wanted: LiveVersions): LiveVersions =>
  Object.fromEntries(Object.entries(wanted).filter(([key, version]) => live[key as FunctionKey] !== version));
