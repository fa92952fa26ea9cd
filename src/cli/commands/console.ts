import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { showLink } from '../browser.ts';
import { type Endpoint, readApi } from '../client/api.ts';
import { ApiRefusal } from '../client/api-refusal.ts';
import { handOverToken } from '../client/hand-over.ts';
import { agentEndpoint, type CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';

// `sallyport console`: the web console in a browser, with the token that this command itself would use.

const CONSOLE = { method: 'GET', path: '/console' } as const;

/** Said here, it reaches the person; in the browser it would be an error in JSON. */
async function demandConsole(agent: Endpoint): Promise<void> {
  try {
    await readApi(agent, CONSOLE, 'text/html');
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    const words = `${agent.url} serves no console. Its operator switches it on with SALLYPORT_CONSOLE=on.`;
    throw new AppError('not_found', words, { cause: error });
  }
}

async function openConsole(context: CliContext, browser: boolean, command: Command): Promise<void> {
  const agent = agentEndpoint(context, command);
  if (agent.sign !== undefined) {
    throw new AppError(
      'invalid_request',
      'A browser cannot sign requests for AWS. Name an Agent API that takes tokens.',
    );
  }
  await demandConsole(agent);
  const token = typeof agent.token === 'function' ? await agent.token() : agent.token;
  if (token === undefined)
    throw new AppError('unauthenticated', 'There is no token to hand over. Set SALLYPORT_TOKEN.');
  await handOverToken({ consoleUrl: `${agent.url}${CONSOLE.path}`, token, open: showLink(context, browser) });
  context.print('The console is open in your browser.');
}

export function addConsoleCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('console')
      .description('open the web console in a browser, signed in')
      .option('--no-browser', 'only print the link, which is good once and for two minutes')
      .action((options: { browser: boolean }, command: Command) => openConsole(context, options.browser, command)),
    'console --no-browser',
  );
}
