import type { ServerLook, ServerLooks } from '../../compose/server-looks.ts';
import { AppError } from '../../kernel/app-error.ts';
import { openChanges } from '../../mcp/upstreams/offer.ts';
import type { CliContext } from '../context.ts';
import { EXIT, exitCodeOf, UsageError } from '../exit-codes.ts';
import { oneLine } from '../visible.ts';
import { type ApproveOutcome, approveServer } from './approve-servers.ts';
import { describeFaults, describeServer, describeServers, describeTool, describeTools } from './describe-servers.ts';
import { examineServers } from './examine-servers.ts';
import { type ServersOptions, serverNamed } from './open-servers.ts';
import { faultsOf, folderFaults } from './server-state.ts';
import { serverJson, toolJson } from './servers-json.ts';

// What each of `sallyport servers …` does with the folder that was opened for it.

export interface ServersRun {
  readonly looks: ServerLooks;
  readonly options: ServersOptions;
  readonly json: (value: object) => void;
}

/** A server of which nothing was approved is not started for a list: the gateway would not start it either. */
const looked = ({ looks, options }: ServersRun, server: ServerLook['server']): Promise<ServerLook> | ServerLook =>
  options.offline === true || server.approved === undefined ? looks.unasked(server) : looks.look(server);

export async function listServers(context: CliContext, ran: ServersRun): Promise<void> {
  const { looks, options, json } = ran;
  const found = await Promise.all(looks.servers.map((server) => looked(ran, server)));
  const faults = folderFaults(looks.faults);
  if (options.json === true) {
    json({ folder: looks.directory, faults, servers: found.map(serverJson) });
    return;
  }
  for (const line of describeServers(found)) context.print(line);
  const all = [...faults, ...found.flatMap(faultsOf)];
  for (const line of describeFaults(all, context.outStyle)) context.say(line);
  if (found.length === 0) context.warn(`There is no server in ${looks.directory}.`);
}

export async function showServer(
  context: CliContext,
  ran: ServersRun,
  name: string,
  tool: string | undefined,
): Promise<void> {
  const { looks, options, json } = ran;
  const server = serverNamed(looks, name);
  const look = options.offline === true ? looks.unasked(server) : await looks.look(server);
  const tools = look.offer.filter((one) => tool === undefined || one.name === tool || one.exposed === tool);
  if (tool !== undefined && tools.length === 0) throw new AppError('not_found', `${name} has no tool ${tool}.`);
  if (options.json === true) {
    json({ ...serverJson(look), tools: tools.map(toolJson) });
    return;
  }
  if (tool !== undefined) {
    for (const one of tools) for (const line of describeTool(one, context.outStyle)) context.say(line);
    return;
  }
  for (const line of [...describeServer(look), ...describeTools(tools)]) context.print(line);
  for (const line of describeFaults(faultsOf(look), context.outStyle)) context.say(line);
}

export async function diffServers(context: CliContext, ran: ServersRun, name: string | undefined): Promise<void> {
  const { looks, options, json } = ran;
  const servers = name === undefined ? looks.servers : [serverNamed(looks, name)];
  const found = await Promise.all(servers.map((server) => looks.look(server)));
  if (found.some(({ failure }) => failure !== undefined)) context.endWith(EXIT.unavailable);
  if (options.json === true) {
    const changes = (look: ServerLook) => openChanges(look.offer).map(toolJson);
    json({ servers: found.map((look) => ({ ...serverJson(look), changes: changes(look) })) });
    return;
  }
  for (const look of found) {
    const changes = openChanges(look.offer);
    const { name: server } = look.server.config;
    if (look.failure !== undefined) context.warn(`${server}: ${look.failure.message}`);
    else if (changes.length === 0) context.warn(`${server}: as it was approved.`);
    for (const tool of changes) {
      for (const line of describeTool(tool, context.outStyle)) context.say(line);
    }
  }
}

export interface ApproveOptions {
  readonly all?: true;
  readonly yes?: true;
}

const OUTCOMES: Readonly<Record<ApproveOutcome['outcome'], string>> = {
  written: 'approved',
  unchanged: 'nothing to approve',
  refused: 'nothing was changed',
  asked: 'nothing was changed: say it again with --yes to approve this',
};

export async function approveServers(
  context: CliContext,
  ran: ServersRun,
  names: readonly string[],
  wish: ApproveOptions,
): Promise<void> {
  const { looks, options, json } = ran;
  const [first, ...tools] = names;
  if ((first === undefined) !== (wish.all === true)) throw new UsageError('Name a server, or say --all.');
  const servers = first === undefined ? looks.servers : [serverNamed(looks, first)];
  const done: object[] = [];
  let written = false;
  for (const server of servers) {
    try {
      const asked = { server, tools, yes: wish.yes === true, quiet: options.json === true };
      const { outcome, changes } = await approveServer(context, looks, asked);
      done.push({ name: server.config.name, outcome, changes: changes.map(toolJson) });
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
  if (options.json === true) json({ servers: done });
  if (written)
    context.warn('It counts after a restart of `make dev`, or a deployment. Keep approved.json in version control.');
}

export async function checkServers(context: CliContext, ran: ServersRun): Promise<void> {
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
