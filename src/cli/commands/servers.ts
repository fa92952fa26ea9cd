import type { Command } from 'commander';
import type { ServerLook, ServerLooks } from '../../compose/server-looks.ts';
import { AppError } from '../../kernel/app-error.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import type { ApproveOutcome } from '../servers/approve-servers.ts';
import type { ServersOptions } from '../servers/open-servers.ts';
import { oneLine } from '../visible.ts';

// `sallyport servers …`: the MCP servers behind this one, for the operator in whose folder they are described. What it needs is loaded when it runs.

type Parts = typeof import('../servers/open-servers.ts') &
  typeof import('../servers/describe-servers.ts') &
  typeof import('../servers/server-state.ts') &
  typeof import('../servers/servers-json.ts');

async function load(): Promise<Parts> {
  const [open, describe, state, json] = await Promise.all([
    import('../servers/open-servers.ts'),
    import('../servers/describe-servers.ts'),
    import('../servers/server-state.ts'),
    import('../servers/servers-json.ts'),
  ]);
  return { ...open, ...describe, ...state, ...json };
}

interface Ran {
  readonly parts: Parts;
  readonly looks: ServerLooks;
  readonly options: ServersOptions;
  readonly json: (value: object) => void;
}

async function run(context: CliContext, command: Command, act: (ran: Ran) => Promise<void>): Promise<void> {
  const parts = await load();
  const json = (value: object): void => context.print(JSON.stringify(value, null, 2));
  const options = command.optsWithGlobals<ServersOptions>();
  await parts.withServers(context, command, (looks) => act({ parts, looks, options, json }));
}

/** A server of which nothing was approved is not started for a list: the gateway would not start it either. */
const looked = ({ looks, options }: Ran, server: ServerLook['server']): Promise<ServerLook> | ServerLook =>
  options.offline === true || server.approved === undefined ? looks.unasked(server) : looks.look(server);

async function list(context: CliContext, ran: Ran): Promise<void> {
  const { parts, looks, options } = ran;
  const found = await Promise.all(looks.servers.map((server) => looked(ran, server)));
  const faults = parts.folderFaults(looks.faults);
  if (options.json === true) {
    ran.json({ folder: looks.directory, faults, servers: found.map(parts.serverJson) });
    return;
  }
  for (const line of parts.describeServers(found)) context.print(line);
  const all = [...faults, ...found.flatMap(parts.faultsOf)];
  for (const line of parts.describeFaults(all, context.outStyle)) context.say(line);
  if (found.length === 0) context.warn(`There is no server in ${looks.directory}.`);
}

async function show(context: CliContext, ran: Ran, name: string, tool: string | undefined): Promise<void> {
  const { parts, looks, options } = ran;
  const server = parts.serverNamed(looks, name);
  const look = options.offline === true ? looks.unasked(server) : await looks.look(server);
  const tools = look.offer.filter((one) => tool === undefined || one.name === tool || one.exposed === tool);
  if (tool !== undefined && tools.length === 0) throw new AppError('not_found', `${name} has no tool ${tool}.`);
  if (options.json === true) {
    ran.json({ ...parts.serverJson(look), tools: tools.map(parts.toolJson) });
    return;
  }
  if (tool !== undefined) {
    for (const one of tools) for (const line of parts.describeTool(one, context.outStyle)) context.say(line);
    return;
  }
  for (const line of [...parts.describeServer(look), ...parts.describeTools(tools)]) context.print(line);
  for (const line of parts.describeFaults(parts.faultsOf(look), context.outStyle)) context.say(line);
}

async function diff(context: CliContext, ran: Ran, name: string | undefined): Promise<void> {
  const { parts, looks, options } = ran;
  const { openChanges } = await import('../../mcp/upstreams/offer.ts');
  const servers = name === undefined ? looks.servers : [parts.serverNamed(looks, name)];
  const found = await Promise.all(servers.map((server) => looks.look(server)));
  if (found.some(({ failure }) => failure !== undefined)) context.endWith(EXIT.unavailable);
  if (options.json === true) {
    const changes = (look: ServerLook) => openChanges(look.offer).map(parts.toolJson);
    ran.json({ servers: found.map((look) => ({ ...parts.serverJson(look), changes: changes(look) })) });
    return;
  }
  for (const look of found) {
    const changes = openChanges(look.offer);
    const { name: server } = look.server.config;
    if (look.failure !== undefined) context.warn(`${server}: ${look.failure.message}`);
    else if (changes.length === 0) context.warn(`${server}: as it was approved.`);
    for (const tool of changes) {
      for (const line of parts.describeTool(tool, context.outStyle)) context.say(line);
    }
  }
}

interface ApproveOptions {
  readonly all?: true;
  readonly yes?: true;
}

const OUTCOMES: Readonly<Record<ApproveOutcome['outcome'], string>> = {
  written: 'approved',
  unchanged: 'nothing to approve',
  refused: 'nothing was changed',
  asked: 'nothing was changed: say it again with --yes to approve this',
};

async function approve(context: CliContext, ran: Ran, names: readonly string[], wish: ApproveOptions): Promise<void> {
  const { parts, looks, options } = ran;
  const [first, ...tools] = names;
  if ((first === undefined) !== (wish.all === true))
    throw new AppError('invalid_request', 'Name a server, or say --all.');
  const { approveServer } = await import('../servers/approve-servers.ts');
  const servers = first === undefined ? looks.servers : [parts.serverNamed(looks, first)];
  const done: object[] = [];
  let written = false;
  for (const server of servers) {
    try {
      const asked = { server, tools, yes: wish.yes === true, quiet: options.json === true };
      const { outcome, changes } = await approveServer(context, looks, asked);
      done.push({ name: server.config.name, outcome, changes: changes.map(parts.toolJson) });
      context.warn(`${server.config.name}: ${OUTCOMES[outcome]}.`);
      written ||= outcome === 'written';
      if (outcome === 'asked') context.endWith(EXIT.waiting);
      if (outcome === 'refused') context.endWith(EXIT.failed);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      context.warn(error.message);
      context.endWith(exitCodeOf(error));
      done.push({ name: server.config.name, outcome: 'failed', message: error.message });
    }
  }
  if (options.json === true) ran.json({ servers: done });
  if (written)
    context.warn('It counts after a restart of `make dev`, or a deployment. Keep approved.json in version control.');
}

async function check(context: CliContext, ran: Ran): Promise<void> {
  const { examineServers } = await import('../servers/examine-servers.ts');
  const findings = await examineServers(ran.looks);
  const worst = findings.filter(({ state }) => state === 'bad').length;
  if (worst > 0) context.endWith(EXIT.failed);
  if (ran.options.json === true) {
    ran.json(findings);
    return;
  }
  const { outStyle: style } = context;
  for (const { state, what, mend } of findings) {
    const sign = state === 'ok' ? style.good('ok  ') : state === 'mind' ? style.strong('mind') : style.bad('BAD ');
    context.say(`${sign} ${oneLine(what)}`);
    if (mend !== undefined) context.print(`       → ${mend}`);
  }
  context.warn(worst === 0 ? 'Nothing is broken.' : `${worst} to mend.`);
}

function addLooking(servers: Command, context: CliContext): void {
  withExamples(
    servers
      .command('list', { isDefault: true })
      .description('each server with its state, its tools and what is wrong with it')
      .option('--offline', 'only what stands in the folder: start and ask none')
      .option('--json', 'print them as JSON')
      .action((_options: unknown, command: Command) => run(context, command, (ran) => list(context, ran))),
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
        run(context, command, (ran) => show(context, ran, name, tool)),
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
        run(context, command, (ran) => diff(context, ran, name)),
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
        run(context, command, (ran) => approve(context, ran, server === undefined ? [] : [server, ...tools], wish)),
      ),
    'servers approve dice --yes --servers examples/servers/own',
  );
  withExamples(
    servers
      .command('check')
      .description('whether each server answers and offers what was approved, with the mend')
      .option('--json', 'print the findings as JSON')
      .action((_options: unknown, command: Command) => run(context, command, (ran) => check(context, ran))),
    'servers check --servers examples/servers/own',
  );
}
