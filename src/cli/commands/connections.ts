import type { Command } from 'commander';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { showLink } from '../browser.ts';
import { callApi } from '../client/api.ts';
import { connectGoogle, signInBrowser } from '../client/connect.ts';
import { type CliContext, oauthEndpoint } from '../context.ts';

// `sallyport connect|open|disconnect|connections|grants|revoke`: what of yours the system may use, and who may act with it.

const connections = z.object({ connections: z.array(z.looseObject({ provider: z.string(), status: z.string() })) });
const grants = z.object({
  grants: z.array(z.looseObject({ agent: z.string(), scopes: z.array(z.string()), expires_at: z.string() })),
});

interface ConnectOptions {
  readonly scopes?: string;
  readonly agent?: string;
  readonly days?: string;
  readonly browser: boolean;
}

async function connect(context: CliContext, options: ConnectOptions, command: Command): Promise<void> {
  const days = options.days === undefined ? undefined : Number(options.days);
  if (days !== undefined && !Number.isInteger(days)) {
    throw new AppError('invalid_request', '--days takes a whole number of days, such as 90.');
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

export function addConnectCommands(program: Command, context: CliContext): void {
  program
    .command('connect')
    .description('connect Google and let the agent act for you')
    .option('--scopes <scopes>', 'such as "calendar.read"; default: all that is offered')
    .option('--agent <agent>', 'which agent may act')
    .option('--days <days>', 'for how long')
    .option('--no-browser', 'only print the link')
    .action((options: ConnectOptions, command: Command) => connect(context, options, command));
  program
    .command('open')
    .description('open your pages in a browser, signed in: connections, grants and what waits for your yes')
    .option('--no-browser', 'only print the link')
    .action((options: { browser: boolean }, command: Command) => open(context, options, command));
  program
    .command('connections')
    .description('what is connected')
    .action(async (_options: unknown, command: Command) => {
      const found = await callApi(
        oauthEndpoint(context, command),
        { method: 'GET', path: '/connections' },
        connections,
      );
      for (const item of found.connections) context.print(`${item.provider}  ${item.status}`);
    });
  program
    .command('disconnect')
    .description('disconnect Google, here and at Google')
    .action(async (_options: unknown, command: Command) => {
      const request = { method: 'DELETE', path: '/connections/google' } as const;
      const answer = await callApi(
        oauthEndpoint(context, command),
        request,
        z.looseObject({ message: z.string().optional() }),
      );
      context.print(answer.message ?? 'Google is disconnected.');
    });
  program
    .command('grants')
    .description('which agents may act for you')
    .action(async (_options: unknown, command: Command) => {
      const found = await callApi(oauthEndpoint(context, command), { method: 'GET', path: '/grants' }, grants);
      for (const grant of found.grants)
        context.print(`${grant.agent}  ${grant.scopes.join(' ')}  until ${grant.expires_at}`);
    });
  program
    .command('revoke <agent>')
    .description('let an agent act for you no longer, such as agent/assistant')
    .action(async (agent: string, _options: unknown, command: Command) => {
      const path = `/grants/${agent.split('/').map(encodeURIComponent).join('/')}`;
      await callApi(oauthEndpoint(context, command), { method: 'DELETE', path }, z.looseObject({}));
      context.print(`${agent} may act for you no longer.`);
    });
}
