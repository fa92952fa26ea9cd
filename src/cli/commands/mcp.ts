import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import type { Log } from '../../ports/log.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';

// `sallyport mcp`: this computer's tools for an IDE, which starts the command and speaks MCP with it over stdin and stdout.

interface McpOptions {
  readonly toolsets: string;
  readonly project?: string;
  readonly server?: string;
  readonly log?: string;
}

interface AwsFlags {
  readonly profile?: string;
  readonly region?: string;
}

async function readToolsets(text: string) {
  const { toolsetNames } = await import('../../config/settings.ts');
  const wished = text.split(/[\s,]+/).filter((name) => name !== '');
  const known = toolsetNames.filter((name) => wished.includes(name));
  if (known.length > 0 && known.length === new Set(wished).size) return known;
  throw new AppError(
    'invalid_request',
    `--toolsets takes some of ${toolsetNames.join(', ')}, with commas between them.`,
  );
}

async function projectPath(named: string | undefined): Promise<string | undefined> {
  const { findProjectFile } = await import('../ide/project-file.ts');
  if (named === undefined || named === '') return findProjectFile(process.cwd());
  const path = resolve(named);
  // An IDE's configuration names it for every project, also for one that has none.
  return existsSync(path) ? path : undefined;
}

/** The one that is named, else the first that is configured: `sallyport bridge` finds them the same way. */
function doorOpener(context: CliContext, options: McpOptions, command: Command) {
  return async (log: Log, signal: AbortSignal) => {
    const [{ findBridgeServers }, { connectDoor }, { showLink }, { homeOf }, { readLocalFile }] = await Promise.all([
      import('../bridge/bridge-servers.ts'),
      import('../bridge/door-connection.ts'),
      import('../browser.ts'),
      import('../context.ts'),
      import('../client/local-file.ts'),
    ]);
    const { environment } = context;
    const flags = options.server === undefined ? {} : { server: [options.server] };
    const [door] = findBridgeServers({ environment, flags, local: readLocalFile(homeOf(command)) });
    if (door === undefined) throw new AppError('misconfigured', 'No MCP server of yours is configured.');
    const showAddress = (url: string, open: boolean) => showLink(context, open)(url);
    return connectDoor(door, { environment, log, signal, showAddress });
  };
}

async function serve(context: CliContext, options: McpOptions, command: Command): Promise<void> {
  const { claimStdout } = await import('../ide/protocol-stdout.ts');
  const output = claimStdout();
  const toolsets = await readToolsets(options.toolsets);
  const project = await projectPath(options.project);
  // What an IDE's form left empty is not given.
  const { profile = '', region = '' } = command.optsWithGlobals<AwsFlags>();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  const { serveTools } = await import('../ide/serve.ts');
  await serveTools({
    toolsets,
    environment: context.environment,
    ...(profile !== '' && { profile }),
    ...(region !== '' && { region }),
    ...(project !== undefined && { project }),
    ...(options.log !== undefined && { logFile: resolve(options.log) }),
    openDoor: doorOpener(context, options, command),
    input: process.stdin,
    output,
    signal: stop.signal,
  });
}

export function addMcpCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('mcp')
      .description('serve tools over stdio to an IDE, with your AWS profile')
      .option('--toolsets <names>', 'which tools, with commas between them', 'aws')
      .option('--project <file>', 'the project’s sallyport.json, in place of the one in this folder or above it')
      .option(
        '--server <name>',
        'the server of bridge.json for tools that act for you; else the system on this machine',
      )
      .option('--log <file>', 'write the log there and not to stderr')
      .action((options: McpOptions, command: Command) => serve(context, options, command)),
    'mcp --toolsets aws,calendar --region eu-central-1',
    'mcp --toolsets aws --profile work --project ./sallyport.json',
  );
}
