import { CreateAliasCommand, GetAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import { type AwsClients, ifThere } from './aws.ts';
import { type EnvironmentNames, FUNCTIONS, type FunctionKey } from './environment.ts';
import { describeVersions, differingFrom, type LiveVersions } from './live-versions.ts';

// Which versions were live together when every door answered as it should, and which were before those. Numbers alone do not say it: the one
// below may have failed, and a function that a deployment left alone has none of that deployment. The record is two aliases of one function
// that is always there, with the whole set in their descriptions: who may deploy may write it, it ends with the function, no door leads to it.

export interface TriedVersions {
  /** Empty where none are known. */
  readonly last: LiveVersions;
  /** Those to go back to from `last`. Empty where none are known. */
  readonly before: LiveVersions;
}

const HOLDER: FunctionKey = 'agent';
const LAST = 'tried';
const BEFORE = 'tried-before';

type Lambda = Pick<AwsClients, 'lambda'>;

/** As `describeVersions` writes it. */
export function parseVersions(text: string): LiveVersions {
  const pairs = text.split(', ').map((one) => one.split(' '));
  const known = ([key, version = '']: readonly string[]): boolean =>
    FUNCTIONS.some((one) => one === key) && /^[1-9]\d*$/.test(version);
  return Object.fromEntries(pairs.filter(known));
}

async function read({ lambda }: Lambda, names: EnvironmentNames, alias: string): Promise<LiveVersions> {
  const command = new GetAliasCommand({ FunctionName: names.functionName(HOLDER), Name: alias });
  return parseVersions((await ifThere(lambda.send(command)))?.Description ?? '');
}

async function write({ lambda }: Lambda, names: EnvironmentNames, [alias, versions]: readonly [string, LiveVersions]) {
  const settings = {
    FunctionName: names.functionName(HOLDER),
    Name: alias,
    FunctionVersion: versions[HOLDER],
    Description: describeVersions(versions),
  };
  const updated = await ifThere(lambda.send(new UpdateAliasCommand(settings)));
  if (updated === undefined) await lambda.send(new CreateAliasCommand(settings));
}

export async function readTried(aws: Lambda, names: EnvironmentNames): Promise<TriedVersions> {
  const [last, before] = await Promise.all([read(aws, names, LAST), read(aws, names, BEFORE)]);
  return { last, before };
}

const isEmpty = (versions: LiveVersions): boolean => Object.keys(versions).length === 0;

/** After a deployment whose doors answer: those that were tried last become the ones to go back to, whatever was live in between. */
export async function noteDeployed(aws: Lambda, names: EnvironmentNames, live: LiveVersions): Promise<void> {
  const { last } = await readTried(aws, names);
  if (describeVersions(last) === describeVersions(live)) return;
  // In this order: stopped in between, the ones to go back to are still some that were tried.
  if (!isEmpty(last)) await write(aws, names, [BEFORE, last]);
  await write(aws, names, [LAST, live]);
}

/** After a rollback whose doors answer: nobody goes back to what it left. */
export const noteWentBack = (aws: Lambda, names: EnvironmentNames, live: LiveVersions): Promise<void> =>
  write(aws, names, [LAST, live]);

/** What of `live` has to change to go back, as one set; undefined where no such set is known. What is in no set stays as it is. */
export function versionsBack(live: LiveVersions, { last, before }: TriedVersions): LiveVersions | undefined {
  // Newer than any that was tried: a deployment that was interrupted, or not to be tried.
  const isUntried = Object.entries(live).some(
    ([key, version]) => Number(version) > Number(last[key as FunctionKey] ?? 0),
  );
  const target = isUntried ? last : before;
  if (isEmpty(target)) return undefined;
  const here = Object.entries(target).filter(([key]) => live[key as FunctionKey] !== undefined);
  return differingFrom(live, Object.fromEntries(here));
}
