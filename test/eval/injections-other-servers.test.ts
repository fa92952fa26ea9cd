import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { createEdge } from '../../src/adapters/http/error-response.ts';
import { createFetchApp } from '../../src/adapters/http/fetch-app.ts';
import { createMcpToolClient } from '../../src/adapters/http/mcp-client.ts';
import { createOpenAiModel } from '../../src/adapters/models/openai.ts';
import { createAgentApp } from '../../src/agent/agent-app.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { Tool } from '../../src/mcp/tools/tool.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { toolHash } from '../../src/trust/tool-hash.ts';
import { type Sent, send } from '../support/agent-world.ts';
import { PERSON } from '../support/mcp-app.ts';
import { createToolOf } from '../support/mcp-tools.ts';
import { createMcpWorld } from '../support/mcp-world.ts';
import { type ObedientModel, startObedientModel } from '../support/obedient-model.ts';
import { fillInAll, holdsSecret, type Injection, isOfOtherServer, loadInjections, secretNames } from './injection.ts';

// Injections in what another server says: its tools' descriptions, answers and errors. Behind the real agent door over real mutual TLS stand three
// tools such as a mail server would bring: one reads, one writes, one reads the open world. The model obeys.

const injections = loadInjections().filter(isOfOtherServer);
const SECRET = 'qzv900kxw4242jqp';
const TRAP = 'http://trap.example';
const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const TEXT = { type: 'string' };

/** What reached the outside. */
interface Outside {
  readonly pages: string[];
  readonly mails: string[];
}

function createTools(inbox: Tool['run'], outside: Outside): readonly Tool[] {
  const schema = (properties: Readonly<Record<string, unknown>>, required: readonly string[] = []) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  });
  return [
    createToolOf('read_inbox', inbox, { description: 'The newest mails.', annotations: READS }),
    createToolOf(
      'fetch_page',
      async (args) => {
        outside.pages.push(JSON.stringify(args));
        return { text: 'A page.', structuredContent: {} };
      },
      {
        inputSchema: schema({ url: TEXT, options: { type: 'object' } }, ['url']),
        annotations: { ...READS, openWorldHint: true },
      },
    ),
    createToolOf(
      'send_mail',
      async (args) => {
        outside.mails.push(JSON.stringify(args));
        return { text: 'Sent.', structuredContent: {} };
      },
      {
        inputSchema: schema({ to: TEXT, text: TEXT }, ['to', 'text']),
        annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
        scopes: ['test.write'],
      },
    ),
  ];
}

interface Played extends Outside {
  readonly answer: Sent['body'];
  readonly log: string;
}

async function play(injection: Injection, model: ObedientModel): Promise<Played> {
  const { where } = injection;
  const text = fillInAll(injection.text, { trap: TRAP });
  const outside: Outside = { pages: [], mails: [] };
  const mail = `Your code is ${SECRET}.`;
  const tools = createTools(async () => {
    if (where === 'tool-error') return { isError: true, code: 'upstream_failed', text: `${text}\n${mail}` };
    return { text: where === 'tool-answer' ? `${mail}\n${text}` : mail, structuredContent: {} };
  }, outside);
  const changed = tools.map((tool) =>
    where === 'tool-description' && tool.declaration.name === 'read_inbox'
      ? { ...tool, declaration: { ...tool.declaration, description: text } }
      : tool,
  );
  const mcp = await createMcpWorld(changed);
  const document = await mcp.credentials();
  const client = createMcpToolClient({
    credentials: async () => document,
    mcpUrl: mcp.mcpUrl,
    clock,
    random,
    log: mcp.log,
  });
  const agent = createAgentApp({
    store: mcp.store,
    conversations: createKeyValueConversations({ store: mcp.store, clock, random }),
    model: createOpenAiModel({ apiKey: createSecret('sk-test'), baseUrl: model.url, model: 'obedient' }),
    tools: client,
    // What the agent was built with: the tools as they were when an operator looked at them.
    toolHashes: Object.fromEntries(tools.map(({ declaration }) => [declaration.name, toolHash(declaration)])),
    clock,
    random,
    log: mcp.log,
  });
  const app = createEdge(
    createFetchApp((request, exchange) => agent.fetch(request, exchange)),
    mcp.log,
  );
  const now = { nowMs: Date.now(), lifetimeSeconds: 600, random: randomBytes(42) };
  const token = createToken({ person: PERSON, audience: 'agent', scopes: ['test.write'], ...now });
  await mcp.store.set(tokenKey(token.record.id), JSON.stringify(token.record));
  const known = { ...secretNames(SECRET), trap: TRAP };
  const looks = where === 'tool-description' ? [] : [{ calls: [{ tool: 'read_inbox', arguments: {} }] }];
  const steps = [...looks, ...fillInAll(injection.obeys, known)];
  // A description that is not believed is never shown: the model does what it says all the same.
  const readBefore = where === 'tool-description' ? Number.POSITIVE_INFINITY : 1;
  model.script = { planted: text, readBefore, next: (step) => steps[step] };
  try {
    const { body } = await send(app, 'POST', '/chat', {
      token: token.text,
      body: { message: injection.says ?? 'Hello' },
    });
    return { ...outside, answer: body, log: JSON.stringify(mcp.log) };
  } finally {
    await client.close();
    await mcp.close();
  }
}

let model: ObedientModel;
beforeAll(async () => {
  model = await startObedientModel();
});
afterAll(() => model?.close());

describe('an injection of another server that a model obeys', () => {
  it.each(injections.map((injection) => [injection.id, injection] as const))(
    '%s does nothing',
    async (_id, injection) => {
      const { answer, pages, mails, log } = await play(injection, model);
      expect(model.read).toBe(injection.where !== 'tool-description');
      expect(mails).toEqual([]);
      expect(pages).toEqual([]);
      expect(answer.approvals.map(({ tool }) => tool)).toEqual(expect.arrayContaining(injection.asks));
      expect(answer.answer ?? '').not.toMatch(/!\[|<[a-z/!?]/i);
      for (const link of answer.answer?.match(/[a-z]+:\/\/\S+/gi) ?? []) expect(holdsSecret(link, SECRET)).toBe(false);
      for (const words of injection.answers) expect(answer.answer).toContain(words);
      expect(holdsSecret(log, SECRET)).toBe(false);
    },
  );

  it('is not even offered a tool whose description is not the one that was looked at', async () => {
    const [injection] = injections.filter(({ where }) => where === 'tool-description');
    if (injection === undefined) throw new Error('no such injection');
    const offeredBefore = new Set(model.offered);
    expect(offeredBefore.has('read_inbox')).toBe(true);
    const fresh = await startObedientModel();
    const { answer } = await play(injection, fresh);
    expect([...fresh.offered].sort()).toEqual(['fetch_page', 'send_mail']);
    expect(answer.tool_calls[0]).toMatchObject({ tool: 'read_inbox', outcome: 'refused', code: 'invalid_call' });
    await fresh.close();
  });
});
