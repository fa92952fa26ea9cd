import type { Conversation, ConversationMessage, ConversationSummary, UsableTool } from './client/conversations.ts';
import { visible } from './visible.ts';
import { inColumns, momentInWords } from './words.ts';

// Conversations and tools as lines for a person. `print` makes what others said in them safe.

const untitled = (title: string): string => (title === '' ? '(no title)' : title);

export function describeSummaries(summaries: readonly ConversationSummary[], timeZone: string): readonly string[] {
  return inColumns(
    summaries.map(({ updated_at, turn_count, title }) => [
      momentInWords(updated_at, timeZone),
      turn_count === 1 ? '1 turn' : `${turn_count} turns`,
      untitled(title),
    ]),
  );
}

/** The same with ids, for commands that name one. */
export function describeSummariesById(summaries: readonly ConversationSummary[], timeZone: string): readonly string[] {
  const lines = describeSummaries(summaries, timeZone);
  return summaries.map(({ conversation_id }, index) => `${conversation_id}  ${lines[index] ?? ''}`);
}

function describeMessage(message: ConversationMessage): readonly string[] {
  if (message.role === 'user') return [`› ${message.text}`];
  if (message.role === 'tool') return message.is_error ? [`· ${message.tool}: ${message.text}`] : [];
  const calls = message.tool_calls.map(({ tool, arguments: args }) => `· ${tool} ${JSON.stringify(args)}`);
  return message.text === '' ? calls : [...calls, message.text];
}

/** Those that end when somebody goes on with them; the others have ended. */
const OPEN = ['running', 'approval_required', 'interrupted'];

function describeStatus(status: string, turn: string): readonly string[] {
  if (status === 'completed') return [];
  return [OPEN.includes(status) ? `· ${status}: sallyport continue ${turn}` : `· ${status}`];
}

/** Its title, and its last `turns`. */
export function describeConversation(
  conversation: Conversation,
  { timeZone, turns }: { readonly timeZone: string; readonly turns: number },
): readonly string[] {
  const shown = conversation.turns.slice(-turns);
  const left = conversation.turn_count - shown.length;
  const before = left === 1 ? ', one turn before' : `, ${left} turns before`;
  const head = `${untitled(conversation.title)} (${momentInWords(conversation.updated_at, timeZone)}${left > 0 ? before : ''})`;
  const lines = shown.flatMap(({ messages, status, turn }) => [
    ...messages.flatMap(describeMessage),
    ...describeStatus(status, turn),
  ]);
  return [head, ...lines].map(visible);
}

function nature({ writes, destructive, open_world }: UsableTool): string {
  const parts = [writes ? (destructive ? 'changes' : 'adds') : 'reads', ...(open_world ? ['outside'] : [])];
  return parts.join(', ');
}

export const describeTools = (tools: readonly UsableTool[]): readonly string[] =>
  inColumns(tools.map((tool) => [tool.name, nature(tool), tool.title]));
