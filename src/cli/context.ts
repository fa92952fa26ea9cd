import type { Command } from 'commander';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Endpoint } from './client/api.ts';
import { readLocalFile } from './client/local-file.ts';
import type { SignRequest } from './client/sigv4.ts';
import { createTransport } from './client/transport.ts';
import { configPath, readConfigFile } from './config-file.ts';
import { type ExitCode, UsageError } from './exit-codes.ts';
import { type GlobalFlags, isTimeZone, resolveSettings, type Settings } from './settings.ts';
import type { Style } from './style.ts';

// What the commands share: where to print, what they go by, and which APIs are meant.

export interface CliContext {
  readonly environment: Environment;
  /** One line to stdout. */
  readonly print: (text: string) => void;
  /** One line to stderr. */
  readonly warn: (text: string) => void;
  /** One line to stderr as it is: what others said in it has been made visible already. */
  readonly tell: (safe: string) => void;
  /** One line to stdout as it is, made safe like that. */
  readonly say: (safe: string) => void;
  /** For stderr, where everything but results goes. */
  readonly style: Style;
  /** For stdout. */
  readonly outStyle: Style;
  /** Ends the program with this code once the command is through; 0 otherwise. */
  readonly endWith: (code: ExitCode) => void;
}

export const homeOf = (command: Command): string => command.optsWithGlobals<{ home: string }>().home;

export function settingsOf(context: CliContext, command: Command): Settings {
  const { environment } = context;
  const flags = command.optsWithGlobals<GlobalFlags>();
  const path = flags.config ?? configPath(environment);
  const isNamed = flags.config !== undefined || (environment['SALLYPORT_CONFIG'] ?? '') !== '';
  const config = readConfigFile(path, isNamed);
  return resolveSettings({ flags, environment, local: readLocalFile(homeOf(command)), config });
}

/** What `--zone` says, else what the settings do. */
export function timeZoneOf(context: CliContext, command: Command, given: string | undefined): string {
  if (given === undefined) return settingsOf(context, command).timeZone.value;
  if (isTimeZone(given)) return given;
  throw new UsageError('--zone takes an IANA time zone, such as Europe/Berlin.');
}

/** How requests are sent, whichever API they go to. */
function roadOf(context: CliContext, settings: Settings) {
  return {
    transport: createTransport(context.environment),
    retries: settings.retries.value,
    ...(settings.timeout !== undefined && { answerMs: settings.timeout.value * 1000 }),
  };
}

type Road = ReturnType<typeof roadOf>;

/** The token of whoever ran `sallyport login`. Beside SigV4 there need not be one: AWS says who calls. */
function signedIn(
  { environment }: CliContext,
  { url, road, isNeeded }: { readonly url: string; readonly road: Road; readonly isNeeded: boolean },
): () => Promise<string | undefined> {
  return async () => {
    const { currentAuthorization } = await import('./client/credentials.ts');
    const token = await currentAuthorization({ environment, agentUrl: url, transport: road.transport });
    if (token !== undefined || !isNeeded) return token;
    throw new AppError(
      'unauthenticated',
      `Nobody is signed in to ${url}. Run \`sallyport login\`, or set SALLYPORT_TOKEN.`,
    );
  };
}

/** AWS's packages are loaded by the first request that is signed. */
function signerOf({ profile, region }: Settings): SignRequest {
  let made: Promise<SignRequest> | undefined;
  return async (request) => {
    made ??= import('./client/sigv4.ts').then(({ createSigV4Signer }) =>
      createSigV4Signer({
        ...(profile !== undefined && { profile: profile.value }),
        ...(region !== undefined && { region: region.value }),
      }),
    );
    return (await made)(request);
  };
}

const NO_SYSTEM = 'Start a system here with `make dev`, or set';

/** The Agent API, as the settings name it. */
export function agentEndpoint(context: CliContext, command: Command): Endpoint {
  const settings = settingsOf(context, command);
  const { agentUrl, token } = settings;
  if (agentUrl === undefined) {
    throw new AppError('misconfigured', `No Agent API is known. ${NO_SYSTEM} SALLYPORT_AGENT_URL and SALLYPORT_TOKEN.`);
  }
  const road = roadOf(context, settings);
  const sign = settings.sigv4.value ? { sign: signerOf(settings) } : {};
  const own = token?.value ?? signedIn(context, { url: agentUrl.value, road, isNeeded: !settings.sigv4.value });
  return { url: agentUrl.value, token: own, ...sign, ...road };
}

/** The OAuth API's address, if one is known. */
export const oauthUrl = (context: CliContext, command: Command): string | undefined =>
  settingsOf(context, command).oauthUrl?.value;

/** The OAuth API with a token that may approve. */
export function oauthEndpoint(context: CliContext, command: Command): Endpoint {
  const settings = settingsOf(context, command);
  const { oauthUrl: url, confirmToken } = settings;
  if (url === undefined) {
    throw new AppError(
      'misconfigured',
      `No OAuth API is known. ${NO_SYSTEM} SALLYPORT_OAUTH_URL and SALLYPORT_CONFIRM_TOKEN.`,
    );
  }
  if (confirmToken === undefined) {
    throw new AppError('misconfigured', `There is no token for ${url.value}. Set SALLYPORT_CONFIRM_TOKEN.`);
  }
  return { url: url.value, token: confirmToken.value, ...roadOf(context, settings) };
}

/** Without a token that approves one can still chat: approvals are then answered elsewhere. */
export function approvalsEndpoint(context: CliContext, command: Command): Endpoint | undefined {
  try {
    return oauthEndpoint(context, command);
  } catch (error) {
    if (error instanceof AppError && error.code === 'misconfigured') return undefined;
    throw error;
  }
}

export const STORE_FILE = 'store.sqlite';
