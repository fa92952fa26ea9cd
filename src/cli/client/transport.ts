import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { AppError } from '../../kernel/app-error.ts';
import { isLoopback, proxyFor } from './proxy.ts';

// One HTTP exchange, over Node's own client: a deadline for the connection, one for the answer, one for silence in between, and the proxies that
// the environment names. It follows no redirect, and says of every failure whether the request may have arrived.

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the first byte of the answer. */
  readonly answerMs: number;
  /** On a connection of its own, so that whether it may have arrived is always known. */
  readonly once: boolean;
  readonly signal?: AbortSignal;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Rejects with TransportError when the sender falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
}

export type Transport = (request: WireRequest) => Promise<WireResponse>;

export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** False only when it is certain that no byte of the request was sent. */
  readonly maybeSent: boolean;
  readonly reason: 'connect' | 'timeout' | 'silence' | 'broken' | 'aborted';

  constructor(reason: TransportError['reason'], maybeSent: boolean, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.maybeSent = maybeSent;
  }
}

export interface Patience {
  /** Until there is a connection. */
  readonly connectMs: number;
  /** Between two pieces of an answer. */
  readonly silenceMs: number;
}

/** Streams have a heartbeat each 10 s. */
const PATIENCE: Patience = { connectMs: 10_000, silenceMs: 45_000 };

type Environment = Readonly<Record<string, string | undefined>>;

/** A tunnel through the proxy to the host (RFC 9110 §9.3.6), TLS inside it. */
function tunnel(proxy: URL, target: URL, { connectMs }: Patience): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || '443'}`;
  const headers = { host: authority, ...proxyAuthorization(proxy) };
  const send = proxy.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const asked = send(proxy, { method: 'CONNECT', path: authority, headers, agent: false });
    asked.setTimeout(connectMs, () => asked.destroy(new Error('the proxy does not answer')));
    asked.once('error', reject);
    asked.once('connect', (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.setTimeout(0);
      if (answer.statusCode !== 200 || head.length > 0) {
        socket.destroy();
        reject(new Error(`the proxy answered ${answer.statusCode}`));
        return;
      }
      resolve(socket);
    });
    asked.end();
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Follows one request until its first byte of an answer; every way to fail becomes a TransportError. */
function answerOf(sent: ClientRequest, wire: WireRequest, { connectMs }: Patience): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let connected = false;
    let reason: TransportError['reason'] | undefined;
    const stop = (why: TransportError['reason']) => (): void => {
      reason = why;
      sent.destroy();
    };
    const connecting = setTimeout(stop('connect'), connectMs);
    const answering = setTimeout(stop('timeout'), wire.answerMs);
    const abort = stop('aborted');
    const settle = (): void => {
      clearTimeout(connecting);
      clearTimeout(answering);
      wire.signal?.removeEventListener('abort', abort);
    };
    wire.signal?.addEventListener('abort', abort, { once: true });
    sent.once('socket', (socket) => {
      const ready = (): void => {
        connected = true;
        clearTimeout(connecting);
      };
      const event = wire.url.protocol === 'https:' ? 'secureConnect' : 'connect';
      if (socket.connecting) socket.once(event, ready);
      else if (sent.reusedSocket || event === 'connect') ready();
      else socket.once(event, ready);
    });
    sent.once('error', (cause) => {
      settle();
      reject(new TransportError(reason ?? (connected ? 'broken' : 'connect'), connected, cause));
    });
    sent.once('response', (response) => {
      settle();
      resolve(response);
    });
    if (wire.signal?.aborted === true) abort();
  });
}

async function* readBody(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
  { silenceMs }: Patience,
): AsyncGenerator<Uint8Array> {
  let reason: TransportError['reason'] = 'broken';
  const stop = (why: TransportError['reason']) => (): void => {
    reason = why;
    response.destroy(new Error(why));
  };
  const abort = stop('aborted');
  signal?.addEventListener('abort', abort, { once: true });
  response.setTimeout(silenceMs, stop('silence'));
  try {
    for await (const piece of response) yield piece as Uint8Array;
  } catch (cause) {
    throw new TransportError(reason, true, cause);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function singleHeaders(response: IncomingMessage): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

interface Agents {
  readonly plain: PlainAgent;
  readonly tls: TlsAgent;
}

/** RFC 6761 §6.3: names under `localhost` need no name server, which may not know them either. */
const loopbackLookup: LookupFunction = (_name, options, done) => {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};
const lookupFor = ({ hostname }: URL) =>
  isLoopback(hostname) && hostname.endsWith('.localhost') ? { lookup: loopbackLookup } : {};

/** PEM. */
export interface OwnTls {
  /** In place of the public authorities. */
  readonly ca?: string;
  /** Proves the caller in the handshake; `key` is its private key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Idle connections do not keep the process alive. */
export function createTransport(
  environment: Environment = {},
  patience: Patience = PATIENCE,
  ownTls: OwnTls = {},
): Transport {
  const kept: Agents = {
    plain: new PlainAgent({ keepAlive: true }),
    tls: new TlsAgent({ keepAlive: true, ...ownTls }),
  };

  async function open(wire: WireRequest): Promise<ClientRequest> {
    const { url, method } = wire;
    const proxy = proxyFor(environment, url);
    const headers = {
      // AWS's common firewall rules, which `edge` sets up, refuse whoever says nothing here (NoUserAgent_HEADER).
      'user-agent': 'sallyport',
      ...wire.headers,
      ...(wire.body !== undefined && { 'content-length': `${Buffer.byteLength(wire.body)}` }),
    };
    if (url.protocol === 'http:') {
      const agent = wire.once ? false : kept.plain;
      if (proxy === undefined) return plainRequest(url, { method, headers, agent, ...lookupFor(url) });
      const send = proxy.protocol === 'https:' ? tlsRequest : plainRequest;
      // RFC 9112 §3.2.2: a proxy is told the whole address.
      return send(proxy, {
        method,
        path: url.href,
        headers: { host: url.host, ...headers, ...proxyAuthorization(proxy) },
        agent: false,
      });
    }
    if (proxy === undefined) {
      const agent = wire.once ? false : kept.tls;
      return tlsRequest(url, { method, headers, agent, ...ownTls, ...lookupFor(url) });
    }
    const socket = await tunnel(proxy, url, patience);
    // RFC 6066 §3: an address is no server name.
    const named = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 && { servername: url.hostname };
    const createConnection = () =>
      tlsConnect({ socket, host: url.hostname, ...named, ...ownTls, ALPNProtocols: ['http/1.1'] });
    // An agent, even none, would connect by itself; without one Node takes port 80 for the usual one.
    return tlsRequest(url, { method, headers: { host: url.host, ...headers }, createConnection });
  }

  return async (wire) => {
    const sent = await open(wire).catch((cause: unknown) => {
      if (cause instanceof AppError) throw cause;
      throw new TransportError('connect', false, cause);
    });
    const answer = answerOf(sent, wire, patience);
    sent.end(wire.body);
    const response = await answer;
    return {
      status: response.statusCode ?? 0,
      headers: singleHeaders(response),
      body: readBody(response, wire.signal, patience),
    };
  };
}
