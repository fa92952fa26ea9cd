import { type Context, Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Model } from '../ports/model.ts';
import type { Random } from '../ports/random.ts';
import type { ToolClient } from '../ports/tool-client.ts';
import { createArgumentCheck } from './argument-check.ts';
import { createAuthenticate, type Principal } from './authenticate.ts';
import { createContacts } from './contacts.ts';
import { createConversations } from './conversation.ts';
import { chatBody, contactBody, readJson, readNothing } from './json-request.ts';
import { createCatalogBuilder, type ToolHashes } from './tool-catalog.ts';
import { createTurnRunner } from './turn.ts';
import type { TurnRecord } from './turn-record.ts';
import { createTurnService, type Exchange } from './turn-service.ts';
import type { TurnConfig } from './turn-setting.ts';
import { viewTurn } from './turn-view.ts';

// The Agent API: who asks, what they ask, and how far the answer is. It holds no consent and makes no decision about a call: the MCP
// API does. Faults are thrown; the edge that runs this app answers them.

export interface AgentAppDeps {
  /** The agent's view of the store. */
  readonly store: KeyValueStore;
  readonly model: Model;
  readonly tools: ToolClient;
  readonly toolHashes: ToolHashes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly config?: Partial<AgentConfig>;
}

export interface AgentConfig extends TurnConfig {
  /** A request is answered this long before the platform gives up on it. */
  readonly answerMarginMs: number;
  /** How long `GET /turns/{id}` waits for a turn that runs. */
  readonly pollWaitMs: number;
  /** For requests that name no time zone. */
  readonly timeZone: string;
}

const defaults: AgentConfig = {
  maxSteps: 8,
  turnMs: 300_000,
  maxTokens: 100_000,
  maxOutputTokens: 4096,
  modelTimeoutMs: 45_000,
  callTimeoutMs: 25_000,
  answerMarginMs: 4000,
  pollWaitMs: 2000,
  timeZone: 'UTC',
};

/** What the front door knows of a request beside the request itself. */
export interface AgentExchange {
  readonly requestId: string;
  readonly remainingMs: number;
}

export interface AgentApp {
  fetch(request: Request, exchange?: AgentExchange): Promise<Response>;
}

type Env = { Bindings: { exchange: AgentExchange } };
type AgentContext = Context<Env>;

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NO_STORE = { 'cache-control': 'no-store' };

function methodNotAllowed(allow: string) {
  return (c: AgentContext): Response =>
    c.json(
      {
        error: {
          code: 'method_not_allowed',
          message: `This address takes ${allow}.`,
          request_id: c.env.exchange.requestId,
        },
      },
      405,
      { allow, ...NO_STORE },
    );
}

export function createAgentApp(deps: AgentAppDeps): AgentApp {
  const { store, clock, random, model } = deps;
  const config = { ...defaults, ...deps.config };
  const authenticate = createAuthenticate({ store, clock });
  const contacts = createContacts(store);
  const conversations = createConversations({ store, clock, random });
  const runTurn = createTurnRunner({
    model,
    tools: deps.tools,
    buildCatalog: createCatalogBuilder(deps.toolHashes),
    checkArguments: createArgumentCheck(),
    conversations,
    contacts,
    clock,
    config,
  });
  const turns = createTurnService({ store, conversations, runTurn, clock, random });

  const logFor = (c: AgentContext): Log => deps.log.child({ request_id: c.env.exchange.requestId });

  /** The caller's trace (W3C Trace Context, version 00), or a new one. */
  function traceparentOf(c: AgentContext): string {
    const given = c.req.header('traceparent') ?? '';
    if (TRACEPARENT.test(given)) return given;
    const hex = Buffer.from(random.bytes(24)).toString('hex');
    return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
  }
  const whoAsks = (c: AgentContext): Promise<Principal> =>
    authenticate(c.req.header('authorization') ?? null, logFor(c));

  function exchangeOf(c: AgentContext, longestMs = Number.POSITIVE_INFINITY): Exchange {
    const traceparent = traceparentOf(c);
    const waitMs = Math.min(c.env.exchange.remainingMs - config.answerMarginMs, longestMs);
    return { traceparent, waitMs, log: logFor(c).child({ traceparent }) };
  }

  function answerTurn(c: AgentContext, record: TurnRecord, whileRunning: 200 | 202): Response {
    const runs = record.status === 'running';
    const headers = runs ? { ...NO_STORE, location: `/turns/${record.id}`, 'retry-after': '1' } : NO_STORE;
    return c.json(viewTurn(record, model.name), runs ? whileRunning : 200, headers);
  }

  const app = new Hono<Env>();
  // Faults belong to the edge: Hono would log and answer them in its own way.
  app.onError((error) => {
    throw error;
  });
  app.notFound(() => {
    throw new AppError('not_found', 'There is nothing at this address.');
  });

  app.get('/health', (c) => c.json({ status: 'ok' }, 200, NO_STORE));
  app.all('/health', methodNotAllowed('GET, HEAD'));

  app.get('/openapi.json', async (c) => {
    const { openapiDocument } = await import('./openapi.ts');
    return c.json(openapiDocument);
  });
  app.all('/openapi.json', methodNotAllowed('GET, HEAD'));

  app.post('/chat', async (c) => {
    const principal = await whoAsks(c);
    const body = await readJson(c.req.raw, chatBody);
    const question = {
      message: body.message,
      timeZone: body.time_zone ?? config.timeZone,
      ...(body.conversation_id === undefined ? {} : { conversationId: body.conversation_id }),
    };
    return answerTurn(c, await turns.start(principal, question, exchangeOf(c)), 202);
  });
  app.all('/chat', methodNotAllowed('POST'));

  app.get('/turns/:id', async (c) => {
    const principal = await whoAsks(c);
    return answerTurn(c, await turns.look(principal, c.req.param('id'), exchangeOf(c, config.pollWaitMs)), 200);
  });
  app.delete('/turns/:id', async (c) => {
    const principal = await whoAsks(c);
    await readNothing(c.req.raw);
    return answerTurn(c, await turns.cancel(principal, c.req.param('id')), 200);
  });
  app.all('/turns/:id', methodNotAllowed('GET, HEAD, DELETE'));

  app.post('/turns/:id/continue', async (c) => {
    const principal = await whoAsks(c);
    await readNothing(c.req.raw);
    return answerTurn(c, await turns.resume(principal, c.req.param('id'), exchangeOf(c)), 202);
  });
  app.all('/turns/:id/continue', methodNotAllowed('POST'));

  app.get('/contacts', async (c) => {
    const { person } = await whoAsks(c);
    return c.json({ contacts: await contacts.list(person) }, 200, NO_STORE);
  });
  app.put('/contacts', async (c) => {
    const { person } = await whoAsks(c);
    const contact = await readJson(c.req.raw, contactBody);
    return c.json({ contacts: await contacts.put(person, contact) }, 200, NO_STORE);
  });
  app.delete('/contacts', async (c) => {
    const { person } = await whoAsks(c);
    await readNothing(c.req.raw);
    const names = c.req.queries('name') ?? [];
    const [name] = names;
    if (name === undefined || names.length !== 1) throw new AppError('invalid_request', 'Name one contact: ?name=…');
    return c.json({ contacts: await contacts.remove(person, name) }, 200, NO_STORE);
  });
  app.all('/contacts', methodNotAllowed('GET, HEAD, PUT, DELETE'));

  return {
    async fetch(request, exchange = { requestId: '', remainingMs: config.turnMs }) {
      return app.fetch(request, { exchange });
    },
  };
}
