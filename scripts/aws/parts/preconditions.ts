import { existsSync } from 'node:fs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type AwsClients, type CallerIdentity, errorName, ifThere, regionOf, whoAmI } from './aws.ts';
import { hasBucket } from './buckets.ts';
import { type Context, EXIT } from './command.ts';
import type { EnvironmentNames } from './environment.ts';
import { run } from './run.ts';
import { Stop } from './stop.ts';
import { BUNDLE, variableFile } from './terraform.ts';

// What must be there before a command changes anything. All of it is looked at before the first change, and everything that is missing is said
// at once, each with what mends it.

export interface Missing {
  readonly what: string;
  readonly mend: string;
}

const TERRAFORM_MINIMUM = [1, 11] as const;

export async function checkTerraform(): Promise<readonly Missing[]> {
  const install = 'install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install';
  const result = await run('terraform', ['version', '-json']);
  if (result.code !== 0) return [{ what: 'terraform is not installed', mend: install }];
  const { terraform_version: version = '0.0.0' } = JSON.parse(result.stdout) as { terraform_version?: string };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = TERRAFORM_MINIMUM;
  const isOld = major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  return isOld ? [{ what: `terraform ${version} is too old`, mend: install }] : [];
}

export function checkRegion(): readonly Missing[] {
  if (regionOf(process.env) !== undefined) return [];
  return [{ what: 'no AWS region is chosen', mend: 'export AWS_REGION=eu-central-1 (or yours)' }];
}

export function checkBundle(): readonly Missing[] {
  return existsSync(BUNDLE) ? [] : [{ what: `${BUNDLE} is not built`, mend: 'make bundle' }];
}

/** Builds the zip, where the command was told to (`--bundle`): after everything else was found to be there. */
export async function buildBundle({ options, say, environment }: Context): Promise<void> {
  if (options['bundle'] !== true) return;
  say(`Building ${BUNDLE} …`);
  const result = await run(process.execPath, ['build/bundle.ts']);
  if (result.interrupted) throw new Stop(EXIT.interrupted, 'Interrupted. Nothing was changed.');
  if (result.code !== 0) {
    const why = `${result.stdout}${result.stderr}`.trim();
    throw new Stop(EXIT.failed, `The zip cannot be built. Nothing was changed.\n${why}`, {
      next: `make bundle, then this again with ENV=${environment}`,
    });
  }
}

export function checkVariables({ environment }: EnvironmentNames): readonly Missing[] {
  const file = variableFile(environment, 'service');
  return existsSync(file)
    ? []
    : [{ what: `${file} is not there`, mend: 'write it (docs/deployment.md explains each value)' }];
}

export interface Credentials {
  readonly identity: CallerIdentity | undefined;
  readonly missing: readonly Missing[];
}

/** What the SDK throws where it finds nothing to sign with. */
const WITHOUT_CREDENTIALS: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TokenProviderError']);

/** AWS was asked and has refused, or there is nothing to ask with. Else it was not reached. */
function isRefusal(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return WITHOUT_CREDENTIALS.has(errorName(error)) || (status >= 400 && status < 500);
}

const unknownToAws = (error: unknown): Missing => ({
  what: `AWS does not know us (${errorName(error)})`,
  mend: 'sign in (`aws sso login`, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)',
});

function outOfReach(error: unknown): Missing {
  const { code = errorName(error) } = error as { readonly code?: string };
  const endpoint = process.env['AWS_ENDPOINT_URL_STS'] ?? process.env['AWS_ENDPOINT_URL'];
  const where = endpoint === undefined ? `in the region ${regionOf(process.env)}` : `at ${endpoint}`;
  const setting = endpoint === undefined ? 'is AWS_REGION right (as in eu-central-1)' : 'is AWS_ENDPOINT_URL right';
  return { what: `AWS cannot be reached ${where} (${code})`, mend: `${setting}, and is there a network?` };
}

export async function checkCredentials(aws: Pick<AwsClients, 'sts'>): Promise<Credentials> {
  try {
    return { identity: await whoAmI(aws), missing: [] };
  } catch (error) {
    return { identity: undefined, missing: [isRefusal(error) ? unknownToAws(error) : outOfReach(error)] };
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['403', 'AccessDenied', 'AccessDeniedException', 'Forbidden']);

/** Who may not look at a thing cannot say that it is missing: then whoever uses it will. */
async function isThere(call: Promise<boolean>): Promise<boolean> {
  try {
    return await call;
  } catch (error) {
    if (REFUSALS.has(errorName(error))) return true;
    throw error;
  }
}

const hasKey = async ({ kms }: Pick<AwsClients, 'kms'>, alias: string): Promise<boolean> =>
  (await ifThere(kms.send(new DescribeKeyCommand({ KeyId: alias })))) !== undefined;

/** Whether the foundation was applied: its bucket and its keys are there. */
export async function checkFoundation(
  aws: Pick<AwsClients, 's3' | 'kms'>,
  names: EnvironmentNames,
  account: string,
): Promise<readonly Missing[]> {
  const mend = `make bootstrap ENV=${names.environment}`;
  const bucket = names.stateBucket(account);
  const [bucketIsThere, keyIsThere] = await Promise.all([
    isThere(hasBucket(aws, bucket)),
    isThere(hasKey(aws, names.keyAlias('secrets'))),
  ]);
  return [
    ...(bucketIsThere ? [] : [{ what: `the state bucket ${bucket} is not there`, mend }]),
    ...(keyIsThere ? [] : [{ what: `the key ${names.keyAlias('secrets')} is not there`, mend }]),
  ];
}

/** Throws `Stop` (missing) with everything that is missing; what mends several of them is said once. */
export function demand(missing: readonly Missing[]): void {
  if (missing.length === 0) return;
  const lines = missing.map(({ what, mend }) => `- ${what}: ${mend}`);
  throw new Stop(EXIT.missing, `Something is missing, and nothing was changed:\n${lines.join('\n')}`, {
    next: missing[0]?.mend ?? '',
  });
}

export const BUNDLE_OPTION = { bundle: { type: 'boolean', help: `build ${BUNDLE} first` } } as const;

export interface Needs {
  readonly terraform?: boolean;
  readonly foundation?: boolean;
  readonly bundle?: boolean;
  /** The environment's values for the service. */
  readonly variables?: boolean;
}

/** Region and credentials always; the rest as asked. Answers who we are. */
export async function preconditions(
  aws: () => AwsClients,
  names: EnvironmentNames,
  needs: Needs,
): Promise<CallerIdentity> {
  const here = [
    ...(needs.terraform === true ? await checkTerraform() : []),
    ...checkRegion(),
    ...(needs.bundle === true ? checkBundle() : []),
    ...(needs.variables === true ? checkVariables(names) : []),
  ];
  if (checkRegion().length > 0) demand(here);
  const { identity, missing } = await checkCredentials(aws());
  const there =
    identity === undefined || needs.foundation !== true ? [] : await checkFoundation(aws(), names, identity.account);
  demand([...here, ...missing, ...there]);
  if (identity === undefined) throw new Stop(EXIT.missing, 'AWS does not know us.');
  return identity;
}
