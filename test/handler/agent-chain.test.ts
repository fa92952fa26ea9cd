import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { createEdge } from '../../src/adapters/http/error-response.ts';
import { createFetchApp } from '../../src/adapters/http/fetch-app.ts';
import { createMcpToolClient } from '../../src/adapters/http/mcp-client.ts';
import { createOpenAiModel } from '../../src/adapters/models/openai.ts';
import { createAgentApp } from '../../src/agent/agent-app.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { HttpApp } from '../../src/ports/http.ts';
import type { ToolClient } from '../../src/ports/tool-client.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { toolHash } from '../../src/trust/tool-hash.ts';
import { send } from '../support/agent-world.ts';
import { type AiMock, startAiMock } from '../support/aimock.ts';
import { PERSON } from '../support/mcp-app.ts';
import { createEchoTool, createNoteTool } from '../support/mcp-tools.ts';
import { createMcpWorld, type McpWorld } from '../support/mcp-world.ts';

// The way of one question with nothing scripted but the provider: Agent API → OpenAI adapter → MCP client → mutual TLS → the agent
// door → approval → tool, and back.

describe('one question', () => {
  const notes: string[] = [];
  const tools = [createEchoTool(), createNoteTool(notes)];
  const clock = { nowMs: () => Date.now() };
  const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  let mcp: McpWorld;
  let provider: AiMock;
  let client: ToolClient;
  let app: HttpApp;
  let token: string;

  beforeAll(async () => {
    provider = await startAiMock();
    mcp = await createMcpWorld(tools);
    const document = await mcp.credentials();
    client = createMcpToolClient({
      credentials: async () => document,
      mcpUrl: mcp.mcpUrl,
      clock,
      random,
      log: mcp.log,
    });
    const agent = createAgentApp({
      store: mcp.store,
      conversations: createKeyValueConversations({ store: mcp.store, clock, random }),
      model: createOpenAiModel({
        apiKey: createSecret('sk-test'),
        baseUrl: `${provider.url}/v1`,
        model: 'gpt-test',
        dialect: 'strict',
      }),
      tools: client,
      toolHashes: Object.fromEntries(tools.map(({ declaration }) => [declaration.name, toolHash(declaration)])),
      clock,
      random,
      log: mcp.log,
    });
    app = createEdge(
      createFetchApp((request, exchange) => agent.fetch(request, exchange)),
      mcp.log,
    );
    const made = createToken({
      person: PERSON,
      audience: 'agent',
      scopes: ['test.write'],
      nowMs: Date.now(),
      lifetimeSeconds: 600,
      random: randomBytes(42),
    });
    await mcp.store.set(tokenKey(made.record.id), JSON.stringify(made.record));
    token = made.text;
  }, 600_000);
  afterAll(async () => {
    await client.close();
    await mcp.close();
    await provider.stop();
  });

  it('reads at once, writes after the person’s yes, and answers', async () => {
    provider.on(
      { userMessage: 'remember', turnIndex: 0 },
      { toolCalls: [{ name: 'echo', arguments: '{"text":"milk?"}' }] },
    );
    provider.on(
      { userMessage: 'remember', turnIndex: 1 },
      { toolCalls: [{ name: 'note', arguments: '{"text":"milk"}' }] },
    );
    provider.on({ userMessage: 'remember', turnIndex: 2 }, { content: 'I noted milk.' });
    const paused = await send(app, 'POST', '/chat', { token, body: { message: 'remember the milk' } });
    expect(paused.body).toMatchObject({
      status: 'approval_required',
      tool_calls: [
        { tool: 'echo', outcome: 'completed' },
        { tool: 'note', outcome: 'approval_required' },
      ],
      approvals: [{ tool: 'note', summary: 'Keep the note "milk"' }],
    });
    expect(notes).toEqual([]);
    await mcp.decide('yes');
    const done = await send(app, 'POST', `/turns/${paused.body.turn}/continue`, { token });
    expect(done.body).toMatchObject({ status: 'completed', answer: 'I noted milk.' });
    expect(notes).toEqual(['milk']);
    expect(mcp.requests.map((request) => request.headers['mcp-method'])).toEqual([
      'tools/list',
      'tools/call',
      'tools/call',
      'tools/call',
    ]);
    const told = provider.getRequests().at(-1)?.body.messages.at(-1)?.content;
    expect(told).toContain('Kept.');
  });

  it('is refused by the person: nothing is written, and the answer says so', async () => {
    notes.length = 0;
    provider.reset();
    provider.on(
      { userMessage: 'jot', turnIndex: 0 },
      { toolCalls: [{ name: 'note', arguments: '{"text":"secret"}' }] },
    );
    provider.on({ userMessage: 'jot', turnIndex: 1 }, { content: 'I have added the note.' });
    const paused = await send(app, 'POST', '/chat', { token, body: { message: 'jot it down' } });
    await mcp.decide('no');
    const done = await send(app, 'POST', `/turns/${paused.body.turn}/continue`, { token });
    expect(notes).toEqual([]);
    expect(done.body.tool_calls).toMatchObject([{ outcome: 'refused', code: 'approval_refused' }]);
    expect(done.body.answer).toContain('note was not done: The person said no');
  });

  it('of a person who took the grant back gets words, not a call', async () => {
    provider.reset();
    provider.on({ userMessage: 'say' }, { toolCalls: [{ name: 'echo', arguments: '{"text":"x"}' }] });
    provider.on({ userMessage: 'say', hasToolResult: true }, { content: 'I may not.' });
    await mcp.grant({ expires_at: Math.floor(Date.now() / 1000) - 1 });
    const { body } = await send(app, 'POST', '/chat', { token, body: { message: 'say x' } });
    expect(body.tool_calls[0]).toMatchObject({
      outcome: 'refused',
      code: 'forbidden',
      message: expect.stringMatching(/allow/i),
    });
    await mcp.grant();
  });

  it('travels under one trace', () => {
    const traces = mcp.requests.map((request) => request.headers['traceparent']);
    for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traces[0]).toBe(traces[1]);
  });
});
