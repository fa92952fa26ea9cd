import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '@modelcontextprotocol/client';
import {
  type CallToolResult,
  type JsonSchemaType,
  ProtocolError,
  Server,
  type ServerCapabilities,
  type ServerContext,
  type StandardSchemaV1,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { Log } from '../../ports/log.ts';
import { VERSION } from '../version.ts';
import { explainFault } from './door-answers.ts';
import type { DoorAnswer, DoorConnection, DoorIdentity } from './door-connection.ts';
import { addForwarding } from './forwarding.ts';
import { askPerson } from './person-asked.ts';
import type { ToolCatalog } from './tool-catalog.ts';

// The stdio side of the bridge: the official SDK's server, in the era that its client opens with, whose every answer comes from a door. What the client
// asks is passed on; what the door answers is passed back, as it is.

type Era = 'modern' | 'legacy';

export interface BridgeDeps {
  readonly connections: readonly DoorConnection[];
  readonly catalog: ToolCatalog;
  readonly log: Log;
  readonly nowMs: () => number;
  /** How long a call waits for its person's yes. */
  readonly waitMs: number;
}

export interface Bridge {
  /** For the SDK: one server for each opening of a client. */
  serve(era: Era): Promise<Server>;
  close(): Promise<void>;
}

const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/** A client waits for its greeting: who has not answered by then is known later. */
const GREETING_MS = 4_000;
/** Long enough that two messages are read one after the other, too short to be felt. */
const APART_MS = 20;
/** Meta of a call that goes on to the door; what else is in it is between the client and this bridge. */
const PASSED_META = [TRACEPARENT_META_KEY, TRACESTATE_META_KEY];

const asParams = (value: unknown): Record<string, unknown> => (isJsonObject(value) ? value : {});

/** The SDK has parsed the request against the revision's schema before. */
const anyParams: StandardSchemaV1<Record<string, unknown>> = {
  '~standard': { version: 1, vendor: 'sallyport', validate: (value) => ({ value: asParams(value) }) },
};
const noValidator = {
  getValidator(_schema: JsonSchemaType): never {
    throw new Error('the bridge validates no schema');
  },
};

interface ToldProgress {
  tell(progress: Progress): void;
  /** When the client has read what was told so far, as far as that can be known. */
  arrived(): Promise<void>;
}

interface Called {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly ctx: ServerContext;
  readonly server: Server;
  readonly era: Era;
}

/** JSON-RPC's own errors of a door, in this side's class. */
const asProtocolError = (error: unknown): ProtocolError | undefined => {
  const { name, code, message, data } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    message?: unknown;
    data?: unknown;
  };
  if (!(error instanceof Error) || typeof code !== 'number' || name !== 'ProtocolError') return undefined;
  return new ProtocolError(code, String(message), data);
};

function passedMeta(ctx: ServerContext): Record<string, unknown> | undefined {
  const meta = { ...(ctx.mcpReq.envelope as object | undefined), ...ctx.mcpReq._meta } as Record<string, unknown>;
  const passed = PASSED_META.flatMap((key) => (meta[key] === undefined ? [] : [[key, meta[key]] as const]));
  return passed.length === 0 ? undefined : Object.fromEntries(passed);
}

export function createBridge(deps: BridgeDeps): Bridge {
  const { connections, catalog, log, nowMs } = deps;
  const live = new Set<Server>();

  /** Clients forget a call's progress with its answer: one that comes in one piece with the last step would hide it. */
  function progressOf(ctx: ServerContext): ToldProgress | undefined {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    if (progressToken === undefined) return undefined;
    const told: Promise<void>[] = [];
    return {
      tell(progress) {
        const params = { ...progress, progressToken };
        told.push(ctx.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined));
      },
      async arrived() {
        await Promise.all(told);
        if (told.length > 0) await sleep(APART_MS);
      },
    };
  }

  async function call({ name, arguments: args, ctx, server, era }: Called) {
    const { signal } = ctx.mcpReq;
    const found = await catalog.find(name, signal);
    if (found === undefined) throw new ProtocolError(INVALID_PARAMS, `Unknown tool: ${name.slice(0, 128)}`);
    const progress = progressOf(ctx);
    const onProgress = progress?.tell;
    const meta = passedMeta(ctx);
    let told = 0;
    const once = (): Promise<DoorAnswer> =>
      found.connection.callTool({ name: found.name, arguments: args, signal, onProgress, meta });
    const startedMs = nowMs();
    let outcome = 'failed';
    try {
      const answer = await once();
      outcome = answer.kind;
      if (answer.kind === 'result') return answer.result;
      const waiting = async (): Promise<void> => {
        told += 1;
        onProgress?.({ progress: told, message: 'Waiting for the person’s yes' });
      };
      return await askPerson(answer.question, { era, server, ctx, again: once, waiting, nowMs, waitMs: deps.waitMs });
    } catch (error) {
      signal.throwIfAborted();
      const own = asProtocolError(error);
      if (own !== undefined) throw own;
      const { code, message } = explainFault(error, found.connection.name);
      outcome = code;
      log.warn('bridge.call_failed', { door: found.connection.name, code, cause: describe(error) });
      const failed: CallToolResult = { content: [{ type: 'text', text: message }], isError: true };
      return { ...failed, _meta: { 'sallyport/error': { code } } };
    } finally {
      await progress?.arrived();
      const milliseconds = Math.round(nowMs() - startedMs);
      log.info('bridge.call', { door: found.connection.name, tool: found.name, outcome, milliseconds });
    }
  }

  function addTools(server: Server, era: Era): void {
    server.setRequestHandler('tools/list', { params: anyParams }, async (_params, ctx) => {
      const { tools, faults } = await catalog.list(ctx.mcpReq.signal);
      // An empty list would say that there is nothing; it is not known what there is.
      if (tools.length === 0 && faults.length > 0) {
        const message = faults.map((fault) => fault.message).join(' ');
        throw new ProtocolError(INTERNAL_ERROR, message, { faults });
      }
      return { tools: [...tools], ...(faults.length > 0 && { _meta: { 'sallyport/faults': faults } }) };
    });
    server.setRequestHandler('tools/call', { params: anyParams }, (params, ctx) =>
      call({ name: String(params['name']), arguments: asParams(params['arguments']), ctx, server, era }),
    );
  }

  /** Those who answer in time; a client that is greeted late gives up. */
  async function identities(): Promise<readonly DoorIdentity[]> {
    const signal = AbortSignal.timeout(GREETING_MS);
    const asked = connections.map((connection) => connection.identify(signal).catch(() => undefined));
    return (await Promise.all(asked)).filter((identity) => identity !== undefined);
  }

  catalog.onChange(() => {
    for (const server of live) void server.sendToolListChanged().catch(() => undefined);
  });
  for (const connection of connections) {
    connection.onNotification((method, params) => {
      if (method === 'notifications/tools/list_changed') return;
      for (const server of live) void server.notification({ method, params: { ...params } }).catch(() => undefined);
    });
  }

  return {
    async serve(era) {
      const known = await identities();
      const has = (member: keyof ServerCapabilities): boolean =>
        known.some(({ capabilities }) => capabilities[member] !== undefined);
      const capabilities: ServerCapabilities = {
        tools: { listChanged: true },
        ...(has('resources') && { resources: { listChanged: true } }),
        ...(has('prompts') && { prompts: { listChanged: true } }),
        ...(has('completions') && { completions: {} }),
        ...(has('logging') && { logging: {} }),
      };
      const instructions = known.map((one) => one.instructions).filter((text) => text !== undefined);
      const [only] = known.length === 1 ? known : [];
      const title = only?.server?.title ?? 'Sallyport';
      const server = new Server(
        { name: 'sallyport-bridge', version: VERSION, title },
        {
          capabilities,
          jsonSchemaValidator: noValidator,
          ...(instructions.length > 0 && { instructions: instructions.join('\n\n') }),
        },
      );
      addTools(server, era);
      addForwarding(server, capabilities, { connections, anyParams });
      server.onerror = (error) => log.warn('bridge.protocol_fault', { cause: error.name });
      server.onclose = () => void live.delete(server);
      live.add(server);
      return server;
    },
    async close() {
      catalog.close();
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

/** Names and codes; never a message, which may repeat what was sent. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { status, code, reason } = error as {
    readonly status?: unknown;
    readonly code?: unknown;
    readonly reason?: unknown;
  };
  return [error.name, status ?? reason ?? code].filter((part) => part !== undefined).join(' ');
}
