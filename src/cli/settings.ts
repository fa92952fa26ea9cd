import { AppError } from '../kernel/app-error.ts';
import type { LocalFile } from './client/local-file.ts';
import type { ConfigFile } from './config-file.ts';
import { UsageError } from './exit-codes.ts';

// What the commands go by. A flag is stronger than the environment, that than the system which runs on this machine, that than the person's own
// file. Tokens are an exception: one from a file goes to that file's address and to no other, wherever an address came from.

export type Source = 'flag' | 'environment' | 'local' | 'config' | 'default';

export interface Chosen<Value> {
  readonly value: Value;
  readonly from: Source;
}

/** As commander has them. */
export interface GlobalFlags {
  readonly home?: string;
  readonly config?: string;
  readonly agentUrl?: string;
  readonly oauthUrl?: string;
  readonly sigv4?: boolean;
  readonly profile?: string;
  readonly region?: string;
  readonly timeout?: string;
  readonly retries?: string;
}

export interface Settings {
  readonly agentUrl: Chosen<string> | undefined;
  readonly oauthUrl: Chosen<string> | undefined;
  /** Proves the person to the Agent API. */
  readonly token: Chosen<string> | undefined;
  /** Proves the person to the OAuth API, and may say yes. */
  readonly confirmToken: Chosen<string> | undefined;
  /** IANA name. */
  readonly timeZone: Chosen<string>;
  /** Requests to the Agent API are signed with AWS credentials. */
  readonly sigv4: Chosen<boolean>;
  readonly profile: Chosen<string> | undefined;
  readonly region: Chosen<string> | undefined;
  /** The longest wait for an answer, in seconds; without one each request has its own. */
  readonly timeout: Chosen<number> | undefined;
  readonly retries: Chosen<number>;
}

export interface SettingSources {
  readonly flags: GlobalFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly local: LocalFile | undefined;
  readonly config: ConfigFile | undefined;
}

const DEFAULT_RETRIES = 3;

type Candidate<Value> = readonly [Source, Value | undefined];

function first<Value>(...candidates: readonly Candidate<Value>[]): Chosen<Value> | undefined {
  for (const [from, value] of candidates) if (value !== undefined && value !== '') return { value, from };
  return undefined;
}

function address(name: string, chosen: Chosen<string> | undefined): Chosen<string> | undefined {
  if (chosen === undefined) return undefined;
  const url = URL.canParse(chosen.value) ? new URL(chosen.value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new AppError('misconfigured', `${name} is an address such as https://agent.example.com.`);
  }
  return { ...chosen, value: chosen.value.replace(/\/+$/, '') };
}

function number(name: string, text: string | undefined, [least, most]: readonly [number, number]): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  const words = `${name} takes a number from ${least} to ${most}.`;
  throw name.startsWith('--') ? new UsageError(words) : new AppError('invalid_request', words);
}

function onOff(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new AppError('misconfigured', `${name} is on or off.`);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function zone(chosen: Chosen<string>): Chosen<string> {
  if (isTimeZone(chosen.value)) return chosen;
  throw new AppError('misconfigured', `${chosen.value} is no IANA time zone, such as Europe/Berlin.`);
}

interface FileToken {
  readonly from: Source;
  readonly url: string | undefined;
  readonly token: string | undefined;
}

/** The one that the environment gives, else that of a file which names the same address. */
function tokenFor(
  url: Chosen<string> | undefined,
  given: string | undefined,
  files: readonly FileToken[],
): Chosen<string> | undefined {
  const fitting = files.filter((file) => url !== undefined && file.url?.replace(/\/+$/, '') === url.value);
  return first(['environment', given], ...fitting.map(({ from, token }) => [from, token] as const));
}

function wholeRetries(chosen: Chosen<number>): Chosen<number> {
  if (Number.isInteger(chosen.value)) return chosen;
  const words = 'Retries are counted in whole numbers.';
  throw chosen.from === 'flag' ? new UsageError(words) : new AppError('invalid_request', words);
}

/** Throws AppError for the first value that makes no sense. */
export function resolveSettings({ flags, environment, local, config }: SettingSources): Settings {
  const agentUrl = address(
    'The Agent API',
    first<string>(
      ['flag', flags.agentUrl],
      ['environment', environment['SALLYPORT_AGENT_URL']],
      ['local', local?.agent.url],
      ['config', config?.agent_url],
    ),
  );
  const oauthUrl = address(
    'The OAuth API',
    first<string>(
      ['flag', flags.oauthUrl],
      ['environment', environment['SALLYPORT_OAUTH_URL']],
      ['local', local?.oauth.url],
      ['config', config?.oauth_url],
    ),
  );
  const profile = first<string>(
    ['flag', flags.profile],
    ['environment', environment['AWS_PROFILE']],
    ['config', config?.profile],
  );
  const region = first<string>(
    ['flag', flags.region],
    ['environment', environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']],
    ['config', config?.region],
  );
  // Naming an AWS profile or region on the command line says that AWS shall be asked with it.
  const wished = flags.sigv4 ?? (flags.profile !== undefined || flags.region !== undefined ? true : undefined);
  return {
    agentUrl,
    oauthUrl,
    token: tokenFor(agentUrl, environment['SALLYPORT_TOKEN'], [
      { from: 'local', url: local?.agent.url, token: local?.agent.token },
      { from: 'config', url: config?.agent_url, token: config?.token },
    ]),
    confirmToken: tokenFor(oauthUrl, environment['SALLYPORT_CONFIRM_TOKEN'], [
      { from: 'local', url: local?.oauth.url, token: local?.oauth.token },
      { from: 'config', url: config?.oauth_url, token: config?.confirm_token },
    ]),
    timeZone: zone(
      first<string>(['environment', environment['SALLYPORT_TIME_ZONE']], ['config', config?.time_zone]) ?? {
        value: Intl.DateTimeFormat().resolvedOptions().timeZone,
        from: 'default',
      },
    ),
    sigv4: first<boolean>(
      ['flag', wished],
      ['environment', onOff('SALLYPORT_SIGV4', environment['SALLYPORT_SIGV4'])],
      ['config', config?.sigv4],
    ) ?? { value: false, from: 'default' },
    profile,
    region,
    timeout: first<number>(
      ['flag', number('--timeout', flags.timeout, [1, 3600])],
      ['environment', number('SALLYPORT_TIMEOUT', environment['SALLYPORT_TIMEOUT'], [1, 3600])],
      ['config', config?.timeout],
    ),
    retries: wholeRetries(
      first<number>(
        ['flag', number('--retries', flags.retries, [0, 10])],
        ['environment', number('SALLYPORT_RETRIES', environment['SALLYPORT_RETRIES'], [0, 10])],
        ['config', config?.retries],
      ) ?? { value: DEFAULT_RETRIES, from: 'default' },
    ),
  };
}
