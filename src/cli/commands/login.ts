import type { Command } from 'commander';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { showLink } from '../browser.ts';
import type { Endpoint } from '../client/api.ts';
import { loginFileOf } from '../client/credentials.ts';
import { createIssuerClient, type IssuerClient, IssuerRefusal } from '../client/issuer.ts';
import { askWhoAmI } from '../client/link.ts';
import { loginByBrowser, loginByDevice } from '../client/login.ts';
import type { Login } from '../client/login-file.ts';
import { findWay, type WayFlags } from '../client/sign-in-ways.ts';
import { createTransport } from '../client/transport.ts';
import { agentEndpoint, type CliContext, settingsOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { oneLine } from '../visible.ts';

// `sallyport login|logout|whoami`: an access token of the issuer that the Agent API believes, for every other command. It lies in a file that
// only its owner can read, and is refreshed before it expires.

interface LoginOptions extends Omit<WayFlags, 'port'> {
  readonly port?: string;
  readonly device?: true;
  readonly browser: boolean;
}

/** The Agent API without any proof: what it says of signing in, it says to everybody. */
function bareAgent(context: CliContext, command: Command): Endpoint {
  const { agentUrl } = settingsOf(context, command);
  if (agentUrl === undefined) {
    throw new AppError('misconfigured', 'No Agent API is known. Say --agent-url, or set SALLYPORT_AGENT_URL.');
  }
  return { url: agentUrl.value, transport: createTransport(context.environment) };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1024 && port <= 65_535) return port;
  throw new UsageError('--port takes a number from 1024 to 65535.');
}

const issuerClientOf = (context: CliContext): IssuerClient =>
  createIssuerClient({ transport: createTransport(context.environment), nowMs: Date.now });

/** An issuer's refusal, as a refusal of the command. */
function explained(error: unknown): unknown {
  if (!(error instanceof IssuerRefusal)) return error;
  const said = error.code === 'access_denied' ? 'You said no, so nobody was signed in.' : error.message;
  return new AppError('forbidden', said, { cause: error });
}

async function login(context: CliContext, options: LoginOptions, command: Command): Promise<void> {
  const agent = bareAgent(context, command);
  const way = await findWay(agent, { ...options, port: portOf(options.port) });
  const client = issuerClientOf(context);
  const issuer = await client.discover(way.issuer);
  const deps = { client, nowMs: Date.now };
  const tokens = await (options.device === true
    ? loginByDevice(issuer, way, {
        ...deps,
        show: ({ url, userCode }) => context.warn(`Open ${url} on any device and type: ${oneLine(userCode)}`),
      })
    : loginByBrowser(issuer, way, { ...deps, open: showLink(context, options.browser) })
  ).catch((error: unknown) => {
    throw explained(error);
  });
  const kept: Login = {
    issuer: way.issuer,
    client_id: way.clientId,
    token_endpoint: issuer.tokenEndpoint,
    revocation_endpoint: issuer.revocationEndpoint,
    resource: way.resource,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    expires_at_ms: tokens.expiresAtMs,
  };
  await loginFileOf(context.environment).update(agent.url, async () => kept);
  context.print(`You are signed in at ${agent.url}.`);
  if (tokens.refreshToken === undefined) {
    context.warn('The sign-in provider gave nothing to refresh with: you will be asked again when the token expires.');
  }
}

/** RFC 7009, where the issuer offers it: what was copied from the file before ends as well. */
async function revoke(
  context: CliContext,
  { revocation_endpoint: url, refresh_token: token, client_id }: Login,
): Promise<void> {
  if (url === undefined || token === undefined) return;
  const form = { token, token_type_hint: 'refresh_token', client_id };
  await issuerClientOf(context)
    .post(url, form, z.unknown())
    .catch(() => context.warn('The sign-in provider could not be told; the token there ends by itself.'));
}

async function logout(context: CliContext, command: Command): Promise<void> {
  const { url } = bareAgent(context, command);
  const file = loginFileOf(context.environment);
  const before = await file.read(url);
  if (before === undefined) return context.print(`Nobody was signed in at ${url}.`);
  await file.update(url, async () => undefined);
  await revoke(context, before);
  context.print(`You are signed out at ${url}.`);
}

export function addLoginCommands(program: Command, context: CliContext): void {
  program
    .command('login')
    .description('sign in at the Agent API’s sign-in provider, for all other commands')
    .option('--issuer <issuer>', 'which one, by its address or by the short name that the Agent API has for it')
    .option('--client-id <id>', 'with an --issuer of your own: the client to sign in as')
    .option('--scopes <scopes>', 'such as "openid offline_access calendar.read"')
    .option('--resource <url>', 'for which API the token is (RFC 8707)')
    .option('--audience <name>', 'the same for providers that call it so')
    .option('--port <port>', 'where the browser comes back to, for providers that want it fixed')
    .option('--device', 'type a code on any device, for computers without a browser')
    .option('--no-browser', 'only print the link')
    .addHelpText('after', '\nThe token lies in ~/.config/sallyport/login.json, which only you can read.')
    .action((options: LoginOptions, command: Command) => login(context, options, command));
  withExamples(
    program
      .command('logout')
      .description('forget the sign-in, here and at the provider')
      .action((_options: unknown, command: Command) => logout(context, command)),
    'logout',
  );
  withExamples(
    program
      .command('whoami')
      .description('whom the Agent API takes you for')
      .option('--json', 'print it as JSON')
      .action(async (options: { json?: true }, command: Command) => {
        const found = await askWhoAmI(agentEndpoint(context, command));
        if (options.json === true) context.print(JSON.stringify(found, null, 2));
        else context.print(`${found.person}  ${oneLine(found.identity)}  ${found.scopes.join(' ')}`);
      }),
    'whoami',
    'whoami --json',
  );
}
