import type { Context, Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import type { IamCaller } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Authenticate, Caller } from './authenticate.ts';
import type { Contacts } from './contacts.ts';
import { chatBody, contactBody, readJson, readNothing } from './json-request.ts';
import type { TellTurn } from './turn-events.ts';
import type { TurnRecord } from './turn-record.ts';
import type { Exchange, Question, TurnService } from './turn-service.ts';
import { streamTurn, wantsEvents } from './turn-stream.ts';
import { viewTurn } from './turn-view.ts';

// The addresses of the Agent API, as openapi.ts describes them. Every one but the service's own asks for the token first, so that a
// stranger learns nothing from how a body is refused.

/** What the front door knows of a request beside the request itself. */
export interface AgentExchange {
  readonly requestId: string;
  readonly remainingMs: number;
  /** Who signed the request by SigV4, where the front door checks that. */
  readonly iam?: IamCaller | undefined;
}

export type AgentEnv = { Bindings: { exchange: AgentExchange } };
export type AgentContext = Context<AgentEnv>;

export interface RouteDeps {
  readonly authenticate: Authenticate;
  readonly random: Random;
  readonly log: Log;
  readonly config: { readonly answerMarginMs: number; readonly pollWaitMs: number; readonly timeZone: string };
  readonly modelName: string;
}

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
export const NO_STORE = { 'cache-control': 'no-store' };

/** RFC 9110 §15.5.6: a refused method comes with those there are. */
export function methodNotAllowed(allow: string) {
  return (c: AgentContext): Response => {
    const message = `This address takes ${allow}.`;
    const error = { code: 'method_not_allowed', message, request_id: c.env.exchange.requestId };
    return c.json({ error }, 405, { allow, ...NO_STORE });
  };
}

export const logFor = (c: AgentContext, log: Log): Log => log.child({ request_id: c.env.exchange.requestId });

/** Behind a Function URL that wants SigV4, `Authorization` is the signature's, and the person's token has a header of its own. */
export function whoAsks(c: AgentContext, deps: RouteDeps): Promise<Caller> {
  const { iam } = c.env.exchange;
  const own = c.req.header('x-sallyport-authorization');
  const authorization = own ?? (iam === undefined ? c.req.header('authorization') : undefined);
  return deps.authenticate({ authorization: authorization ?? null, iam }, logFor(c, deps.log));
}

/** The caller's trace, or a new one. */
function traceparentOf(c: AgentContext, random: Random): string {
  const given = c.req.header('traceparent') ?? '';
  if (TRACEPARENT.test(given)) return given;
  const hex = Buffer.from(random.bytes(24)).toString('hex');
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}

export function exchangeOf(c: AgentContext, deps: RouteDeps, longestMs = Number.POSITIVE_INFINITY): Exchange {
  const traceparent = traceparentOf(c, deps.random);
  const waitMs = Math.min(c.env.exchange.remainingMs - deps.config.answerMarginMs, longestMs);
  return { traceparent, waitMs, log: logFor(c, deps.log).child({ traceparent }) };
}

export function routeService(app: Hono<AgentEnv>): void {
  app.get('/health', (c) => c.json({ status: 'ok' }, 200, NO_STORE));
  app.all('/health', methodNotAllowed('GET, HEAD'));

  app.get('/openapi.json', async (c) => {
    const { describeServed } = await import('./openapi.ts');
    return c.json(describeServed());
  });
  app.all('/openapi.json', methodNotAllowed('GET, HEAD'));
}

/** The turn's events as they happen. */
function stream(c: AgentContext, deps: RouteDeps, run: (tell: TellTurn) => Promise<TurnRecord>): Promise<Response> {
  const { requestId } = c.env.exchange;
  return streamTurn({ requestId, modelName: deps.modelName, log: logFor(c, deps.log) }, run);
}

export function routeTurns(app: Hono<AgentEnv>, turns: TurnService, deps: RouteDeps): void {
  function answer(c: AgentContext, record: TurnRecord, whileRunning: 200 | 202): Response {
    const runs = record.status === 'running';
    const headers = runs ? { ...NO_STORE, location: `/turns/${record.id}`, 'retry-after': '1' } : NO_STORE;
    return c.json(viewTurn(record, deps.modelName), runs ? whileRunning : 200, headers);
  }

  async function questionIn(c: AgentContext): Promise<Question> {
    const body = await readJson(c.req.raw, chatBody);
    return {
      message: body.message,
      timeZone: body.time_zone ?? deps.config.timeZone,
      ...(body.conversation_id === undefined ? {} : { conversationId: body.conversation_id }),
    };
  }

  app.post('/chat', async (c) => {
    const principal = await whoAsks(c, deps);
    const question = await questionIn(c);
    return answer(c, await turns.start(principal, question, exchangeOf(c, deps)), 202);
  });
  app.all('/chat', methodNotAllowed('POST'));

  app.post('/stream', async (c) => {
    const principal = await whoAsks(c, deps);
    const question = await questionIn(c);
    return stream(c, deps, (tell) => turns.start(principal, question, { ...exchangeOf(c, deps), tell }));
  });
  app.all('/stream', methodNotAllowed('POST'));

  app.get('/turns/:id', async (c) => {
    const principal = await whoAsks(c, deps);
    const exchange = exchangeOf(c, deps, deps.config.pollWaitMs);
    return answer(c, await turns.look(principal, c.req.param('id'), exchange), 200);
  });
  app.delete('/turns/:id', async (c) => {
    const principal = await whoAsks(c, deps);
    await readNothing(c.req.raw);
    return answer(c, await turns.cancel(principal, c.req.param('id'), logFor(c, deps.log)), 200);
  });
  app.all('/turns/:id', methodNotAllowed('GET, HEAD, DELETE'));

  app.post('/turns/:id/continue', async (c) => {
    const principal = await whoAsks(c, deps);
    await readNothing(c.req.raw);
    const id = c.req.param('id');
    const exchange = exchangeOf(c, deps);
    if (wantsEvents(c.req.header('accept'))) {
      return stream(c, deps, (tell) => turns.resume(principal, id, { ...exchange, tell }));
    }
    return answer(c, await turns.resume(principal, id, exchange), 202);
  });
  app.all('/turns/:id/continue', methodNotAllowed('POST'));
}

export function routeContacts(app: Hono<AgentEnv>, contacts: Contacts, deps: RouteDeps): void {
  app.get('/contacts', async (c) => {
    const { person } = await whoAsks(c, deps);
    return c.json({ contacts: await contacts.list(person) }, 200, NO_STORE);
  });
  app.put('/contacts', async (c) => {
    const { person } = await whoAsks(c, deps);
    const contact = await readJson(c.req.raw, contactBody);
    return c.json({ contacts: await contacts.put(person, contact) }, 200, NO_STORE);
  });
  app.delete('/contacts', async (c) => {
    const { person } = await whoAsks(c, deps);
    await readNothing(c.req.raw);
    const names = c.req.queries('name') ?? [];
    const [name] = names;
    if (name === undefined || names.length !== 1) throw new AppError('invalid_request', 'Name one contact: ?name=…');
    return c.json({ contacts: await contacts.remove(person, name) }, 200, NO_STORE);
  });
  app.all('/contacts', methodNotAllowed('GET, HEAD, PUT, DELETE'));
}
