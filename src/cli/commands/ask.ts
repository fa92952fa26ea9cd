import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { describeApproval, QUESTION, readDecision } from '../approval-prompt.ts';
import { CANCELLED, createChatSession } from '../chat-session.ts';
import { type Approval, type ChatOptions, continueTurn, type TurnAnswer } from '../client/chat.ts';
import { conversationId } from '../client/conversations.ts';
import { agentEndpoint, approvalsEndpoint, type CliContext, settingsOf, timeZoneOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts';
import { prompt } from '../prompt.ts';
import { oneLine } from '../visible.ts';

// `sallyport ask "…"`: one question, its answer, and a yes or no where something would be written.

interface AskOptions {
  readonly conversation?: string;
  readonly zone?: string;
  readonly yes?: true;
  readonly json?: true;
}

/** Whether a yes or no is waited for: then nobody waits for the turn. */
interface OpenQuestion {
  isOpen: boolean;
}

/** Asks on the terminal. Without one the question stays open: nobody said yes. */
function askOnTerminal(context: CliContext, question: OpenQuestion): ChatOptions['decide'] {
  return async (approval: Approval) => {
    if (process.stdin.isTTY !== true) return undefined;
    for (const line of describeApproval(approval, context.style)) context.tell(line);
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // Readline keeps Ctrl-C to itself while it reads: whoever listens for it stops the turn, which is no answer to the question.
    terminal.on('SIGINT', () => {
      if (!process.emit('SIGINT')) process.exit(EXIT.interrupted);
    });
    question.isOpen = true;
    try {
      // Ctrl-D at this question is a no as well.
      return readDecision((await prompt(terminal, QUESTION)) ?? '');
    } finally {
      question.isOpen = false;
      terminal.close();
    }
  };
}

const statusCodes: Readonly<Record<TurnAnswer['status'], ExitCode>> = {
  completed: EXIT.done,
  approval_required: EXIT.waiting,
  running: EXIT.unavailable,
  failed: EXIT.failed,
  cancelled: EXIT.failed,
};

interface Asked {
  readonly options: AskOptions;
  readonly command: Command;
}

function chatOptions(context: CliContext, { options, command }: Asked, question: OpenQuestion): ChatOptions {
  const approvals = approvalsEndpoint(context, command);
  if (options.yes === true && approvals === undefined) {
    throw new AppError(
      'misconfigured',
      '--yes needs the OAuth API and a token that approves (SALLYPORT_CONFIRM_TOKEN).',
    );
  }
  const { timeout } = settingsOf(context, command);
  return {
    agent: agentEndpoint(context, command),
    ...(approvals !== undefined && { approvals }),
    decide: options.yes === true ? async () => 'yes' : askOnTerminal(context, question),
    ...(timeout !== undefined && { waitMs: timeout.value * 1000 }),
  };
}

/** From the words of the command line, or from stdin when there are none or `-`. */
async function questionFrom(words: readonly string[]): Promise<string> {
  const fromInput = words.length === 0 ? process.stdin.isTTY !== true : words.length === 1 && words[0] === '-';
  const question = fromInput ? (await text(process.stdin)).trim() : words.join(' ').trim();
  if (question === '') throw new UsageError('Ask something: sallyport ask "am I free tomorrow at three?"');
  return question;
}

/** Ctrl-C stops the turn, so that nothing more is done, and then the program. A second one does not wait for that. */
function onInterrupt(context: CliContext, question: OpenQuestion, cancel: () => Promise<boolean>): () => void {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    context.endWith(EXIT.interrupted);
    cancel().then(
      (wasRunning) => {
        if (wasRunning && !question.isOpen) return;
        if (wasRunning) context.tell(`\n${CANCELLED}`);
        process.exit(EXIT.interrupted);
      },
      () => process.exit(EXIT.interrupted),
    );
  };
  process.on('SIGINT', stop);
  return () => {
    process.off('SIGINT', stop);
    if (asked) context.endWith(EXIT.interrupted);
  };
}

async function ask(context: CliContext, words: readonly string[], asked: Asked) {
  const { options, command } = asked;
  const open: OpenQuestion = { isOpen: false };
  const chat = chatOptions(context, asked, open);
  const live = process.stdout.isTTY === true && options.json !== true;
  const session = createChatSession({
    ...chat,
    context,
    approvals: chat.approvals,
    timeZone: timeZoneOf(context, command, options.zone),
    ...(live && { write: (piece: string) => void process.stdout.write(piece) }),
    silent: options.json === true,
  });
  const question = await questionFrom(words);
  if (options.conversation !== undefined) session.goOn(await conversationId(chat.agent, options.conversation));
  const done = onInterrupt(context, open, () => session.cancel());
  try {
    const answer = await session.ask(question);
    if (options.json === true) context.print(JSON.stringify(answer, null, 2));
    context.endWith(statusCodes[answer.status]);
  } finally {
    done();
  }
}

async function goOn(context: CliContext, turn: string, asked: Asked) {
  const { options } = asked;
  const answer = await continueTurn(turn, chatOptions(context, asked, { isOpen: false }));
  context.endWith(statusCodes[answer.status]);
  if (options.json === true) {
    context.print(JSON.stringify(answer, null, 2));
    return;
  }
  for (const call of answer.tool_calls)
    context.tell(context.style.soft(`· ${oneLine(call.tool)}: ${oneLine(call.outcome)}`));
  if (answer.answer !== undefined && answer.answer !== '') context.print(answer.answer);
  if (answer.status !== 'approval_required') return;
  for (const { summary, url } of answer.approvals) {
    context.print(`Waiting for your yes: ${oneLine(summary)}\n  ${oneLine(url)}`);
  }
  context.warn(`Then go on with: sallyport continue ${oneLine(answer.turn)}`);
}

export function addAskCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('ask [words...]')
      .description('ask the agent something; without words, or with -, the question is read from stdin')
      .option('--conversation <id>', 'go on with an earlier conversation; `last` is the newest')
      .option('--zone <zone>', 'IANA time zone of the question')
      .option('--yes', 'approve whatever the agent wants to write')
      .option('--json', 'print the whole answer as JSON')
      .action((words: string[], options: AskOptions, command: Command) => ask(context, words, { options, command })),
    'ask "am I free tomorrow at three?"',
    'ask --yes --zone Europe/Berlin "book an hour with Tom tomorrow at 3pm"',
    'ask --conversation last "am I free on Friday at ten?"',
    'ask --json "am I free tomorrow at three?"',
  );
  withExamples(
    program
      .command('continue <turn>')
      .description('go on with what waited for your yes')
      .option('--yes', 'approve what the agent wants to write next')
      .option('--json', 'print the whole answer as JSON')
      .action((turn: string, options: AskOptions, command: Command) => goOn(context, turn, { options, command })),
    'continue t_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD',
  );
}
