import { createTransport, type OwnTls, type Patience, type Transport } from '../client/transport.ts';

// The `fetch` that MCP's own client sends by: Node's HTTP client underneath, with the proxies that the environment names, deadlines, and a client
// certificate where a door asks for one. It follows no redirect: a proof is for one address.

export interface WireFetchDeps {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Until the first byte of an answer. */
  readonly answerMs: number;
  readonly nowMs: () => number;
}

export interface WireFetchRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Another object than before: other connections from then on. */
  readonly tls: OwnTls;
}

/** Rejects with TransportError, which says whether the request may have arrived. */
export type WireFetch = (request: WireFetchRequest) => Promise<Response>;

/** What keeps a stream open between two messages is up to the server; half an hour without a byte is nobody there. */
const SILENCE_MS = 30 * 60_000;
const CONNECT_MS = 10_000;
/** A connection that was idle for longer may be one to a computer that slept, or to a server that has restarted: a new one is cheaper than its end. */
const IDLE_MS = 15_000;
/** Statuses with which the Fetch standard allows no body. */
const BODILESS = new Set([204, 205, 304]);

export function createWireFetch(deps: WireFetchDeps): WireFetch {
  const patience: Patience = { connectMs: CONNECT_MS, silenceMs: SILENCE_MS };
  let tls: OwnTls | undefined;
  let transport: Transport | undefined;
  let usedMs = 0;

  /** By the clock on the wall, which goes on while a computer sleeps. */
  function current(now: OwnTls): Transport {
    const idle = Math.abs(deps.nowMs() - usedMs) > IDLE_MS;
    usedMs = deps.nowMs();
    if (transport === undefined || now !== tls || idle) transport = createTransport(deps.environment, patience, now);
    tls = now;
    return transport;
  }

  return async ({ method, url, headers, body, signal, tls: own }) => {
    const send = current(own);
    const answer = await send({
      method,
      url,
      headers,
      ...(body !== undefined && { body }),
      answerMs: deps.answerMs,
      once: false,
      ...(signal !== undefined && { signal }),
    });
    usedMs = deps.nowMs();
    const named = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    );
    if (BODILESS.has(answer.status)) {
      for await (const _ of answer.body);
      return new Response(null, { status: answer.status, headers: Object.fromEntries(named) });
    }
    return new Response(ReadableStream.from(answer.body), {
      status: answer.status,
      headers: Object.fromEntries(named),
    });
  };
}
