import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint, readApi } from './api.ts';

// A person's conversations and tools, as the Agent API tells of them.

const summary = z.looseObject({
  conversation_id: z.string(),
  title: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  expires_at: z.string(),
  turn_count: z.number(),
});
export type ConversationSummary = z.infer<typeof summary>;

const page = z.object({ conversations: z.array(summary), cursor: z.string().optional() });

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('user'), text: z.string() }),
  z.looseObject({
    role: z.literal('assistant'),
    text: z.string(),
    tool_calls: z.array(z.looseObject({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) })),
  }),
  z.looseObject({ role: z.literal('tool'), tool: z.string(), text: z.string(), is_error: z.boolean() }),
]);
export type ConversationMessage = z.infer<typeof message>;

const conversation = z.looseObject({
  ...summary.shape,
  turns: z.array(
    z.looseObject({ turn: z.string(), status: z.string(), asked_at: z.string(), messages: z.array(message) }),
  ),
});
export type Conversation = z.infer<typeof conversation>;

const tool = z.looseObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  scopes: z.array(z.string()),
  writes: z.boolean(),
  destructive: z.boolean(),
  open_world: z.boolean(),
});
export type UsableTool = z.infer<typeof tool>;

export const exportFormats = ['json', 'markdown'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const PAGE = 50;
/** Nobody reads more of a list, and no answer can make a terminal ask for ever. */
const MAX_PAGES = 200;

const pathOf = (id: string): string => `/api/conversations/${encodeURIComponent(id)}`;

/** Newest first, `limit` at most. */
export async function listConversations(agent: Endpoint, limit: number): Promise<readonly ConversationSummary[]> {
  const found: ConversationSummary[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES && found.length < limit; pages += 1) {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - found.length)) });
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await callApi(agent, { method: 'GET', path: `/api/conversations?${query}` }, page);
    found.push(...answer.conversations);
    cursor = answer.cursor;
    if (cursor === undefined) break;
  }
  return found.slice(0, limit);
}

/** `last` names the one that was written last; everything else is an id already. */
export async function conversationId(agent: Endpoint, given: string): Promise<string> {
  if (given !== 'last') return given;
  const [newest] = await listConversations(agent, 1);
  if (newest === undefined) throw new AppError('not_found', 'There is no conversation yet.');
  return newest.conversation_id;
}

export const readConversation = (agent: Endpoint, id: string): Promise<Conversation> =>
  callApi(agent, { method: 'GET', path: pathOf(id) }, conversation);

export const renameConversation = (agent: Endpoint, id: string, title: string): Promise<ConversationSummary> =>
  callApi(agent, { method: 'PATCH', path: pathOf(id), body: { title } }, summary);

export async function deleteConversation(agent: Endpoint, id: string): Promise<void> {
  await callApi(agent, { method: 'DELETE', path: pathOf(id) }, z.looseObject({ deleted: z.literal(true) }));
}

/** The file's text. */
export function exportConversation(agent: Endpoint, id: string, format: ExportFormat): Promise<string> {
  const request = { method: 'POST', path: `${pathOf(id)}/export`, body: { format }, repeatable: true } as const;
  return readApi(agent, request, format === 'json' ? 'application/json' : 'text/markdown');
}

export async function listTools(agent: Endpoint): Promise<readonly UsableTool[]> {
  const found = await callApi(agent, { method: 'GET', path: '/api/tools/fetch' }, z.object({ tools: z.array(tool) }));
  return found.tools;
}
