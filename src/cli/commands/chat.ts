import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { describeApproval, QUESTION, readDecision } from '../approval-prompt.ts';
import { CHAT_COMMANDS, type ChatCommands, createChatCommands } from '../chat-commands.ts';
import { type ChatSession, createChatSession } from '../chat-session.ts';
import { ApiRefusal } from '../client/api-refusal.ts';
import type { Approval } from '../client/chat.ts';
import { conversationId } from '../client/conversations.ts';
import { stateFolder } from '../config-file.ts';
import { agentEndpoint, approvalsEndpoint, type CliContext, homeOf, settingsOf, timeZoneOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { prompt } from '../prompt.ts';
import { visible } from '../visible.ts';

// `sallyport chat`: a conversation at the terminal. Ctrl-C stops the turn under way, not the program; at a prompt it drops what is typed there, and ends
// the program where that is nothing, as Ctrl-D does. In a pipe each line is a question.

const HISTORY = 'history';
const HISTORY_LINES = 500;

/** Beside the system on this machine, or with the user's own state where there is none. */
function historyFile(context: CliContext, command: Command): string {
  const home = homeOf(command);
  return join(existsSync(home) ? home : stateFolder(context.environment), HISTORY);
}

/** Newest first, as readline keeps it. */
function readHistory(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES).reverse();
}

/** What was asked may be private: for this user's eyes only. */
function keep(file: string, line: string): void {
  appendFileSync(file, `${line}\n`, { mode: 0o600 });
}

interface Talk {
  readonly context: CliContext;
  readonly session: ChatSession;
  readonly commands: ChatCommands;
}

/** False when the session is over. What is refused is said, and the next line is read. */
async function takeLine(line: string, { context, session, commands }: Talk): Promise<boolean> {
  if (line === '') return true;
  try {
    if (line.startsWith('/')) return await commands.run(line);
    await session.ask(line);
  } catch (error) {
    if (!(error instanceof ApiRefusal || error instanceof AppError)) throw error;
    context.warn(error.message);
    // A script learns at the end that not everything was answered.
    if (process.stdin.isTTY !== true) context.endWith(exitCodeOf(error));
  }
  return true;
}

async function talkAtTerminal(terminal: Interface, talk: Talk, history: string): Promise<void> {
  const { context } = talk;
  // Typed while an answer was on its way, and no answer to a question of yes or no: that one takes its line itself.
  const early: string[] = [];
  terminal.on('line', (line) => early.push(line));
  // Who stops what is under way has no more wish for what was to follow.
  terminal.on('SIGINT', () => early.splice(0));
  const nextLine = async (): Promise<string | undefined> => {
    const line = early.shift();
    if (line === undefined) return prompt(terminal, '› ');
    context.say(`› ${visible(line)}`);
    return line;
  };
  for (;;) {
    const line = (await nextLine())?.trim();
    if (line === undefined) return;
    if (line !== '') keep(history, line);
    if (!(await takeLine(line, talk))) return;
  }
}

async function answerLines(talk: Talk): Promise<void> {
  for await (const text of createInterface({ input: process.stdin })) {
    if (!(await takeLine(text.trim(), talk))) return;
  }
}

function completer(line: string): [string[], string] {
  return [line.startsWith('/') ? CHAT_COMMANDS.filter((name) => name.startsWith(line)) : [], line];
}

interface ChatOptions {
  readonly zone?: string;
  readonly conversation?: string;
}

/** Questions of yes or no at the prompt. */
interface Asker {
  /** Nobody can be asked before there is one. */
  terminal: Interface | undefined;
  readonly confirm: (question: string) => Promise<boolean>;
  /** Answers the question that stands there with no. False when there is none. */
  readonly takeBack: () => boolean;
}

function createAsker(): Asker {
  let open: AbortController | undefined;
  return {
    terminal: undefined,
    async confirm(question) {
      // In a pipe the line itself has said it.
      if (this.terminal === undefined) return true;
      open = new AbortController();
      const reply = await prompt(this.terminal, question, open.signal);
      open = undefined;
      return readDecision(reply ?? '') === 'yes';
    },
    takeBack() {
      open?.abort();
      return open !== undefined;
    },
  };
}

async function startTalk(
  context: CliContext,
  options: ChatOptions,
  command: Command,
): Promise<Talk & { asker: Asker }> {
  const settings = settingsOf(context, command);
  const timeZone = timeZoneOf(context, command, options.zone);
  const agent = agentEndpoint(context, command);
  const asker = createAsker();
  const decide = async (approval: Approval): Promise<'yes' | 'no' | undefined> => {
    if (asker.terminal === undefined) return undefined;
    for (const line of describeApproval(approval, context.style)) context.tell(line);
    return (await asker.confirm(QUESTION)) ? 'yes' : 'no';
  };
  const session = createChatSession({
    context,
    write: (text) => void process.stdout.write(text),
    agent,
    approvals: approvalsEndpoint(context, command),
    decide,
    timeZone,
    ...(settings.timeout !== undefined && { waitMs: settings.timeout.value * 1000 }),
  });
  if (options.conversation !== undefined) session.goOn(await conversationId(agent, options.conversation));
  const confirm = (question: string): Promise<boolean> => asker.confirm(question);
  return { context, session, asker, commands: createChatCommands({ context, session, agent, timeZone, confirm }) };
}

/** Leaves what was typed as it stands, as shells do, and begins a new line. Readline has no word for it. */
function dropLine(terminal: Interface): void {
  process.stdout.write('\n');
  Object.assign(terminal, { line: '', cursor: 0, prevRows: 0 });
  terminal.prompt();
}

function openTerminal(history: string, talk: Talk & { readonly asker: Asker }): Interface {
  mkdirSync(dirname(history), { recursive: true, mode: 0o700 });
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    history: readHistory(history),
    historySize: HISTORY_LINES,
    completer,
  });
  terminal.on('SIGINT', () => {
    // A question that is left is answered with no, and the turn goes on with that.
    if (talk.asker.takeBack()) return void process.stdout.write('\n');
    talk.session.cancel().then(
      (stopped) => {
        if (stopped) return;
        if (terminal.line === '') terminal.close();
        else dropLine(terminal);
      },
      (error: unknown) => talk.context.warn(error instanceof Error ? error.message : 'It could not be stopped.'),
    );
  });
  return terminal;
}

async function chat(context: CliContext, options: ChatOptions, command: Command): Promise<void> {
  const talk = await startTalk(context, options, command);
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) return answerLines(talk);
  const history = historyFile(context, command);
  const terminal = openTerminal(history, talk);
  talk.asker.terminal = terminal;
  context.warn('/help shows what there is.');
  try {
    await talkAtTerminal(terminal, talk, history);
  } finally {
    terminal.close();
  }
}

export function addChatCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('chat')
      .description('talk with the agent; in a pipe, each line is a question')
      .option('--conversation <id>', 'go on with an earlier conversation; `last` is the newest')
      .option('--zone <zone>', 'IANA time zone of the questions')
      .action((options: ChatOptions, command: Command) => chat(context, options, command)),
    'chat',
    'chat --conversation last',
  );
}
