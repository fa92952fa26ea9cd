import type { Command } from 'commander';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { showLink } from '../browser.ts';
import { callApi } from '../client/api.ts';
import { connectGoogle, signInBrowser } from '../client/connect.ts';
import { type CliContext, oauthEndpoint } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { oneLine } from '../visible.ts';
import { inColumns } from '../words.ts';

// `sallyport connect|open|disconnect|connections|grants|allow|revoke`: what of yours the system may use, and who may act with it.

const connections = z.object({
  connections: z.array(z.looseObject({ provider: z.string(), status: z.string(), account: z.string().optional() })),
});
const grants = z.object({
  grants: z.array(z.looseObject({ agent: z.string(), scopes: z.array(z.string()), expires_at: z.string() })),
});

interface JsonOption {
  readonly json?: true;
}

interface ConnectOptions {
  readonly scopes?: string;
  readonly agent?: string;
  readonly days?: string;
  readonly browser: boolean;
}

/** Google is the only one there is. */
function demandGoogle(provider: string): void {
  if (provider === 'google') return;
  throw new AppError('invalid_request', `There is no connection to ${oneLine(provider)}. Sallyport connects google.`);
}

async function connect(context: CliContext, options: ConnectOptions, command: Command): Promise<void> {
  const days = options.days === undefined ? undefined : Number(options.days);
  if (days !== undefined && !Number.isInteger(days)) {
    throw new UsageError('--days takes a whole number of days, such as 90.');
  }
  const outcome = await connectGoogle({
    oauth: oauthEndpoint(context, command),
    ...(options.scopes === undefined ? {} : { scopes: options.scopes.split(' ') }),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(days === undefined ? {} : { days }),
    open: showLink(context, options.browser),
  });
  if (outcome.status !== 'connected') throw new AppError('forbidden', outcome.message ?? 'Google was not connected.');
  context.print('Google is connected.');
}

async function open(context: CliContext, options: { readonly browser: boolean }, command: Command): Promise<void> {
  const oauth = oauthEndpoint(context, command);
  const outcome = await signInBrowser({ oauth, open: showLink(context, options.browser) });
  if (outcome.status !== 'signed_in') throw new AppError('forbidden', outcome.message ?? 'Nobody was signed in.');
  context.print('Your browser is signed in.');
}

async function listConnections(context: CliContext, options: JsonOption, command: Command): Promise<void> {
  const found = await callApi(oauthEndpoint(context, command), { method: 'GET', path: '/connections' }, connections);
  if (options.json === true) {
    context.print(JSON.stringify(found.connections, null, 2));
    return;
  }
  const rows = found.connections.map(({ provider, status, account }) => [provider, status, account ?? '']);
  for (const line of inColumns(rows)) context.print(line);
  if (rows.length === 0) context.warn('Nothing is connected yet: sallyport connect google');
}

async function listGrants(context: CliContext, options: JsonOption, command: Command): Promise<void> {
  const found = await callApi(oauthEndpoint(context, command), { method: 'GET', path: '/grants' }, grants);
  if (options.json === true) {
    context.print(JSON.stringify(found.grants, null, 2));
    return;
  }
  const rows = found.grants.map(({ agent, scopes, expires_at }) => [agent, scopes.join(' '), `until ${expires_at}`]);
  for (const line of inColumns(rows)) context.print(line);
  if (rows.length === 0) context.warn('No agent may act for you.');
}

interface AllowOptions {
  readonly scopes: string;
  readonly days?: string;
}

async function allow(context: CliContext, agent: string, options: AllowOptions, command: Command): Promise<void> {
  const { scopes, days } = options;
  const body = {
    agent,
    scopes: scopes.split(' ').filter((scope) => scope !== ''),
    ...(days !== undefined && { days }),
  };
  const shape = z.looseObject({ agent: z.string(), scopes: z.array(z.string()), expires_at: z.string() });
  const granted = await callApi(oauthEndpoint(context, command), { method: 'POST', path: '/grants', body }, shape);
  context.print(`${granted.agent} may act for you until ${granted.expires_at}: ${granted.scopes.join(' ')}`);
}

async function disconnect(context: CliContext, command: Command): Promise<void> {
  const request = { method: 'DELETE', path: '/connections/google' } as const;
  const shape = z.looseObject({ message: z.string().optional() });
  const answer = await callApi(oauthEndpoint(context, command), request, shape);
  context.print(answer.message ?? 'Google is disconnected.');
}

function addConnecting(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('connect [provider]')
      .description('connect Google and let the agent act for you')
      .option('--scopes <scopes>', 'such as "calendar.read"; default: all that is offered')
      .option('--agent <agent>', 'which agent may act')
      .option('--days <days>', 'for how long')
      .option('--no-browser', 'only print the link')
      .action((provider: string | undefined, options: ConnectOptions, command: Command) => {
        demandGoogle(provider ?? 'google');
        return connect(context, options, command);
      }),
    'connect google',
    'connect google --scopes calendar.read --days 30 --no-browser',
  );
  withExamples(
    program
      .command('disconnect [provider]')
      .description('disconnect Google, here and at Google')
      .action((provider: string | undefined, _options: unknown, command: Command) => {
        demandGoogle(provider ?? 'google');
        return disconnect(context, command);
      }),
    'disconnect google',
  );
  withExamples(
    program
      .command('open')
      .description('open your pages in a browser, signed in: connections, grants and what waits for your yes')
      .option('--no-browser', 'only print the link')
      .action((options: { browser: boolean }, command: Command) => open(context, options, command)),
    'open --no-browser',
  );
}

export function addConnectCommands(program: Command, context: CliContext): void {
  addConnecting(program, context);
  withExamples(
    program
      .command('connections')
      .description('what is connected')
      .option('--json', 'print them as JSON')
      .action((options: JsonOption, command: Command) => listConnections(context, options, command)),
    'connections',
    'connections --json',
  );
  withExamples(
    program
      .command('grants')
      .description('which agents may act for you')
      .option('--json', 'print them as JSON')
      .action((options: JsonOption, command: Command) => listGrants(context, options, command)),
    'grants',
  );
  withExamples(
    program
      .command('allow <agent>')
      .description('let an agent, or your own bridge, act for you')
      .requiredOption('--scopes <scopes>', 'how far, such as "calendar.read calendar.write"')
      .option('--days <days>', 'for how long')
      .action((agent: string, options: AllowOptions, command: Command) => allow(context, agent, options, command)),
    'allow bridge --scopes calendar.read --days 30',
  );
  withExamples(
    program
      .command('revoke <agent>')
      .description('let an agent act for you no longer')
      .action(async (agent: string, _options: unknown, command: Command) => {
        const path = `/grants/${agent.split('/').map(encodeURIComponent).join('/')}`;
        await callApi(oauthEndpoint(context, command), { method: 'DELETE', path }, z.looseObject({}));
        context.print(`${agent} may act for you no longer.`);
      }),
    'revoke agent/assistant',
  );
}
