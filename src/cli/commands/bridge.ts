import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { bridgePath } from '../bridge/bridge-file.ts';
import { type BridgeFlags, findBridgeServers } from '../bridge/bridge-servers.ts';
import type { DoorOptions } from '../bridge/door-options.ts';
import { showLink } from '../browser.ts';
import { readLocalFile } from '../client/local-file.ts';
import { type CliContext, homeOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../visible.ts';
import { inColumns } from '../words.ts';

// `sallyport bridge`: MCP over stdio for a client on this computer, over HTTP to any of our doors.

interface BridgeOptions extends BridgeFlags {
  readonly logFile?: string;
}

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function doorsOf(context: CliContext, command: Command, named?: string): readonly DoorOptions[] {
  const given = command.optsWithGlobals<BridgeOptions>();
  const flags = named === undefined ? given : { ...given, server: [named] };
  return findBridgeServers({ environment: context.environment, flags, local: readLocalFile(homeOf(command)) });
}

/** At a terminal somebody reads why it ended; a client shows its user answers, and of a process that ended little. */
function doorsOrFault(context: CliContext, command: Command): readonly DoorOptions[] | AppError {
  try {
    return doorsOf(context, command);
  } catch (error) {
    if (!(error instanceof AppError) || process.stdin.isTTY === true) throw error;
    context.warn(error.message);
    return error;
  }
}

async function serve(context: CliContext, command: Command): Promise<void> {
  const { environment } = context;
  const { logFile = environment['SALLYPORT_BRIDGE_LOG_FILE'] } = command.optsWithGlobals<BridgeOptions>();
  const doors = doorsOrFault(context, command);
  const { runBridge } = await import('../bridge/run-bridge.ts');
  const showAddress = (url: string, open: boolean): Promise<void> => showLink(context, open)(url);
  await runBridge({ doors, environment, logFile: logFile || undefined, showAddress });
}

/** The kind of proof, and where it goes; never the proof. */
function list(context: CliContext, command: Command): void {
  const rows = doorsOf(context, command).map(({ name, auth, url }) => [name, auth.kind, url] as const);
  for (const line of inColumns(rows)) context.print(line);
  context.warn(`Servers are described in ${bridgePath(context.environment)}.`);
}

async function check(context: CliContext, command: Command): Promise<void> {
  const { examineDoor } = await import('../bridge/examine-bridge.ts');
  const doors = doorsOf(context, command);
  const found = (await Promise.all(doors.map((door) => examineDoor(door, context.environment)))).flat();
  const { outStyle: style } = context;
  for (const { state, what, mend } of found) {
    const sign = state === 'ok' ? style.good('ok  ') : state === 'mind' ? style.strong('mind') : style.bad('BAD ');
    context.say(`${sign} ${oneLine(what)}`);
    if (mend !== undefined) context.print(`       → ${mend}`);
  }
  if (found.some(({ state }) => state === 'bad')) context.endWith(EXIT.failed);
}

function signInDoor(context: CliContext, command: Command, named: string | undefined): DoorOptions {
  const doors = doorsOf(context, command, named).filter(({ auth }) => auth.kind === 'oauth');
  const [door] = doors;
  if (door !== undefined && doors.length === 1) return door;
  throw new AppError('invalid_request', 'Name one server whose "auth" is of kind "oauth".');
}

async function signIn(context: CliContext, command: Command, named: string | undefined): Promise<void> {
  const door = signInDoor(context, command, named);
  const { connectDoor } = await import('../bridge/door-connection.ts');
  const { explainFault } = await import('../bridge/door-answers.ts');
  const { createJsonLog } = await import('../../adapters/log/json-log.ts');
  const log = createJsonLog({
    clock: { nowMs: Date.now },
    write: () => {},
    level: 'error',
    fields: { service: 'bridge', environment: 'client' },
  });
  const { signal } = new AbortController();
  const showAddress = (url: string, open: boolean): Promise<void> => showLink(context, open)(url);
  const connection = await connectDoor(door, { environment: context.environment, log, signal, showAddress });
  try {
    const tools = await connection.listTools(signal);
    context.print(`You are signed in at ${door.url}: ${tools.length} tools.`);
  } catch (error) {
    const { code, message } = explainFault(error, door.name);
    throw new AppError(code, message, { cause: error });
  } finally {
    await connection.close();
  }
}

async function signOut(context: CliContext, command: Command, named: string | undefined): Promise<void> {
  const door = signInDoor(context, command, named);
  const { forgetSignIn } = await import('../bridge/forget-sign-in.ts');
  const was = await forgetSignIn(door, context);
  context.print(was ? `You are signed out at ${door.url}.` : `Nobody was signed in at ${door.url}.`);
}

export function addBridgeCommand(program: Command, context: CliContext): void {
  const bridge = withExamples(
    program
      .command('bridge')
      .description('MCP over stdio for a client here, over HTTP to any door')
      .option('--server <name>', 'which one of bridge.json; several: say it again', repeated)
      .option('--bridge-config <file>', 'in place of ~/.config/sallyport/bridge.json')
      .option('--url <url>', 'one server, in place of the file’s')
      .option('--auth <kind>', 'how it is proved who calls: none, token, oauth, client_credentials, sigv4, certificate')
      .option('--log-file <file>', 'log there in place of stderr')
      .action((_options: unknown, command: Command) => serve(context, command)),
    'bridge --server local </dev/null',
  );
  withExamples(
    bridge
      .command('servers')
      .description('which servers it leads to, and by which proof')
      .action((_options: unknown, command: Command) => list(context, command)),
    'bridge servers',
  );
  withExamples(
    bridge
      .command('check')
      .description('whether each server answers and believes the proof, with the mend')
      .action((_options: unknown, command: Command) => check(context, command)),
    'bridge check',
  );
  // Its example lies in docs/bridge.md: it begins at a sign-in provider.
  bridge
    .command('sign-in [server]')
    .description('sign in at an OAuth door before a client needs it')
    .action((named: string | undefined, _options: unknown, command: Command) => signIn(context, command, named));
  withExamples(
    bridge
      .command('sign-out [server]')
      .description('forget the sign-in, here and at the provider')
      .action((named: string | undefined, _options: unknown, command: Command) => signOut(context, command, named)),
    'bridge sign-out local-oauth',
  );
}
