import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openOperatorStore } from '../compose/stores.ts';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createOperator, type Operator } from '../operator/operator.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Endpoint } from './client/api.ts';
import { readLocalFile } from './client/local-file.ts';

// What the commands share: where to print, which APIs are meant, and the operator's way to the store.

export interface CliContext {
  readonly environment: Environment;
  /** One line to stdout. */
  readonly print: (text: string) => void;
  /** One line to stderr. */
  readonly warn: (text: string) => void;
}

export const homeOf = (command: Command): string => command.optsWithGlobals<{ home: string }>().home;

const NO_SYSTEM = 'Start a system here with `make dev`, or set';

/** The Agent API: SALLYPORT_AGENT_URL and SALLYPORT_TOKEN, else the system on this machine. */
export function agentEndpoint(context: CliContext, command: Command): Endpoint {
  const { environment } = context;
  const local = readLocalFile(homeOf(command));
  const url = environment['SALLYPORT_AGENT_URL'] ?? local?.agent.url;
  const token = environment['SALLYPORT_TOKEN'] ?? local?.agent.token;
  if (url === undefined || token === undefined) {
    throw new AppError('misconfigured', `No Agent API is known. ${NO_SYSTEM} SALLYPORT_AGENT_URL and SALLYPORT_TOKEN.`);
  }
  return { url: url.replace(/\/+$/, ''), token };
}

/** The OAuth API's address, if one is known. */
export function oauthUrl(context: CliContext, command: Command): string | undefined {
  const url = context.environment['SALLYPORT_OAUTH_URL'] ?? readLocalFile(homeOf(command))?.oauth.url;
  return url?.replace(/\/+$/, '');
}

/** The OAuth API with a token that may approve: SALLYPORT_OAUTH_URL and SALLYPORT_CONFIRM_TOKEN, else this machine's. */
export function oauthEndpoint(context: CliContext, command: Command): Endpoint {
  const { environment } = context;
  const local = readLocalFile(homeOf(command));
  const url = oauthUrl(context, command);
  const token = environment['SALLYPORT_CONFIRM_TOKEN'] ?? local?.oauth.token;
  if (url === undefined || token === undefined) {
    throw new AppError(
      'misconfigured',
      `No OAuth API is known. ${NO_SYSTEM} SALLYPORT_OAUTH_URL and SALLYPORT_CONFIRM_TOKEN.`,
    );
  }
  return { url, token };
}

export interface OperatorSession {
  readonly operator: Operator;
  readonly store: KeyValueStore;
}

export const STORE_FILE = 'store.sqlite';

/** Opens the store that the environment names, else the one of this machine's home, for as long as `act` takes. */
export async function asOperator(
  context: CliContext,
  command: Command,
  act: (session: OperatorSession) => Promise<void>,
): Promise<void> {
  const { environment } = context;
  const file = join(homeOf(command), STORE_FILE);
  const chosen = environment['SALLYPORT_STORE'] !== undefined || environment['SALLYPORT_STORE_FILE'] !== undefined;
  if (!chosen && !existsSync(file)) {
    throw new AppError(
      'misconfigured',
      `There is no store in ${homeOf(command)}. Run \`make dev\` once, or set SALLYPORT_STORE and what it needs.`,
    );
  }
  const clock = { nowMs: () => Date.now() };
  const store = await openOperatorStore(chosen ? environment : { SALLYPORT_STORE_FILE: file }, clock);
  try {
    const random = { bytes: (count: number) => randomBytes(count) };
    await act({ store, operator: createOperator({ store, clock, random }) });
  } finally {
    await store.close();
  }
}
