import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type Approval, ask, type ChatOptions, continueTurn, type TurnAnswer } from '../client/chat.ts';
import { agentEndpoint, type CliContext, oauthEndpoint } from '../context.ts';
import { oneLine } from '../visible.ts';

// `sallyport ask "…"`: one question, its answer, and a yes or no where something would be written.

interface AskOptions {
  readonly conversation?: string;
  readonly zone?: string;
  readonly yes?: true;
  readonly json?: true;
}

/** Asks on the terminal. Without one the question stays open: nobody said yes. */
async function askOnTerminal(approval: Approval): Promise<'yes' | 'no' | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const reply = (await terminal.question(`${oneLine(approval.summary)}\nDo it? [y/N] `)).trim().toLowerCase();
    return reply === 'y' || reply === 'yes' ? 'yes' : 'no';
  } finally {
    terminal.close();
  }
}

function printAnswer(context: CliContext, answer: TurnAnswer): void {
  for (const call of answer.tool_calls) context.warn(`· ${oneLine(call.tool)}: ${call.outcome}`);
  if (answer.answer !== undefined && answer.answer !== '') context.print(answer.answer);
  if (answer.status !== 'approval_required') return;
  for (const item of answer.approvals)
    context.print(`Waiting for your yes: ${oneLine(item.summary)}\n  ${oneLine(item.url)}`);
  context.warn(`Then go on with: sallyport continue ${answer.turn}`);
}

function chatOptions(context: CliContext, options: AskOptions, command: Command): ChatOptions {
  return {
    agent: agentEndpoint(context, command),
    approvals: oauthEndpoint(context, command),
    decide: options.yes === true ? async () => 'yes' : askOnTerminal,
  };
}

function show(context: CliContext, answer: TurnAnswer, options: AskOptions): void {
  if (options.json === true) context.print(JSON.stringify(answer, null, 2));
  else printAnswer(context, answer);
}

export function addAskCommand(program: Command, context: CliContext): void {
  program
    .command('ask <words...>')
    .description('ask the agent something')
    .option('--conversation <id>', 'go on with an earlier conversation')
    .option('--zone <zone>', 'IANA time zone of the question')
    .option('--yes', 'approve what the agent wants to write')
    .option('--json', 'print the whole answer as JSON')
    .action(async (words: string[], options: AskOptions, command: Command) => {
      const question = {
        message: words.join(' '),
        timeZone: options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(options.conversation === undefined ? {} : { conversationId: options.conversation }),
      };
      show(context, await ask(question, chatOptions(context, options, command)), options);
    });
  program
    .command('continue <turn>')
    .description('go on with what waited for your yes')
    .option('--yes', 'approve what the agent wants to write next')
    .option('--json', 'print the whole answer as JSON')
    .action(async (turn: string, options: AskOptions, command: Command) => {
      show(context, await continueTurn(turn, chatOptions(context, options, command)), options);
    });
}
