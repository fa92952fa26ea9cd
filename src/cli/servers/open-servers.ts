import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { createJsonLog } from '../../adapters/log/json-log.ts';
import { holdsServers } from '../../compose/believed-servers.ts';
import { openServerLooks, type ServerLook, type ServerLooks } from '../../compose/server-looks.ts';
import { AppError } from '../../kernel/app-error.ts';
import { type CliContext, settingsOf } from '../context.ts';

// Which folder of servers is meant, and the way to those in it.

export interface ServersOptions {
  readonly servers?: string;
  readonly person?: string;
  /** Only what stands in the folder: no server is started or asked. */
  readonly offline?: true;
  readonly json?: true;
}

/** A first start may fetch what the server is made of. */
const USUAL_SECONDS = 60;
const USUAL_FOLDER = 'servers';

/** The one that is named, else `servers/` where servers lie in it. */
export function serversFolder({ environment }: CliContext, named: string | undefined): string | undefined {
  const chosen = named ?? environment['SALLYPORT_SERVERS_DIR'] ?? '';
  if (chosen !== '') return chosen;
  return holdsServers(USUAL_FOLDER) ? USUAL_FOLDER : undefined;
}

export function openServers(context: CliContext, command: Command): ServerLooks {
  const { servers: named, person } = command.optsWithGlobals<ServersOptions>();
  const directory = serversFolder(context, named);
  if (directory === undefined) {
    throw new AppError(
      'misconfigured',
      'There is no server in servers/. Describe one in servers/mcp.json (docs/adding-a-server.md), or name the folder: --servers.',
    );
  }
  const clock = { nowMs: () => Date.now() };
  const seconds = settingsOf(context, command).timeout?.value ?? USUAL_SECONDS;
  return openServerLooks({
    directory,
    environment: context.environment,
    person,
    deadlineMs: seconds * 1000,
    platform: { clock, random: { bytes: (count) => randomBytes(count) } },
    // What a look finds is its result.
    log: createJsonLog({
      clock,
      write: () => {},
      level: 'error',
      fields: { service: 'servers', environment: 'client' },
    }),
  });
}

/** Opened for as long as `act` takes. */
export async function withServers<Value>(
  context: CliContext,
  command: Command,
  act: (looks: ServerLooks) => Promise<Value>,
): Promise<Value> {
  const looks = openServers(context, command);
  try {
    return await act(looks);
  } finally {
    looks.close();
  }
}

export function serverNamed(looks: ServerLooks, name: string): ServerLooks['servers'][number] {
  const found = looks.servers.find(({ config }) => config.name === name);
  if (found !== undefined) return found;
  const fault = looks.faults.find((one) => one.name === name);
  if (fault !== undefined) throw new AppError('misconfigured', `The server ${name} cannot be used. ${fault.message}`);
  const known = looks.servers.map(({ config }) => config.name).join(', ');
  throw new AppError(
    'not_found',
    `There is no server ${name}. ${known === '' ? 'There is none.' : `There are: ${known}.`}`,
  );
}

/** What a server must have answered for the command to mean anything. */
export function demandAnswer(look: ServerLook): NonNullable<ServerLook['present']> {
  if (look.present !== undefined) return look.present;
  const { name } = look.server.config;
  throw new AppError('unavailable', `The server ${name}: ${look.failure?.message ?? 'It was not asked.'}`);
}
