import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type ChatSession, createChatSession } from '../chat-session.ts';
import type { Approval } from '../client/chat.ts';
import { agentEndpoint, approvalsEndpoint, type CliContext, homeOf } from '../context.ts';
import { oneLine } from '../visible.ts';

// `sallyport chat`: a conversation at the terminal. Ctrl-C stops the turn under way, not the program; at an empty prompt it ends the program, as
// Ctrl-D does. In a pipe each line is a question.

const HISTORY = 'history';
const HISTORY_LINES = 500;
const HELP = `Ask in plain language. Also:
  /new     begin another conversation
  /model   who answers
  /help    this
  /quit    leave (or Ctrl-D); Ctrl-C stops the turn under way`;

/** Newest first, as readline keeps it. */
function readHistory(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES).reverse();
}

/** What was asked may be private: for this user's eyes only. */
function keep(file: string, line: string): void {
  appendFileSync(file, `${line}\n`, { mode: 0o600 });
}

/** False when the session is over. */
function runCommand(line: string, session: ChatSession, context: CliContext): boolean {
  switch (line) {
    case '/quit':
    case '/exit':
      return false;
    case '/new':
      session.begin();
      context.warn('A new conversation.');
      return true;
    case '/model':
      context.warn(session.model ?? 'Nobody has answered yet.');
      return true;
    case '/help':
      context.warn(HELP);
      return true;
    default:
      context.warn(`There is no ${oneLine(line.split(' ')[0] ?? '')}. /help shows what there is.`);
      return true;
  }
}

async function readLine(terminal: Interface): Promise<string | undefined> {
  try {
    return (await terminal.question('› ')).trim();
  } catch {
    // Ctrl-D, or Ctrl-C at the prompt.
    return undefined;
  }
}

async function talk(terminal: Interface, session: ChatSession, context: CliContext, history: string): Promise<void> {
  for (;;) {
    const line = await readLine(terminal);
    if (line === undefined) return;
    if (line === '') continue;
    keep(history, line);
    if (!line.startsWith('/')) await session.ask(line);
    else if (!runCommand(line, session, context)) return;
  }
}

async function answerLines(session: ChatSession, context: CliContext): Promise<void> {
  for await (const text of createInterface({ input: process.stdin })) {
    const line = text.trim();
    if (line === '') continue;
    if (!line.startsWith('/')) await session.ask(line);
    else if (!runCommand(line, session, context)) return;
  }
}

export function addChatCommand(program: Command, context: CliContext): void {
  program
    .command('chat')
    .description('talk with the agent; in a pipe, each line is a question')
    .option('--zone <zone>', 'IANA time zone of the questions')
    .action(async (options: { readonly zone?: string }, command: Command) => {
      const home = homeOf(command);
      const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
      let terminal: Interface | undefined;
      const decide = async (approval: Approval): Promise<'yes' | 'no' | undefined> => {
        if (terminal === undefined) return undefined;
        const reply = await terminal.question(`${oneLine(approval.summary)}\nDo it? [y/N] `).catch(() => '');
        return /^y(?:es)?$/i.test(reply.trim()) ? 'yes' : 'no';
      };
      const session = createChatSession({
        context,
        write: (text) => void process.stdout.write(text),
        agent: agentEndpoint(context, command),
        approvals: approvalsEndpoint(context, command),
        decide,
        timeZone: options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      });
      if (!interactive) return answerLines(session, context);
      mkdirSync(home, { recursive: true, mode: 0o700 });
      const file = join(home, HISTORY);
      const history = readHistory(file);
      terminal = createInterface({ input: process.stdin, output: process.stdout, history, historySize: HISTORY_LINES });
      terminal.on('SIGINT', () => {
        void session
          .cancel()
          .then((stopped) => {
            if (!stopped) terminal?.close();
          })
          .catch((error: unknown) => context.warn(error instanceof Error ? error.message : 'It could not be stopped.'));
      });
      context.warn('/help shows what there is.');
      try {
        await talk(terminal, session, context, file);
      } finally {
        terminal.close();
      }
    });
}
