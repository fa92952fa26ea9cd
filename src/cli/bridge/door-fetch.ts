import { setTimeout as sleep } from 'node:timers/promises';
import { TIMEOUT_HEADER } from '../../trust/call-timeout.ts';
import { readRetryAfter } from '../client/retry.ts';
import { type OwnTls, TransportError } from '../client/transport.ts';
import type { Proof, UnprovedRequest } from './proof.ts';
import type { WireFetch } from './wire-fetch.ts';

// Each request with its proof, sent again for as long as that is safe and worth it: a door that restarts, a network that is gone for a while, a
// computer that wakes up. A call that may have run is never sent twice, unless it reads only or the server knows it again.

export interface DoorFetchDeps {
  readonly wire: WireFetch;
  readonly proof: Proof;
  /** For doors whose proof says nothing of the connection. */
  readonly tls: OwnTls;
  /** Headers of the person's own, added to each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly answerMs: number;
  /** How long a request is tried again and again in all. */
  readonly patienceMs: number;
  readonly nowMs: () => number;
  /** Whether this call does no harm when it runs twice. */
  readonly isRepeatable: (tool: string, args: unknown) => boolean;
  readonly onRetry?: (why: string) => void;
  /** Ends whatever is under way, also what nobody waits for any more. */
  readonly ending: AbortSignal;
  /** For tests: waits. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

type Unproved = UnprovedRequest & { readonly signal: AbortSignal | undefined };

export type DoorFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const DELAYS_MS = [200, 500, 1000, 2000, 3000];
const BUSY = new Set([429, 502, 503, 504]);

interface RpcRequest {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly error?: unknown;
  readonly params?: { readonly name?: unknown; readonly arguments?: unknown } | undefined;
}

function readRpc(body: string | undefined): RpcRequest {
  try {
    const parsed: unknown = JSON.parse(body ?? '');
    return parsed !== null && typeof parsed === 'object' ? (parsed as RpcRequest) : {};
  } catch {
    return {};
  }
}

interface Refused {
  readonly response: Response;
  /** Whoever answered says with a code of its own that it did nothing. A gateway that gave up waiting has none. */
  readonly isDoors: boolean;
}

/**
 * A refusal with its text read, so that it can be looked at and handed on. JSON-RPC errors come with 403 and 404 as well: MCP's client reads them
 * only with a success or 400, and the words in them would be lost.
 */
async function readRefusal(refused: Response, id: unknown): Promise<Refused> {
  const text = await refused.text().catch((cause: unknown) => {
    if (cause instanceof TransportError) throw cause;
    throw new TransportError('broken', true, cause);
  });
  const rpc = readRpc(text);
  const code = (rpc.error as { readonly data?: { readonly code?: unknown } } | undefined)?.data?.code;
  const isAnswer = [403, 404].includes(refused.status) && rpc.error !== undefined && id !== undefined && rpc.id === id;
  const { headers } = refused;
  return {
    response: new Response(text, { status: isAnswer ? 200 : refused.status, headers }),
    isDoors: refused.status === 429 || typeof code === 'string',
  };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}

export function createDoorFetch(deps: DoorFetchDeps): DoorFetch {
  const { proof, nowMs } = deps;
  const wait = deps.wait ?? pause;

  async function sendProved(request: Unproved): Promise<Response> {
    for (let renewed = 0; ; renewed += 1) {
      const { headers, tls = deps.tls } = await proof.prove(request);
      const response = await deps.wire({ ...request, headers, tls });
      const refused = response.status === 401 || response.status === 403;
      if (!refused || proof.renew === undefined || renewed > 1) return response;
      const again = await proof.renew({
        status: response.status,
        challenge: response.headers.get('www-authenticate') ?? undefined,
        authorization: headers['authorization'] ?? headers['x-sallyport-authorization'],
      });
      if (!again) return response;
      await response.body?.cancel();
    }
  }

  async function sendOnce(request: Unproved, rpc: RpcRequest): Promise<Response | Refused> {
    const response = await sendProved(request);
    return response.status < 400 ? response : readRefusal(response, rpc.id);
  }

  function mayRepeat({ method, params }: RpcRequest): boolean {
    if (method !== 'tools/call') return true;
    return deps.isRepeatable(String(params?.name), params?.arguments);
  }

  /** How long to wait before the same again, or undefined when this outcome is the last. */
  function delayAfter(
    outcome: Response | Refused | TransportError,
    rpc: RpcRequest,
    tried: number,
  ): number | undefined {
    if (outcome instanceof Response) return undefined;
    const usual = DELAYS_MS[Math.min(tried, DELAYS_MS.length - 1)] ?? 0;
    if (outcome instanceof TransportError) {
      if (outcome.reason === 'aborted' || outcome.reason === 'timeout') return undefined;
      return !outcome.maybeSent || mayRepeat(rpc) ? usual : undefined;
    }
    const { response, isDoors } = outcome;
    if (!BUSY.has(response.status) || !(isDoors || mayRepeat(rpc))) return undefined;
    const asked = readRetryAfter(response.headers.get('retry-after') ?? undefined, nowMs());
    return Math.max((asked ?? 0) * 1000, usual);
  }

  return async (address, init = {}) => {
    const given = new Headers(init.headers);
    const body = typeof init.body === 'string' ? init.body : undefined;
    const signal = AbortSignal.any(init.signal == null ? [deps.ending] : [deps.ending, init.signal]);
    const method = init.method ?? 'GET';
    const headers = {
      ...Object.fromEntries(given),
      ...deps.headers,
      ...(method === 'POST' && { [TIMEOUT_HEADER]: String(Math.ceil(deps.answerMs)) }),
    };
    const request = { method, url: new URL(address), headers, body, signal };
    // Streams that a client only listens to are opened again by the client itself.
    if (method !== 'POST') return sendProved(request);
    const rpc = readRpc(body);
    const endMs = nowMs() + deps.patienceMs;
    for (let tried = 0; ; tried += 1) {
      const outcome = await sendOnce(request, rpc).catch((error: unknown) => {
        if (error instanceof TransportError) return error;
        throw error;
      });
      const delayMs = delayAfter(outcome, rpc, tried);
      if (delayMs === undefined || nowMs() + delayMs > endMs) {
        if (outcome instanceof TransportError) throw outcome;
        return outcome instanceof Response ? outcome : outcome.response;
      }
      deps.onRetry?.(outcome instanceof TransportError ? outcome.reason : 'busy');
      await wait(delayMs, signal);
    }
  };
}
