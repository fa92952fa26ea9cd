import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { ServersOptions } from '../servers/open-servers.ts';
import type { ApproveOptions, ServersRun } from '../servers/servers-actions.ts';

// `sallyport servers …`: the MCP servers behind this one, for the operator in whose folder they are described. What it needs is loaded when it runs.

async function run(context: CliContext, command: Command, act: (ran: ServersRun) => Promise<void>): Promise<void> {
  const { withServers } = await import('../servers/open-servers.ts');
  const json = (value: object): void => context.print(JSON.stringify(value, null, 2));
  const options = command.optsWithGlobals<ServersOptions>();
  await withServers(context, command, (looks) => act({ looks, options, json }));
}

function addLooking(servers: Command, context: CliContext): void {
  withExamples(
    servers
      .command('list', { isDefault: true })
      .description('each server with its state, its tools and what is wrong with it')
      .option('--offline', 'only what stands in the folder: start and ask none')
      .option('--json', 'print them as JSON')
      .action((_options: unknown, command: Command) =>
        run(context, command, async (ran) => {
          const { listServers } = await import('../servers/servers-actions.ts');
          await listServers(context, ran);
        }),
      ),
    'servers --servers examples/servers/official --offline',
    'servers list --servers examples/servers/official --offline --json',
  );
  withExamples(
    servers
      .command('show <server> [tool]')
      .description('one server and its tools, or one tool with all that a model reads of it')
      .option('--offline', 'only what was approved: start and ask nobody')
      .option('--json', 'print it as JSON')
      .action((name: string, tool: string | undefined, _options: unknown, command: Command) =>
        run(context, command, async (ran) => {
          const { showServer } = await import('../servers/servers-actions.ts');
          await showServer(context, ran, name, tool);
        }),
      ),
    'servers show time --servers examples/servers/official --offline',
    'servers show time convert_time --servers examples/servers/official --offline --json',
  );
  withExamples(
    servers
      .command('diff [server]')
      .description('what servers offer now that is not as it was approved')
      .option('--json', 'print it as JSON')
      .action((name: string | undefined, _options: unknown, command: Command) =>
        run(context, command, async (ran) => {
          const { diffServers } = await import('../servers/servers-actions.ts');
          await diffServers(context, ran, name);
        }),
      ),
    'servers diff dice --servers examples/servers/own',
  );
}

/** For those who run this system: it reads and writes the folder of servers, and no store. */
export function addServerCommands(program: Command, context: CliContext): void {
  const servers = program
    .command('servers')
    .description('other MCP servers behind this one: look at them, approve their tools (operator)')
    .option('--servers <folder>', 'where they are described; usually servers/')
    .option('--person <person>', 'for whom to ask another system’s agent door');
  addLooking(servers, context);
  withExamples(
    servers
      .command('approve [server] [tools...]')
      .description('show what a server offers now and, after a yes, write it to approved.json')
      .option('--all', 'every server')
      .option('--yes', 'approve what is shown without being asked')
      .option('--json', 'print what became of it as JSON; approves with --yes alone')
      .action((server: string | undefined, tools: readonly string[], wish: ApproveOptions, command: Command) =>
        run(context, command, async (ran) => {
          const { approveServers } = await import('../servers/servers-actions.ts');
          await approveServers(context, ran, server === undefined ? [] : [server, ...tools], wish);
        }),
      ),
    'servers approve dice --yes --servers examples/servers/own',
  );
  withExamples(
    servers
      .command('check')
      .description('whether each server answers and offers what was approved, with the mend')
      .option('--json', 'print the findings as JSON')
      .action((_options: unknown, command: Command) =>
        run(context, command, async (ran) => {
          const { checkServers } = await import('../servers/servers-actions.ts');
          await checkServers(context, ran);
        }),
      ),
    'servers check --servers examples/servers/own',
  );
}
