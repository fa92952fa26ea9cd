import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpApp, HttpRequest, HttpResponse } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';
import { readTimeout, TIMEOUT_HEADER } from '../trust/call-timeout.ts';
import type { Approvals } from './approvals.ts';
import { createCallTool, OUT_OF_TIME } from './call-tool.ts';
import type { Caller } from './caller.ts';
import type { Door } from './doors/door.ts';
import { createEndpoint, httpRefusal } from './endpoint.ts';
import type { LongCalls } from './long-calls.ts';
import type { ServerInfo } from './protocol/seam.ts';
import { createProtocol } from './protocol/serve.ts';
import type { RateLimit } from './rate-limit.ts';
import type { SchemaValidators } from './schema-validators.ts';
import { createStages, type Stages } from './stages.ts';
import type { ToolSource } from './tool-source.ts';

// The MCP API: one path behind one door, and `/health`. Order: door → rate → protocol → scope → arguments → approval →
// tool → answer → audit line. The last five are `call-tool.ts`; what it takes to believe a caller is the door's.

export interface McpAppDeps {
  readonly door: Door;
  readonly tools: ToolSource;
  readonly approvals: Approvals;
  readonly rateLimit: RateLimit;
  readonly schemas: SchemaValidators;
  readonly serverInfo: ServerInfo;
  readonly instructions?: string;
  /** Calls that go on behind their answer; without it there are none. */
  readonly longCalls?: LongCalls;
  readonly log: Log;
  readonly clock: Clock;
  /** The one literal path of the endpoint; default `/mcp`. */
  readonly path?: string;
  /** Browser origins that may call; default none. */
  readonly allowedOrigins?: readonly string[];
  /** Each caller is shown the tools that their scopes let them call; default: all are listed to all. */
  readonly listByScopes?: boolean;
  /** Puts the manifest in the store; default: nowhere. */
  readonly publishManifest?: () => Promise<void>;
}

/** Time kept back from the limit, to answer in. */
const ANSWER_MARGIN_MS = 500;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

function health(): HttpResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' };
}

/** What joins the log lines and the upstreams of a call to its caller, where the caller said it rightly. */
function traceOf({ headers: { traceparent } }: HttpRequest): { readonly traceparent?: string } {
  return traceparent !== undefined && TRACEPARENT.test(traceparent) ? { traceparent } : {};
}

/** Answers with an AppError's own status and words; a fault, or what only an operator can mend, keeps its words here. */
function errorAnswer(error: unknown, requestId: string, log: Log): HttpResponse {
  if (!(error instanceof AppError) || error.code === 'misconfigured') {
    const cause = error instanceof AppError ? error.message : error instanceof Error ? error.name : typeof error;
    log.error('request_fault', { cause });
    return httpRefusal(500, { code: 'internal', message: 'Internal error', requestId });
  }
  log.warn('request_failed', { code: error.code });
  const headers = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
  return httpRefusal(error.status, { code: error.code, message: error.message, requestId }, headers);
}

/** As long as the platform lets us and the caller waits, less what it takes to answer. */
function timeToWork({ remainingMs, headers }: HttpRequest): number {
  const limitMs = Math.min(remainingMs, readTimeout(headers[TIMEOUT_HEADER]) ?? remainingMs);
  return Math.max(1, limitMs - Math.min(ANSWER_MARGIN_MS, limitMs / 10));
}

export function createMcpApp(deps: McpAppDeps): HttpApp {
  const { log, serverInfo, instructions, publishManifest, path = '/mcp' } = deps;
  const callTool = createCallTool(deps);
  const serve = createProtocol({
    serverInfo,
    ...(instructions !== undefined && { instructions }),
    tools: deps.tools,
    listByScopes: deps.listByScopes === true,
    callTool,
    ...(deps.longCalls !== undefined && { longCalls: deps.longCalls }),
    ...(publishManifest !== undefined && { beforeList: publishManifest }),
    onFault: (error) => log.warn('protocol_fault', { error: error.name }),
  });
  const endpoint = createEndpoint({ serve, allowedOrigins: deps.allowedOrigins ?? [] });

  async function answerInTime(
    request: HttpRequest,
    caller: Caller,
    context: { readonly log: Log; readonly stages: Stages },
  ): Promise<HttpResponse> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(OUT_OF_TIME), timeToWork(request));
    const { clientGone } = request;
    const signal = clientGone === undefined ? abort.signal : AbortSignal.any([abort.signal, clientGone]);
    try {
      return await endpoint.answer(request, caller, { ...context, ...traceOf(request), signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Which call `GET /mcp/status/{id}` asks about, where there are such. */
  function statusId({ path: asked }: HttpRequest): string | undefined {
    const prefix = `${path}/status/`;
    return deps.longCalls !== undefined && asked.startsWith(prefix) ? asked.slice(prefix.length) : undefined;
  }

  async function answer(request: HttpRequest, requestLog: Log): Promise<HttpResponse> {
    const { requestId } = request;
    const early = endpoint.refuseEarly(request);
    if (early !== undefined) return early;
    const stages = createStages(deps.clock);
    const verdict = await deps.door(request, stages);
    if (!verdict.ok) {
      // The door has logged which check refused; the caller learns only that one did.
      const { message = verdict.status >= 500 ? 'Not available just now. Try again.' : 'Refused.', details } =
        verdict.told ?? {};
      return httpRefusal(verdict.status, { code: verdict.code, message, requestId, details }, verdict.headers);
    }
    await deps.rateLimit.take(verdict.caller);
    const { longCalls } = deps;
    const id = statusId(request);
    if (longCalls !== undefined && id !== undefined) {
      const { answerStatus } = await import('./tasks/status-route.ts');
      return answerStatus(request, { longCalls, id, caller: verdict.caller });
    }
    const answered = await answerInTime(request, verdict.caller, { log: requestLog, stages });
    // The agent shows its person which checks their call passed; other callers have no use for it.
    if (verdict.caller.door !== 'agent') return answered;
    return { ...answered, headers: { ...answered.headers, 'server-timing': stages.header() } };
  }

  return async (request) => {
    if (request.path === '/health' && (request.method === 'GET' || request.method === 'HEAD')) return health();
    const { requestId } = request;
    if (request.path !== path && statusId(request) === undefined)
      return httpRefusal(404, { code: 'not_found', message: 'Not found', requestId });
    const requestLog = log.child({ request_id: requestId, ...traceOf(request) });
    try {
      return await answer(request, requestLog);
    } catch (error) {
      return errorAnswer(error, requestId, requestLog);
    }
  };
}
