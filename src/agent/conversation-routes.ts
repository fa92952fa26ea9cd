import type { Hono } from 'hono';
import type { Clock } from '../ports/clock.ts';
import type { ConversationService } from './conversation-service.ts';
import { exportBody, readJson, readNothing, readOptionalJson, titleBody } from './json-request.ts';
import { readPage } from './page-query.ts';
import { type AgentEnv, logFor, methodNotAllowed, NO_STORE, type RouteDeps, whoAsks } from './routes.ts';

// A person's conversations: listed, read, named, exported, deleted. Another person's are answered as if there were none.

export interface ConversationRouteDeps extends RouteDeps {
  readonly clock: Clock;
}

export function routeConversations(
  app: Hono<AgentEnv>,
  conversations: ConversationService,
  deps: ConversationRouteDeps,
): void {
  app.get('/api/conversations', async (c) => {
    const { person } = await whoAsks(c, deps);
    return c.json(await conversations.list(person, readPage(c.req.queries())), 200, NO_STORE);
  });
  app.all('/api/conversations', methodNotAllowed('GET, HEAD'));

  app.get('/api/conversations/:id', async (c) => {
    const { person } = await whoAsks(c, deps);
    return c.json(await conversations.read(person, c.req.param('id'), logFor(c, deps.log)), 200, NO_STORE);
  });
  app.patch('/api/conversations/:id', async (c) => {
    const { person } = await whoAsks(c, deps);
    const { title } = await readJson(c.req.raw, titleBody);
    return c.json(await conversations.rename(person, c.req.param('id'), title), 200, NO_STORE);
  });
  app.delete('/api/conversations/:id', async (c) => {
    const { person } = await whoAsks(c, deps);
    await readNothing(c.req.raw);
    const conversation_id = c.req.param('id');
    await conversations.remove(person, conversation_id);
    return c.json({ conversation_id, deleted: true }, 200, NO_STORE);
  });
  app.all('/api/conversations/:id', methodNotAllowed('GET, HEAD, PATCH, DELETE'));

  app.post('/api/conversations/:id/export', async (c) => {
    const { person } = await whoAsks(c, deps);
    const { format } = await readOptionalJson(c.req.raw, exportBody);
    const conversation = await conversations.read(person, c.req.param('id'), logFor(c, deps.log));
    const exported_at = new Date(deps.clock.nowMs()).toISOString();
    const name = `sallyport-${conversation.conversation_id}.${format === 'markdown' ? 'md' : 'json'}`;
    const headers = { ...NO_STORE, 'content-disposition': `attachment; filename="${name}"` };
    if (format === 'json') return c.json({ v: 1, exported_at, conversation }, 200, headers);
    const { conversationMarkdown } = await import('./conversation-export.ts');
    const text = conversationMarkdown(conversation, exported_at);
    return c.body(text, 200, { ...headers, 'content-type': 'text/markdown; charset=utf-8' });
  });
  app.all('/api/conversations/:id/export', methodNotAllowed('POST'));
}
