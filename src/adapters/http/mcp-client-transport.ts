import { AsyncLocalStorage } from 'node:async_hooks';
import { type Agent, request as httpsRequest } from 'node:https';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { TIMEOUT_HEADER } from '../../trust/call-timeout.ts';
import type { AgentCredentials } from '../../trust/credentials.ts';
import { signRequest } from '../../trust/sign-request.ts';
import { NONCE_BYTES, normalizeAuthority } from '../../trust/signature-profile.ts';
import type { TaskExchange, TaskWait } from './mcp-client-tasks.ts';

// One JSON-RPC message as one signed HTTPS request (MCP 2026-07-28, "Streamable HTTP"). A transport of our own in the official client's place for
// one: the signature covers the very bytes and headers that are sent, and no `fetch` class is touched. It opens no stream,
// follows no redirect, reads no proxy setting, and never sends a request a second time.

/** An MCP answer of ours is far smaller; anything above is not read to its end. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';

/** What one call adds to its request. It travels beside the SDK, which knows nothing of persons. */
export interface CallContext {
  /** `Bearer <delegation>`, asked for anew for each request. */
  readonly authorization: () => string;
  readonly traceparent: string;
  /** How long the caller will wait for the answer. */
  readonly timeoutMs?: number;
  /** Told what the MCP API says of the checks, once it has answered. */
  readonly onTiming?: (serverTiming: string | undefined) => void;
  /** A call that goes on behind its answer is waited for. */
  readonly task?: TaskWait;
}

/** The HTTP layer refused: no JSON-RPC message came back. */
export class HttpRefused extends Error {
  override readonly name = 'HttpRefused';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;

  constructor(status: number, headers: Readonly<Record<string, string | undefined>>, body: unknown) {
    super(`The MCP API answered ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** The exchange broke off. `sent` says whether the server may have got the whole request. */
export class ExchangeBroken extends Error {
  override readonly name = 'ExchangeBroken';
  readonly sent: boolean;
  /** The connection had served before: most likely the server closed it while it was idle. */
  readonly reused: boolean;

  constructor(cause: unknown, sent: boolean, reused: boolean) {
    super('The connection to the MCP API broke off', { cause });
    this.sent = sent;
    this.reused = reused;
  }
}

export interface SigningTransportDeps {
  readonly url: URL;
  /** Holds the client certificate and the connections. */
  readonly agent: Agent;
  readonly credentials: AgentCredentials;
  readonly clock: Clock;
  readonly random: Random;
}

export interface SigningTransport {
  readonly transport: Transport;
  /** Runs `work`; what it sends through the transport carries `context`. */
  within<Value>(context: CallContext, work: () => Promise<Value>): Promise<Value>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What `Mcp-Name` repeats, by method. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'tasks/get': 'taskId',
  'tasks/cancel': 'taskId',
};

/** The headers that repeat the body for whoever routes by them: `Mcp-Method`, `Mcp-Name`, `MCP-Protocol-Version`. */
function standardHeaders(message: JSONRPCMessage): Readonly<Record<string, string>> {
  if (!('method' in message)) return {};
  const params: unknown = message.params;
  const meta = isJsonObject(params) ? params['_meta'] : undefined;
  const version = isJsonObject(meta) ? meta[PROTOCOL_VERSION] : undefined;
  const member = Object.hasOwn(NAMED_BY, message.method) ? NAMED_BY[message.method] : undefined;
  const name = isJsonObject(params) && member !== undefined ? params[member] : undefined;
  return {
    ...(typeof version === 'string' ? { 'mcp-protocol-version': version } : {}),
    'mcp-method': message.method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  };
}

export function createSigningTransport(deps: SigningTransportDeps): SigningTransport {
  const { url, agent, credentials, clock, random } = deps;
  const authority = normalizeAuthority(url.host);
  const contexts = new AsyncLocalStorage<CallContext>();

  function signedHeaders(message: JSONRPCMessage, context: CallContext, body: Uint8Array): Record<string, string> {
    const headers: Record<string, string> = {
      authorization: context.authorization(),
      'content-type': 'application/json',
      ...standardHeaders(message),
    };
    const signature = signRequest({
      method: 'POST',
      authority,
      path: url.pathname,
      headers,
      body,
      keyId: credentials.keyId,
      secret: credentials.hmacKey,
      created: Math.floor(clock.nowMs() / 1000),
      nonce: random.bytes(NONCE_BYTES),
    });
    return {
      ...headers,
      ...signature,
      host: authority,
      accept: 'application/json, text/event-stream',
      'content-length': String(body.length),
      traceparent: context.traceparent,
      ...(context.timeoutMs === undefined ? {} : { [TIMEOUT_HEADER]: String(Math.ceil(context.timeoutMs)) }),
    };
  }

  function exchange(
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let sent = false;
      const request = httpsRequest(url, {
        method: 'POST',
        agent,
        headers,
        ...(signal === undefined ? {} : { signal }),
      });
      const fail = (cause: unknown): void => reject(new ExchangeBroken(cause, sent, request.reusedSocket));
      request.on('finish', () => {
        sent = true;
      });
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(named), text });
        });
      });
      request.end(body);
    });
  }

  /** The message that answers this very request. */
  async function post(message: JSONRPCMessage, context: CallContext, signal: AbortSignal | undefined) {
    const body = Buffer.from(JSON.stringify(message));
    const answer = await exchange(signedHeaders(message, context, body), body, signal);
    context.onTiming?.(answer.headers['server-timing']);
    const parsed = parseBody(answer.text);
    // JSON-RPC errors come with 400, 403 or 404, too; they belong to the SDK when they answer this very request.
    const answersThis =
      isJsonObject(parsed) && 'id' in message && parsed['id'] === message.id && parsed['jsonrpc'] === '2.0';
    if (!answersThis) throw new HttpRefused(answer.status, answer.headers, parsed);
    return parsed;
  }

  async function postOrWait(
    message: JSONRPCMessage,
    { context, signal, wait }: { context: CallContext; signal: AbortSignal | undefined; wait: TaskWait },
  ): Promise<unknown> {
    const isCall = 'method' in message && message.method === 'tools/call' && 'id' in message;
    if (!isCall) return post(message, context, signal);
    const answer = wait.known === undefined ? await post(message, context, signal) : undefined;
    const result = answer?.['result'];
    if (answer !== undefined && !(isJsonObject(result) && result['resultType'] === 'task')) return answer;
    const { seeThrough } = await import('./mcp-client-tasks.ts');
    // The checks that are told of are those of the call.
    const { onTiming: _told, ...beside } = context;
    return seeThrough(isJsonObject(result) ? result : undefined, {
      message: message as TaskExchange['message'],
      ask: (asked, limit) => post(asked, beside, limit),
      call: () => post(message, context, signal),
      lost: (error) => new ExchangeBroken(error, true, false),
      signal,
      wait,
    });
  }

  const transport: Transport = {
    // Cancelling means closing the request: there is one for each message.
    hasPerRequestStream: true,
    async start() {},
    async close() {
      transport.onclose?.();
    },
    async send(message, options) {
      const context = contexts.getStore();
      // Only calls made through `within` carry a delegation; the SDK has no business sending anything else.
      if (context === undefined) throw new Error('a message to the MCP API needs a delegation');
      const signal = options?.requestSignal;
      const told =
        context.task === undefined
          ? await post(message, context, signal)
          : await postOrWait(message, { context, signal, wait: context.task });
      transport.onmessage?.(told as unknown as JSONRPCMessage);
    },
  };

  return { transport, within: (context, work) => contexts.run(context, work) };
}
