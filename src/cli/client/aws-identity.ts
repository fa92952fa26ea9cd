import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';

// Who this computer's user is to AWS: one profile, its region, and what to do when it does not work. Nothing is asked before the first tool needs
// it, and what is mended in the meantime (a new sign-in, a new key in the file) counts from the next call on: nobody has to start their IDE again.

type Environment = Readonly<Record<string, string | undefined>>;

export interface AwsIdentityOptions {
  readonly profile?: string;
  readonly region?: string;
  /** Where neither a flag, nor the environment, nor the profile says. */
  readonly fallbackRegion?: string;
  readonly environment: Environment;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration: Date;
}

export interface AwsIdentity {
  /** Rejects with AppError `unauthenticated`, whose message says what to run and whose `details.code` is the AWS tools' word for it. */
  readonly credentials: () => Promise<AwsCredentials>;
  /** Rejects with AppError `invalid_request` where no region is known. */
  readonly region: () => Promise<string>;
}

/** Temporary credentials are asked for anew when they have less than this left. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Keys without an end may be replaced in their file at any time: they are read again at each use. */
const READ_AGAIN_MS = 60_000;
/** Last in the order comes the metadata service of an instance, which a desk has none of: no long wait for it. */
const NO_INSTANCE = { timeout: 500, maxRetries: 0 } as const;

const file = (environment: Environment, variable: string, name: string): string =>
  environment[variable] || join(environment['HOME'] || homedir(), '.aws', name);

/** The sections of the two files, as the AWS command line reads them. */
export function profileNames(environment: Environment): readonly string[] {
  const found = new Set<string>();
  const files = [
    [file(environment, 'AWS_CONFIG_FILE', 'config'), /^\s*\[\s*(?:profile\s+["']?([^\]"']+?)["']?|(default))\s*\]/gm],
    [file(environment, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials'), /^\s*\[\s*([^\]]+?)\s*\]/gm],
  ] as const;
  for (const [path, section] of files) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      continue;
    }
    for (const match of text.matchAll(section)) found.add(match[1] ?? match[2] ?? '');
  }
  return [...found].filter((name) => name !== '').sort();
}

/** Whose rights a profile takes over, as its section says. */
function sourceProfile(profile: string, environment: Environment): string | undefined {
  let text: string;
  try {
    text = readFileSync(file(environment, 'AWS_CONFIG_FILE', 'config'), 'utf8');
  } catch {
    return undefined;
  }
  const sections = text.split(/^(?=\s*\[)/m);
  const heading = (section: string): string =>
    /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(section)?.[1] ?? '';
  const own = sections.find((section) => heading(section) === profile);
  return /^[ \t]*source_profile[ \t]*=[ \t]*(\S.*?)[ \t]*$/m.exec(own ?? '')?.[1];
}

function missing(code: 'credentials_missing' | 'credentials_expired', message: string, cause?: unknown): AppError {
  return new AppError('unauthenticated', message, { cause, details: { code } });
}

const words = (error: unknown): string => (error instanceof Error ? error.message : '');

/** What the SDK says when it finds no credentials, as something a person can do. */
export function explainCredentials(
  error: unknown,
  { profile, environment }: Pick<AwsIdentityOptions, 'profile' | 'environment'>,
): AppError {
  const known = profileNames(environment);
  const named = profile ?? environment['AWS_PROFILE'];
  const login = `\`aws sso login${named === undefined ? '' : ` --profile ${named}`}\``;
  if (named !== undefined && named !== '' && !known.includes(named)) {
    const choice = known.length === 0 ? 'There is none on this computer' : `There are: ${known.join(', ')}`;
    const mend = `Name one of these by --profile, or make it: \`aws configure sso --profile ${named}\``;
    return missing('credentials_missing', `There is no AWS profile "${named}". ${choice}. ${mend}.`, error);
  }
  const source = named === undefined ? undefined : sourceProfile(named, environment);
  if (source !== undefined && !known.includes(source)) {
    const what = `The AWS profile "${named}" takes its rights from "${source}" (source_profile in ~/.aws/config)`;
    const mend = `Name one of: ${known.join(', ')}, or make it: \`aws configure --profile ${source}\``;
    return missing('credentials_missing', `${what}, which is not there. ${mend}.`, error);
  }
  if (/expired|sso session|is invalid|Token is|refresh/i.test(words(error))) {
    const whose = named === undefined ? '' : ` of the profile "${named}"`;
    return missing('credentials_expired', `The AWS sign-in${whose} has ended. Run ${login}, then ask again.`, error);
  }
  if (named !== undefined && named !== '') {
    const text = `The AWS profile "${named}" gives no credentials. Run ${login}, or \`aws configure --profile ${named}\`.`;
    return missing('credentials_missing', text, error);
  }
  const choice = known.length === 0 ? '' : ` Profiles on this computer: ${known.join(', ')}.`;
  return missing(
    'credentials_missing',
    `There are no AWS credentials. Name a profile by --profile or AWS_PROFILE, or run \`aws configure sso\`.${choice}`,
    error,
  );
}

export function createAwsIdentity(options: AwsIdentityOptions): AwsIdentity {
  const { profile, fallbackRegion } = options;
  let known: AwsCredentials | undefined;

  async function load(): Promise<AwsCredentials> {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    const own = profile === undefined ? {} : { profile };
    try {
      // The SDK's own order: environment, profile (SSO, assumed roles, processes), container, instance. A named profile comes alone.
      const given = await defaultProvider({ ...own, ...NO_INSTANCE, ignoreCache: true })();
      const expiration = given.expiration ?? new Date(Date.now() + READ_AGAIN_MS);
      return { ...given, expiration };
    } catch (error) {
      throw explainCredentials(error, options);
    }
  }

  async function findRegion(): Promise<string> {
    const { STSClient } = await import('@aws-sdk/client-sts');
    const client = new STSClient(profile === undefined ? {} : { profile });
    try {
      return await client.config.region();
    } catch (cause) {
      if (fallbackRegion !== undefined) return fallbackRegion;
      const mend = 'Name one by --region or AWS_REGION, in the profile, or in sallyport.json (such as eu-central-1).';
      throw new AppError('invalid_request', `No AWS region is known. ${mend}`, { cause });
    } finally {
      client.destroy();
    }
  }

  return {
    async credentials() {
      if (known !== undefined && known.expiration.getTime() - Date.now() > RENEW_BEFORE_MS) return known;
      known = await load();
      return known;
    },
    region: async () => options.region ?? findRegion(),
  };
}
