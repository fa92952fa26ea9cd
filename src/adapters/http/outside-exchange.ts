import type { Agent as HttpAgent, request as httpRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { AppError } from '../../kernel/app-error.ts';
import type { OutsideRequest, OutsideResponse } from '../../ports/outside-client.ts';
import type { OutsideTarget } from './outside-target.ts';

// One request, one answer, over node:http or node:https: `fetch` would cost 41 ms at a cold start and cannot be told which
// address to connect to. No retries and no redirects here.

const DEFAULT_MAX_RESPONSE_BYTES = 5 * 1024 * 1024;
/** Shorter than what services in front of us keep (60 s and more), so that a kept connection is seldom a dead one. */
const IDLE_SOCKET_MS = 20_000;
const MAX_SOCKETS_PER_HOST = 32;

/** What one exchange found out about itself, whatever its outcome. */
export interface ExchangeTrace {
  /** The service may have seen the request: a connection stood. */
  reached: boolean;
}

export type Exchange = (
  target: OutsideTarget,
  request: OutsideRequest,
  signal: AbortSignal,
  trace: ExchangeTrace,
) => Promise<OutsideResponse>;

/** Whether TCP, or TLS above it, is still to come. */
const isConnecting = (socket: Socket & { readonly secureConnecting?: boolean }): boolean =>
  socket.connecting || socket.secureConnecting === true;

function flattenHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function tooLarge(limit: number): AppError {
  return new AppError('upstream_failed', `The service's answer is larger than ${limit} bytes.`);
}

/** Collects the body up to the limit. A connection that ends before the announced length is an error, never a short body. */
async function readBody(message: IncomingMessage, limit: number, sink?: (piece: Uint8Array) => void) {
  if (Number(message.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    if (sink === undefined) chunks.push(chunk);
    else sink(chunk);
  }
  return Buffer.concat(chunks);
}

function requestHeaders(request: OutsideRequest, body: Uint8Array | undefined): Record<string, string | number> {
  const headers: Record<string, string | number> = { 'user-agent': 'sallyport', accept: '*/*' };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  // Compressed answers could grow past the size limit once opened; JSON this small gains little from compression.
  headers['accept-encoding'] = 'identity';
  if (body !== undefined) headers['content-length'] = body.byteLength;
  else if (request.method !== 'GET' && request.method !== 'DELETE') headers['content-length'] = 0;
  return headers;
}

interface Road {
  readonly request: typeof httpRequest;
  readonly agent: HttpAgent;
}

const KEEP = { keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST, timeout: IDLE_SOCKET_MS };

/**
 * Without TLS, for what the operator allowed by name. Importing `node:http` evaluates its `WebSocket` and with it all of fetch, 25 ms of a
 * cold start, which `node:https` does not: so only who goes this way pays for it.
 */
async function openPlainRoad(): Promise<Road> {
  const { Agent, request } = await import('node:http');
  return { request, agent: new Agent(KEEP) };
}

export function createExchange(): { readonly exchange: Exchange; readonly close: () => void } {
  const tls: Road = { request: httpsRequest, agent: new HttpsAgent(KEEP) };
  let plain: Promise<Road> | undefined;

  const roadTo = async (secure: boolean): Promise<Road> => {
    if (secure) return tls;
    plain ??= openPlainRoad();
    return plain;
  };

  const exchange: Exchange = async (target, request, signal, trace) => {
    const secure = target.url.protocol === 'https:';
    const road = await roadTo(secure);
    const body = typeof request.body === 'string' ? Buffer.from(request.body, 'utf8') : request.body;
    const limit = request.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
    // What must not be sent twice gets a connection of its own: on a kept one that turns out to be dead, nobody could say
    // whether the request was read.
    const repeatable = request.retry ?? request.method === 'GET';
    const agent = repeatable ? road.agent : false;
    return new Promise((resolve, reject) => {
      const outgoing = road.request(target.url, {
        method: request.method,
        headers: requestHeaders(request, body),
        lookup: target.lookup,
        agent,
        signal,
      });
      outgoing.on('error', reject);
      outgoing.on('socket', (socket) => {
        // One that another request has just freed is connected too, though Node does not call it reused; a listener would wait there for ever.
        if (outgoing.reusedSocket || !isConnecting(socket)) trace.reached = true;
        else
          socket.once(secure ? 'secureConnect' : 'connect', () => {
            trace.reached = true;
          });
      });
      outgoing.on('response', (message) => {
        const head = { status: message.statusCode ?? 0, headers: flattenHeaders(message) };
        const collect = async () => readBody(message, limit, request.stream?.(head));
        collect()
          .then((body) => resolve({ ...head, body }))
          .catch((error: unknown) => {
            outgoing.destroy();
            reject(error);
          });
      });
      outgoing.end(body);
    });
  };

  return {
    exchange,
    close: () => {
      tls.agent.destroy();
      void plain?.then(({ agent }) => agent.destroy());
    },
  };
}
