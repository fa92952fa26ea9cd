import {
  type CallToolResult,
  Client,
  type Implementation,
  type Progress,
  SdkHttpError,
  type ServerCapabilities,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client';
import type { Log } from '../../ports/log.ts';
import { VERSION } from '../version.ts';
import { type OpenQuestion, questionInError, questionInResult } from './door-answers.ts';
import { createDoorFetch } from './door-fetch.ts';
import type { DoorOptions } from './door-options.ts';
import { makeProof, type ProofSetting } from './make-proof.ts';
import { createWireFetch } from './wire-fetch.ts';

// One MCP server behind one of our doors (or any other over streamable HTTP), by the official client: whichever revision it speaks, with the
// proof that it asks for. A connection is made when it is first needed and made anew after a failure; nothing is decided here about people.

export interface DoorSetting extends Omit<ProofSetting, 'nowMs'> {
  readonly log: Log;
  readonly nowMs?: () => number;
}

export type DoorAnswer =
  | { readonly kind: 'result'; readonly result: CallToolResult }
  /** Only the person can go on; then the same call is made again. */
  | { readonly kind: 'question'; readonly question: OpenQuestion };

export interface DoorCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** `traceparent` and the like, passed on. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** What the server says of itself once somebody has reached it. */
export interface DoorIdentity {
  readonly server: Implementation | undefined;
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
  /** Such as `2026-07-28`. */
  readonly revision: string | undefined;
}

export interface DoorConnection {
  readonly name: string;
  /** Connects, if need be. */
  identify(signal: AbortSignal): Promise<DoorIdentity>;
  /** All pages. */
  listTools(signal: AbortSignal): Promise<readonly Tool[]>;
  callTool(call: DoorCall): Promise<DoorAnswer>;
  /** Any other request, by the official client as it is connected. */
  ask<Value>(work: (client: Client) => Promise<Value>): Promise<Value>;
  /** Something the server has announced by itself: `notifications/…` with its parameters. */
  onNotification(listener: (method: string, params: Readonly<Record<string, unknown>>) => void): void;
  close(): Promise<void>;
}

const TIMEOUT_MS = 120_000;
const PATIENCE_MS = 30_000;
/** Our own deadlines come first; Node's timers end at 2^31 - 1. */
const NEVER_MS = 2 ** 31 - 1;
const NOTIFICATIONS = [
  'notifications/tools/list_changed',
  'notifications/resources/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/updated',
  'notifications/message',
] as const;

type Notified = Parameters<DoorConnection['onNotification']>[0];

/** Whoever sits behind the bridge looks at answers themselves. */
const believeAll = {
  getValidator: () => (input: unknown) => ({ valid: true as const, data: input as never, errorMessage: undefined }),
};

function newClient(door: DoorOptions): Client {
  // The agent door is ours and speaks the newest revision; any other is asked which it speaks.
  const mode = door.auth.kind === 'certificate' ? { pin: '2026-07-28' } : 'auto';
  return new Client(
    { name: 'sallyport-bridge', version: VERSION, title: 'Sallyport bridge' },
    {
      capabilities: { elicitation: { url: {} } },
      versionNegotiation: { mode },
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: believeAll,
    },
  );
}

/** The specification says 404; servers in use, official ones among them, say 400 and that there is no such session. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof SdkHttpError)) return false;
  const said = String(error.data['text'] ?? '');
  return error.status === 404 || (error.status === 400 && /\bsession\b/i.test(said));
}

/** A tool whose second run does no harm: it reads, or says that it is idempotent. */
const isHarmless = ({ annotations }: Tool): boolean =>
  annotations?.readOnlyHint === true || annotations?.idempotentHint === true;

/** Rejects with AppError `misconfigured` where the options make no sense; nobody is asked anything yet. */
export async function connectDoor(door: DoorOptions, setting: DoorSetting): Promise<DoorConnection> {
  const { log, nowMs = Date.now } = setting;
  const { timeoutMs: answerMs = TIMEOUT_MS, patienceMs = PATIENCE_MS } = door;
  const proof = await makeProof(door, { ...setting, nowMs });
  const harmless = new Set<string>();
  const listeners: Notified[] = [];
  const fetch = createDoorFetch({
    wire: createWireFetch({ environment: setting.environment, answerMs, nowMs }),
    proof,
    tls: door.tls ?? {},
    headers: door.headers ?? {},
    answerMs,
    patienceMs,
    nowMs,
    isRepeatable: (tool, args) =>
      harmless.has(tool) || typeof (args as { idempotencyKey?: unknown } | undefined)?.idempotencyKey === 'string',
    ending: setting.signal,
    onRetry: (why) => log.info('bridge.retry', { door: door.name, why }),
  });
  let connected: Promise<Client> | undefined;

  async function open(): Promise<Client> {
    const client = newClient(door);
    for (const method of NOTIFICATIONS) {
      client.setNotificationHandler(method, ({ params }) => {
        for (const listener of listeners) listener(method, params ?? {});
      });
    }
    const transport = new StreamableHTTPClientTransport(new URL(door.url), { fetch, onInsufficientScope: 'throw' });
    await client.connect(transport, { timeout: NEVER_MS, signal: setting.signal });
    const revision = client.getNegotiatedProtocolVersion();
    log.info('bridge.connected', { door: door.name, ...(revision !== undefined && { revision }) });
    return client;
  }

  function current(): Promise<Client> {
    if (connected !== undefined) return connected;
    const opening = open();
    connected = opening;
    opening.catch(() => forget(opening));
    return opening;
  }

  function forget(opened: Promise<Client>): void {
    if (connected === opened) connected = undefined;
  }

  /** A server that has forgotten our session is greeted anew, once; the request itself was not looked at. */
  async function ask<Value>(work: (client: Client) => Promise<Value>): Promise<Value> {
    const opened = current();
    const client = await opened;
    try {
      return await work(client);
    } catch (error) {
      const hasSession = (client.transport as StreamableHTTPClientTransport | undefined)?.sessionId !== undefined;
      if (!hasSession || !isForgotten(error)) throw error;
      forget(opened);
      await client.close().catch(() => undefined);
      return work(await current());
    }
  }

  return {
    name: door.name,
    ask,
    identify: (signal) =>
      raced(signal, async () => {
        const client = await current();
        return {
          server: client.getServerVersion(),
          capabilities: client.getServerCapabilities() ?? {},
          instructions: client.getInstructions(),
          revision: client.getNegotiatedProtocolVersion(),
        };
      }),
    listTools: (signal) =>
      raced(signal, async () => {
        const { tools } = await ask((client) =>
          client.listTools(undefined, { signal, timeout: NEVER_MS, cacheMode: 'bypass' }),
        );
        harmless.clear();
        for (const tool of tools) if (isHarmless(tool)) harmless.add(tool.name);
        return tools;
      }),
    async callTool({ name, arguments: args, signal, onProgress, meta }) {
      const params = { name, arguments: { ...args }, ...(meta !== undefined && { _meta: { ...meta } }) };
      const onprogress = onProgress === undefined ? {} : { onprogress: onProgress };
      try {
        const result = await ask((client) =>
          client.callTool(params, { signal, timeout: NEVER_MS, allowInputRequired: true, ...onprogress }),
        );
        const question = questionInResult(result);
        if (question === undefined) return { kind: 'result', result };
        if (question === 'unknown') throw new TypeError('the server asks for something that this bridge cannot give');
        return { kind: 'question', question };
      } catch (error) {
        const question = questionInError(error);
        if (question === undefined) throw error;
        return { kind: 'question', question };
      }
    },
    onNotification: (listener) => void listeners.push(listener),
    async close() {
      const client = await connected?.catch(() => undefined);
      connected = undefined;
      await client?.close().catch(() => undefined);
    },
  };
}

/** Ends with the signal, even where the work goes on for others. */
function raced<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
