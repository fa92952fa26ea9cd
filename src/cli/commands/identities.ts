import type { Command } from 'commander';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { showLink } from '../browser.ts';
import { callApi } from '../client/api.ts';
import { currentAuthorization } from '../client/credentials.ts';
import { type LinkRequest, linkIdentity } from '../client/link.ts';
import { createTransport } from '../client/transport.ts';
import { type CliContext, oauthEndpoint, settingsOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { oneLine } from '../visible.ts';

// `sallyport identities|link|unlink`: what proves who you are. A sign-in of this terminal becomes yours in a browser that is signed in as you.

const identities = z.object({ person: z.string(), identities: z.array(z.string()) });

/** Both APIs with the token of the sign-in, which may ask the OAuth API for one thing only: to be linked. */
async function asSignIn(context: CliContext, command: Command): Promise<Pick<LinkRequest, 'agent' | 'oauth'>> {
  const { environment } = context;
  const { agentUrl, oauthUrl } = settingsOf(context, command);
  if (agentUrl === undefined || oauthUrl === undefined) {
    throw new AppError(
      'misconfigured',
      'Say --agent-url and --oauth-url, or set SALLYPORT_AGENT_URL and SALLYPORT_OAUTH_URL.',
    );
  }
  const current = () => currentAuthorization({ environment, agentUrl: agentUrl.value });
  if ((await current()) === undefined) throw new AppError('unauthenticated', 'Run `sallyport login` first.');
  const shared = { token: current, transport: createTransport(environment) };
  return { agent: { url: agentUrl.value, ...shared }, oauth: { url: oauthUrl.value, ...shared } };
}

export function addIdentityCommands(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('identities')
      .description('what proves who you are')
      .option('--json', 'print them as JSON')
      .action(async (options: { json?: true }, command: Command) => {
        const oauth = oauthEndpoint(context, command);
        const found = await callApi(oauth, { method: 'GET', path: '/identities' }, identities);
        if (options.json === true) context.print(JSON.stringify(found.identities, null, 2));
        else for (const identity of found.identities) context.print(oneLine(identity));
      }),
    'identities',
    'identities --json',
  );
  program
    .command('link')
    .description('let your `sallyport login` prove who you are: opens a browser in which you are signed in')
    .option('--no-browser', 'only print the link')
    .action(async (options: { readonly browser: boolean }, command: Command) => {
      const apis = await asSignIn(context, command);
      const found = await linkIdentity({ ...apis, open: showLink(context, options.browser) });
      context.print(`${oneLine(found.identity)} is ${found.person}`);
    });
  program
    .command('unlink <identity>')
    .description('let an identity prove you no longer, such as oidc:okta:00u1a2b3c4')
    .action(async (identity: string, _options: unknown, command: Command) => {
      const request = { method: 'POST', path: '/identities/unlink', body: { identity } } as const;
      await callApi(oauthEndpoint(context, command), request, z.looseObject({}));
      context.print(`${oneLine(identity)} proves you no longer.`);
    });
}
