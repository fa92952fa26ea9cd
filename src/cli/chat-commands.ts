import { writeFileSync } from 'node:fs';
import { AppError } from '../kernel/app-error.ts';
import type { ChatSession } from './chat-session.ts';
import type { Endpoint } from './client/api.ts';
import {
  type ConversationSummary,
  conversationId,
  deleteConversation,
  exportConversation,
  listConversations,
  listTools,
  readConversation,
} from './client/conversations.ts';
import type { CliContext } from './context.ts';
import { describeConversation, describeSummaries, describeTools } from './listings.ts';
import { oneLine } from './visible.ts';

// What a line that begins with `/` does in a chat.

export interface ChatCommandDeps {
  readonly context: Pick<CliContext, 'print' | 'warn' | 'tell' | 'style'>;
  readonly session: ChatSession;
  readonly agent: Endpoint;
  readonly timeZone: string;
  /** Asks before something is gone for good; in a pipe the line itself is the answer. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface ChatCommands {
  /** False when the session is over. */
  run(line: string): Promise<boolean>;
}

export const CHAT_HELP = `Ask in plain language. Also:
  /new              begin another conversation
  /list             your conversations, newest first
  /open <n or id>   go on with one of them
  /delete [n or id] delete one, or this one
  /export [file]    write this conversation to a file (.md or .json)
  /tools            what the agent can do for you
  /model            who answers
  /help             this
  /quit             leave (or Ctrl-D); Ctrl-C stops the turn under way`;

export const CHAT_COMMANDS = ['/new', '/list', '/open', '/delete', '/export', '/tools', '/model', '/help', '/quit'];

const LISTED = 20;
/** Enough to know again where a conversation stood. */
const TURNS_SHOWN = 3;

export function createChatCommands(deps: ChatCommandDeps): ChatCommands {
  const { context, session, agent, timeZone } = deps;
  let listed: readonly ConversationSummary[] = [];

  async function list(): Promise<void> {
    listed = await listConversations(agent, LISTED);
    for (const [index, line] of describeSummaries(listed, timeZone).entries()) context.print(`${index + 1}  ${line}`);
    if (listed.length === 0) context.warn('There is no conversation yet.');
  }

  /** A number is a line of the last list; without either it is the conversation that is open. */
  async function named(given: string): Promise<string> {
    if (given === '') {
      if (session.conversation !== undefined) return session.conversation;
      throw new AppError('invalid_request', 'No conversation is open. Name one: /list shows them.');
    }
    if (!/^\d+$/.test(given)) return conversationId(agent, given);
    if (listed.length === 0) listed = await listConversations(agent, LISTED);
    const found = listed[Number(given) - 1];
    if (found === undefined) throw new AppError('not_found', `There is no ${given} in the list. /list shows it.`);
    return found.conversation_id;
  }

  async function open(given: string): Promise<void> {
    if (given === '') throw new AppError('invalid_request', 'Name one: /open 1. /list shows them.');
    const conversation = await readConversation(agent, await named(given));
    session.goOn(conversation.conversation_id);
    for (const line of describeConversation(conversation, { timeZone, turns: TURNS_SHOWN })) context.print(line);
  }

  async function remove(given: string): Promise<void> {
    const id = await named(given);
    const { title } = await readConversation(agent, id);
    if (!(await deps.confirm(`Delete “${oneLine(title)}” for good? [y/N] `))) return;
    await deleteConversation(agent, id);
    listed = [];
    if (session.conversation === id) session.goOn(undefined);
    context.warn(`“${title}” is deleted.`);
  }

  async function save(given: string): Promise<void> {
    const id = await named('');
    const file = given === '' ? `sallyport-${id}.md` : given;
    const text = await exportConversation(agent, id, file.endsWith('.json') ? 'json' : 'markdown');
    writeOnce(file, text);
    context.warn(`Written to ${file}.`);
  }

  const commands: Readonly<Record<string, (given: string) => Promise<void> | void>> = {
    '/new': () => {
      session.goOn(undefined);
      context.warn('A new conversation.');
    },
    '/list': list,
    '/open': open,
    '/delete': remove,
    '/export': save,
    '/tools': async () => {
      for (const line of describeTools(await listTools(agent))) context.print(line);
    },
    '/model': () => context.warn(session.model ?? 'Nobody has answered yet.'),
    '/help': () => context.warn(CHAT_HELP),
  };

  return {
    async run(line) {
      const [name = '', ...rest] = line.split(/\s+/);
      if (name === '/quit' || name === '/exit') return false;
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (command === undefined) context.warn(`There is no ${oneLine(name)}. /help shows what there is.`);
      else await command(rest.join(' '));
      return true;
    },
  };
}

/** For its owner alone, and over no other file. */
export function writeOnce(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already' : 'cannot be written';
    throw new AppError('invalid_request', `${file} ${why}. Name another file.`, { cause });
  }
}
