import type { Command } from 'commander';
import { writeOnce } from '../chat-commands.ts';
import {
  conversationId,
  deleteConversation,
  type ExportFormat,
  exportConversation,
  exportFormats,
  listConversations,
  listTools,
  readConversation,
  renameConversation,
} from '../client/conversations.ts';
import { agentEndpoint, type CliContext, settingsOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { describeConversation, describeSummariesById, describeTools } from '../listings.ts';

// `sallyport conversations …` and `sallyport tools`: what was said, and what the agent can do.

interface JsonOption {
  readonly json?: true;
}

async function list(
  context: CliContext,
  options: JsonOption & { readonly limit: string },
  command: Command,
): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new UsageError('--limit takes a whole number from 1 to 1000.');
  }
  const found = await listConversations(agentEndpoint(context, command), limit);
  if (options.json === true) {
    context.print(JSON.stringify(found, null, 2));
    return;
  }
  const timeZone = settingsOf(context, command).timeZone.value;
  for (const line of describeSummariesById(found, timeZone)) context.print(line);
  if (found.length === 0) context.warn('There is no conversation yet.');
}

function formatOf(format: string | undefined, file: string | undefined): ExportFormat {
  if (format === undefined) return file?.endsWith('.json') === true ? 'json' : 'markdown';
  const known = exportFormats.find((name) => name === format);
  if (known !== undefined) return known;
  throw new UsageError(`--format is ${exportFormats.join(' or ')}.`);
}

function addReading(conversations: Command, context: CliContext): void {
  withExamples(
    conversations
      .command('list', { isDefault: true })
      .description('list conversations, newest first')
      .option('--limit <count>', 'how many at most', '20')
      .option('--json', 'print them as JSON')
      .action((options: JsonOption & { limit: string }, command: Command) => list(context, options, command)),
    'conversations',
    'conversations list --limit 3 --json',
  );
  withExamples(
    conversations
      .command('show <id>')
      .description('print a conversation; `last` is the newest')
      .option('--json', 'print it as JSON')
      .action(async (given: string, options: JsonOption, command: Command) => {
        const agent = agentEndpoint(context, command);
        const found = await readConversation(agent, await conversationId(agent, given));
        const timeZone = settingsOf(context, command).timeZone.value;
        if (options.json === true) context.print(JSON.stringify(found, null, 2));
        else
          for (const line of describeConversation(found, { timeZone, turns: found.turns.length })) context.print(line);
      }),
    'conversations show last',
  );
  withExamples(
    conversations
      .command('export <id>')
      .description('print a conversation as Markdown, or write it to a file')
      .option('--format <format>', exportFormats.join(' or '))
      .option('--output <file>', 'a new file, for you alone')
      .action(async (given: string, options: { format?: string; output?: string }, command: Command) => {
        const agent = agentEndpoint(context, command);
        const format = formatOf(options.format, options.output);
        const text = await exportConversation(agent, await conversationId(agent, given), format);
        if (options.output === undefined) context.print(text.trimEnd());
        else {
          writeOnce(options.output, text);
          context.warn(`Written to ${options.output}.`);
        }
      }),
    'conversations export last',
    'conversations export last --format json',
  );
}

export function addConversationCommands(program: Command, context: CliContext): void {
  const conversations = program.command('conversations').description('what you and the agent said');
  addReading(conversations, context);
  withExamples(
    conversations
      .command('rename <id> <title>')
      .description('give a conversation another title')
      .action(async (given: string, title: string, _options: unknown, command: Command) => {
        const agent = agentEndpoint(context, command);
        const renamed = await renameConversation(agent, await conversationId(agent, given), title);
        context.print(`${renamed.conversation_id}  ${renamed.title}`);
      }),
    'conversations rename last "Lunch with Ana"',
  );
  withExamples(
    conversations
      .command('delete <id>')
      .description('delete a conversation for good')
      .action(async (given: string, _options: unknown, command: Command) => {
        const agent = agentEndpoint(context, command);
        const id = await conversationId(agent, given);
        await deleteConversation(agent, id);
        context.print(`${id} is deleted.`);
      }),
    'conversations delete last',
  );
  withExamples(
    program
      .command('tools')
      .description('what the agent can do for you')
      .option('--json', 'print them with their schemas as JSON')
      .action(async (options: JsonOption, command: Command) => {
        const tools = await listTools(agentEndpoint(context, command));
        if (options.json === true) context.print(JSON.stringify(tools, null, 2));
        else for (const line of describeTools(tools)) context.print(line);
      }),
    'tools',
    'tools --json',
  );
}
