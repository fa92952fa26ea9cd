import { AppError } from '../../kernel/app-error.ts';
import type { OutsideClient, OutsideResponse } from '../../ports/outside-client.ts';
import type { Proof, RequestToProve } from './http-auth.ts';

// The MCP SDK's HTTP transport sends through our one way outside: where names lead, deadlines and sizes are watched there, and each request is
// given its proof here. No stream is opened to listen to a server (its GET is answered here), nothing is sent twice but what a server refused
// with 401 before it did anything, and a redirect is an error: a proof goes to the configured address or nowhere.

export interface UpstreamFetchDeps {
  readonly http: OutsideClient;
  readonly proof: Proof;
  /** Beside the protocol's own; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The longest that one request may take, whatever its caller's patience. */
  readonly timeoutMs: number;
  readonly maxResponseBytes?: number;
}

/** `onBroken` is told of a stream of events that ended in a fault: whoever reads it only sees it end. */
export type UpstreamFetch = (
  url: string | URL,
  init?: RequestInit,
  onBroken?: (fault: unknown) => void,
) => Promise<Response>;

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** The connection's, or the protocol's, or the proof's: no configured header may stand in for them. */
const RESERVED =
  /^(?:accept|authorization|connection|content-.*|cookie|host|mcp-.*|transfer-encoding|upgrade|x-amz-.*)$/;

/** Whether an operator may add a header of this name to each request. */
export function mayConfigureHeader(name: string): boolean {
  return /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name) && !RESERVED.test(name);
}

/** What the message's own `_meta` says of the trace, for those on the way who read headers. */
function traceOf(body: string): Readonly<Record<string, string>> {
  if (!body.includes('"traceparent"')) return {};
  const message = JSON.parse(body) as { readonly params?: { readonly _meta?: Readonly<Record<string, unknown>> } };
  const traceparent = message.params?._meta?.['traceparent'];
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {};
}

/** Statuses that say the same whatever was asked. The rest belongs to the protocol, which tells revisions apart by some of them. */
function refusal({ status, headers }: Pick<OutsideResponse, 'status' | 'headers'>): AppError | undefined {
  if (status >= 300 && status < 400) {
    return new AppError('upstream_failed', 'It answers from another address. An operator has to look at it.', {
      details: { reached: false },
    });
  }
  if (status === 401 || status === 403) {
    return new AppError('forbidden', "It does not accept this system's access. An operator has to look at it.", {
      details: { reached: false },
    });
  }
  if (status !== 429) return undefined;
  const seconds = headers['retry-after'] ?? '';
  return new AppError('rate_limited', 'It takes no more calls for now.', {
    ...(/^\d{1,6}$/.test(seconds) && { retryAfterSeconds: Number(seconds) }),
  });
}

const SESSION_OVER = 'session_over';

/** MCP 2025-11-25, "Session Management", says 404; servers of the official SDK's own example say 400 and that there is no such session. */
async function isOver(response: Response): Promise<boolean> {
  return response.status === 404 || (response.status === 400 && /session/i.test(await response.clone().text()));
}

function sessionOver(): AppError {
  const details = { cause: SESSION_OVER, reached: false };
  return new AppError('upstream_failed', 'It has forgotten this connection. Try again.', { details });
}

export function isSessionOver(error: unknown): boolean {
  return error instanceof AppError && error.details?.['cause'] === SESSION_OVER;
}

function bodyOf(init: RequestInit): string {
  const { body } = init;
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  throw new TypeError('only texts are sent to MCP servers');
}

/** JSON-RPC's words for an answer that does not come, as one more event; what stood half-written before it is ended first. */
function endOf(body: string): Uint8Array {
  const { id } = JSON.parse(body) as { readonly id?: unknown };
  const error = { code: -32603, message: 'The server broke off.' };
  return Buffer.from(`\n\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error })}\n\n`);
}

interface ExchangeOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly outer: AbortSignal | undefined;
  readonly onBroken: ((fault: unknown) => void) | undefined;
}

function toResponse({ status, headers, body }: OutsideResponse): Response {
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : Buffer.from(body), { status, headers });
}

export function createUpstreamFetch(deps: UpstreamFetchDeps): UpstreamFetch {
  const { http, proof, timeoutMs, maxResponseBytes = MAX_RESPONSE_BYTES } = deps;

  /** Resolves with the head of a stream of events as soon as it is there, and with any other answer when it is whole. */
  function exchange(request: RequestToProve, options: ExchangeOptions): Promise<Response> {
    const { headers, outer, onBroken } = options;
    return new Promise<Response>((resolve, reject) => {
      const left = new AbortController();
      const signal = outer === undefined ? left.signal : AbortSignal.any([outer, left.signal]);
      let events: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          events = controller;
        },
        cancel: () => left.abort(),
      });
      let streaming = false;
      /** Whoever waits for an answer in these events is told that none comes any more; an answer that came is not disturbed. */
      const finish = (fault?: unknown): void => {
        if (left.signal.aborted) return;
        if (fault !== undefined) onBroken?.(fault);
        events?.enqueue(endOf(request.body));
        events?.close();
      };
      const sent = http.send({
        method: request.method,
        url: request.url,
        headers,
        ...(request.method === 'POST' && { body: request.body }),
        retry: false,
        timeoutMs,
        maxResponseBytes,
        signal,
        stream: (head) => {
          const type = head.headers['content-type'] ?? '';
          if (head.status !== 200 || !/^text\/event-stream\b/i.test(type)) return undefined;
          streaming = true;
          resolve(new Response(body, { status: 200, headers: head.headers }));
          return (piece) => {
            if (!left.signal.aborted) events?.enqueue(new Uint8Array(piece));
          };
        },
      });
      sent.then(
        (response) => (streaming ? finish() : resolve(toResponse(response))),
        (error: unknown) => (streaming ? finish(error) : reject(error)),
      );
    });
  }

  return async (url, init = {}, onBroken) => {
    const method = (init.method ?? 'GET').toUpperCase();
    // Nobody waits for what a server might say unasked, least of all on Lambda.
    if (method === 'GET') return new Response(null, { status: 405 });
    if (method !== 'POST' && method !== 'DELETE') throw new TypeError(`${method} is not sent to MCP servers`);
    const text = bodyOf(init);
    const own = Object.fromEntries(new Headers(init.headers));
    const request: RequestToProve = {
      method,
      url: String(url),
      headers: { ...deps.headers, ...traceOf(text), ...own },
      body: text,
    };
    const signal = init.signal ?? undefined;
    for (let tried = 1; ; tried += 1) {
      const headers = await proof.add(request);
      const response = await exchange(request, { headers, outer: signal, onBroken });
      if (response.status === 401 && tried === 1 && proof.renew(headers)) continue;
      // Its session is over: it did nothing, and wants to be greeted anew.
      if (own['mcp-session-id'] !== undefined && (await isOver(response))) throw sessionOver();
      const refused = refusal({ status: response.status, headers: Object.fromEntries(response.headers) });
      if (refused !== undefined) throw refused;
      return response;
    }
  };
}
