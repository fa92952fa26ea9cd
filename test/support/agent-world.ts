import { randomBytes } from 'node:crypto';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createEdge } from '../../src/adapters/http/error-response.ts';
import { createFetchApp } from '../../src/adapters/http/fetch-app.ts';
import { type AgentConfig, createAgentApp } from '../../src/agent/agent-app.ts';
import type { DayLimits } from '../../src/agent/budget.ts';
import type { SignInDescription } from '../../src/agent/identity-routes.ts';
import type { ToolHashes } from '../../src/agent/tool-catalog.ts';
import type { TurnView } from '../../src/agent/turn-view.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import type { ConversationStore } from '../../src/ports/conversation-store.ts';
import type { HttpApp, HttpRequest, IamCaller } from '../../src/ports/http.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { Model, ModelReply, ModelRequest, ModelToolCall } from '../../src/ports/model.ts';
import type { ListedTool, ToolCallRequest, ToolClient, ToolOutcome } from '../../src/ports/tool-client.ts';
import { createToken, type TokenAudience, tokenKey } from '../../src/trust/access-token.ts';
import type { VerifyJwt } from '../../src/trust/jwt.ts';
import { toolHash } from '../../src/trust/tool-hash.ts';
import { createTestLog, type TestLog } from './log.ts';

// The Agent API with a model and tools that do what a test says: for faults and orders of events that real ones cannot be made to produce.

export const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const OTHER_PERSON = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';

type JsonObject = Readonly<Record<string, unknown>>;

function declare(name: string, reads: boolean, properties: JsonObject, required: readonly string[]): ListedTool {
  return {
    name,
    title: name,
    description: `${name}, for tests`,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    outputSchema: { type: 'object' },
    annotations: { readOnlyHint: reads, destructiveHint: false, idempotentHint: reads, openWorldHint: true },
  };
}

const text = { type: 'string' };
export const testTools: readonly ListedTool[] = [
  declare('freebusy', true, { timeMin: text, timeMax: text }, ['timeMin', 'timeMax']),
  declare('listevents', true, { timeMin: text, timeMax: text, query: text, maxResults: { type: 'integer' } }, []),
  declare(
    'createevent',
    false,
    { summary: text, start: text, end: text, attendees: { type: 'array', items: text }, idempotencyKey: text },
    ['summary', 'start', 'end'],
  ),
  declare('deleteevent', false, { eventId: text }, ['eventId']),
];

export type Reply =
  | Partial<ModelReply>
  | Error
  | ((request: ModelRequest) => Promise<Partial<ModelReply>> | Partial<ModelReply>);

/** A step in which the model calls tools. */
export function calling(...calls: readonly (readonly [string, JsonObject | undefined])[]): Partial<ModelReply> {
  const toolCalls = calls.map(([name, args], index): ModelToolCall => {
    const call = { id: `m${index}`, name, arguments: args };
    return args === undefined ? { ...call, malformed: '{"summary": "x' } : call;
  });
  return { toolCalls, stop: 'tools' };
}

export const EVENT = { summary: 'Lunch', start: '2026-11-23T12:00:00+01:00', end: '2026-11-23T13:00:00+01:00' };
export const TIMES = { timeMin: '2026-11-23T00:00:00Z', timeMax: '2026-11-24T00:00:00Z' };

/** Answers by default: reads come back empty, writes succeed. */
type ToolScript = (request: ToolCallRequest) => Promise<ToolOutcome> | ToolOutcome;

export const result = (data: JsonObject, words = 'ok'): ToolOutcome => ({
  kind: 'result',
  text: words,
  structuredContent: data,
  isError: false,
});

export const approvalOf = (id: string): ToolOutcome => ({
  kind: 'approval',
  approval: {
    id,
    url: `https://oauth.example.test/approvals/${id}`,
    tool: 'createevent',
    summary: 'Book Lunch',
    expiresAt: '2026-11-21T12:10:00.000Z',
  },
});

export interface AgentWorld {
  readonly app: HttpApp;
  readonly store: KeyValueStore;
  readonly log: TestLog;
  /** What the model was asked. */
  readonly asked: ModelRequest[];
  /** What the tools were asked. */
  readonly called: ToolCallRequest[];
  /** Its next replies, in order; at the end it says `Done.` */
  readonly replies: Reply[];
  tool: ToolScript;
  listed: readonly ListedTool[];
  listFails: Error | undefined;
  token(options?: {
    person?: string;
    audience?: TokenAudience;
    scopes?: readonly string[];
    lifetimeSeconds?: number;
  }): Promise<string>;
  /** Another process of the same API: same store, nothing else in common. */
  sibling(): HttpApp;
}

export interface AgentWorldOptions {
  /** Believes access tokens; none without it. */
  readonly verifyJwt?: VerifyJwt;
  readonly signIn?: SignInDescription;
  readonly config?: Partial<AgentConfig>;
  readonly hashes?: ToolHashes;
  readonly dayLimits?: DayLimits;
  readonly clock?: { nowMs(): number };
  readonly store?: KeyValueStore;
  /** In place of the scripted one. */
  readonly model?: Model;
  /** In place of conversations in the store. */
  readonly conversations?: ConversationStore;
}

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

function scriptedModel(world: AgentWorld): Model {
  return {
    name: 'test:scripted',
    async complete(request) {
      world.asked.push(request);
      const next = world.replies.shift() ?? { text: 'Done.' };
      if (next instanceof Error) throw next;
      const reply = typeof next === 'function' ? await next(request) : next;
      return { text: '', toolCalls: [], usage: { inputTokens: 10, outputTokens: 5 }, stop: 'end', ...reply };
    },
  };
}

function scriptedTools(world: AgentWorld): ToolClient {
  return {
    async list() {
      if (world.listFails !== undefined) throw world.listFails;
      return world.listed;
    },
    async call(request) {
      world.called.push(request);
      return world.tool(request);
    },
    async close() {},
  };
}

export function createAgentWorld(options: AgentWorldOptions = {}): AgentWorld {
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const store = options.store ?? createMemoryStore({ clock });
  const log = createTestLog();
  const hashes = options.hashes ?? Object.fromEntries(testTools.map((tool) => [tool.name, toolHash(tool)]));
  const build = (world: AgentWorld): HttpApp => {
    const view = createStoreView(store, storeAccess.agent);
    const app = createAgentApp({
      store: view,
      conversations: options.conversations ?? createKeyValueConversations({ store: view, clock, random }),
      model: options.model ?? scriptedModel(world),
      tools: scriptedTools(world),
      toolHashes: hashes,
      ...(options.dayLimits !== undefined && { dayLimits: options.dayLimits }),
      clock,
      random,
      log,
      config: { pollWaitMs: 0, ...options.config },
      verifyJwt: options.verifyJwt,
      ...(options.signIn === undefined ? {} : { signIn: options.signIn }),
    });
    return createEdge(
      createFetchApp((request, exchange) => app.fetch(request, exchange)),
      log,
    );
  };
  const world: AgentWorld = {
    app: async (request) => first(request),
    store,
    log,
    asked: [],
    called: [],
    replies: [],
    tool: () => result({}),
    listed: testTools,
    listFails: undefined,
    async token({ person = PERSON, audience = 'agent', scopes = ['calendar.write'], lifetimeSeconds = 3600 } = {}) {
      const made = createToken({
        person,
        audience,
        scopes,
        nowMs: clock.nowMs(),
        lifetimeSeconds,
        random: randomBytes(42),
      });
      await store.set(tokenKey(made.record.id), JSON.stringify(made.record));
      return made.text;
    },
    sibling: () => build(world),
  };
  const first = build(world);
  return world;
}

export interface Send {
  readonly token?: string;
  readonly body?: unknown;
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly remainingMs?: number;
  readonly iam?: IamCaller;
}

export interface Sent<Body = TurnView> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export async function send<Body = TurnView>(
  app: HttpApp,
  method: string,
  path: string,
  options: Send = {},
): Promise<Sent<Body>> {
  const payload = options.raw ?? (options.body === undefined ? '' : JSON.stringify(options.body));
  const request: HttpRequest = {
    method,
    path,
    query: options.query ?? '',
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(payload.length === 0 ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    cookies: [],
    body: typeof payload === 'string' ? Buffer.from(payload) : payload,
    domainName: 'agent.example.test',
    apiId: 'test',
    stage: '$default',
    sourceIp: '127.0.0.1',
    requestId: 'request-1',
    remainingMs: options.remainingMs ?? 300_000,
    ...(options.iam === undefined ? {} : { iam: options.iam }),
  };
  const response = await app(request);
  const words = typeof response.body === 'string' ? response.body : Buffer.from(response.body).toString('utf8');
  return { status: response.status, headers: response.headers, body: words === '' ? undefined : JSON.parse(words) };
}

export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly request_id: string;
    readonly details?: JsonObject;
  };
}
