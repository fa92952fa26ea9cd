import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createEventApp, inOnePiece } from '../../src/adapters/http/api-gateway.ts';
import { createEdge } from '../../src/adapters/http/error-response.ts';
import { createFetchApp } from '../../src/adapters/http/fetch-app.ts';
import { createMcpToolClient } from '../../src/adapters/http/mcp-client.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { createAgentApp } from '../../src/agent/agent-app.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { openFrontDoor } from '../../src/local/front-door.ts';
import type { HttpApp } from '../../src/ports/http.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Model, ModelReply } from '../../src/ports/model.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { toolHash } from '../../src/trust/tool-hash.ts';
import { send } from '../support/agent-world.ts';
import { createEchoTool } from '../support/mcp-tools.ts';
import { answerParent } from './child.ts';
import { SCOPES, SPEAK, type Stage } from './seed.ts';
import { TOLD } from './signed-calls.ts';

// A measured process: the Agent API with its real client of the MCP API, and a model that has its answers ready. A turn asks the model three
// times and calls a tool twice, one after the other. Behind a front door it is told to speak at once, and says when it did.

const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => randomBytes(count) };
const quiet: Log = { info() {}, warn() {}, error() {}, metric() {}, child: () => quiet };
const usage = { inputTokens: 1, outputTokens: 1 };

/** Until a model has its first word. */
const THINKING_MS = 20;

/** Says when it was asked and when it began to speak, by the machine's own clock, which every process here shares. */
async function speak(onText: ((text: string) => void) | undefined): Promise<ModelReply> {
  const asked = process.hrtime.bigint();
  await sleep(THINKING_MS);
  const text = `${asked} ${process.hrtime.bigint()}`;
  onText?.(text);
  return { text, toolCalls: [], usage, stop: 'end' };
}

/** Calls `echo`, calls it again with something else, answers. */
function scriptedModel(): Model {
  return {
    name: 'bench:scripted',
    async complete({ messages, onText }): Promise<ModelReply> {
      const [first] = messages;
      if (first?.role === 'user' && first.text === SPEAK) return speak(onText);
      const answered = messages.filter(({ role }) => role === 'tool').length;
      if (answered === 2) return { text: 'Both said.', toolCalls: [], usage, stop: 'end' };
      const call = { id: `m${answered}`, name: 'echo', arguments: { text: `${TOLD} ${answered}` } };
      return { text: '', toolCalls: [call], usage, stop: 'tools' };
    },
  };
}

function openStore({ redis }: Stage): KeyValueStore {
  if (redis === undefined) return createMemoryStore({ clock });
  return createRedisStore({ url: createSecret(redis.url), ca: redis.ca, clock, log: quiet });
}

let app: HttpApp | undefined;
/** One for each person, by turns: nobody holds hundreds of conversations in a minute, and a list of them is read with each turn. */
let tokens: readonly string[] = [];

async function open({ stage, mcpUrl }: { readonly stage: Stage; readonly mcpUrl: string }): Promise<void> {
  const store = openStore(stage);
  const wanted = { audience: 'agent', scopes: SCOPES, nowMs: Date.now(), lifetimeSeconds: 3600 } as const;
  const made = stage.persons.map((person) => createToken({ ...wanted, person, random: randomBytes(42) }));
  tokens = made.map(({ text }) => text);
  await Promise.all(made.map(({ record }) => store.set(tokenKey(record.id), JSON.stringify(record))));
  const view = createStoreView(store, storeAccess.agent);
  const agent = createAgentApp({
    store: view,
    conversations: createKeyValueConversations({ store: view, clock, random }),
    model: scriptedModel(),
    tools: createMcpToolClient({ credentials: async () => stage.credentials, mcpUrl, clock, random, log: quiet }),
    toolHashes: { echo: toolHash(createEchoTool().declaration) },
    clock,
    random,
    log: quiet,
  });
  app = createEdge(
    createFetchApp((request, exchange) => agent.fetch(request, exchange)),
    quiet,
  );
}

/** Milliseconds from question to answer. */
async function turn(token: string | undefined): Promise<number> {
  if (app === undefined || token === undefined) throw new Error('not open');
  const startedMs = performance.now();
  const { status, body } = await send(app, 'POST', '/chat', { token, body: { message: 'Say both.' } });
  const milliseconds = performance.now() - startedMs;
  const right = status === 200 && body.status === 'completed' && body.tool_calls.length === 2;
  if (!right) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return milliseconds;
}

/** A front door that passes pieces on, and what to show at it. */
async function listen(): Promise<{ readonly url: string; readonly token: string }> {
  const [token] = tokens;
  if (app === undefined || token === undefined) throw new Error('not open');
  const respond = createEventApp(app, 300_000);
  const { url } = await openFrontDoor({
    name: 'Agent API',
    handler: Object.assign(inOnePiece(respond), { respond }),
    port: 0,
    apiId: 'bench',
    limitMs: 300_000,
    onFault: (error) => {
      throw error;
    },
  });
  return { url, token };
}

answerParent({
  open,
  listen,
  async turns(count: number): Promise<readonly number[]> {
    const milliseconds: number[] = [];
    for (let done = 0; done < count; done += 1) milliseconds.push(await turn(tokens[done % tokens.length]));
    return milliseconds;
  },
});
