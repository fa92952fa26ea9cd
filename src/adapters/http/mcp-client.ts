import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type {
  ListedTool,
  PassedDoor,
  ToolCallRequest,
  ToolClient,
  ToolOutcome,
  ToolPrincipal,
} from '../../ports/tool-client.ts';
import { SCOPES_META_KEY } from '../../trust/tool-hash.ts';
import { faultCode, listFailure, readCallFailure, readToolAnswer } from './mcp-client-answers.ts';
import { createGeneration, type Generation, MAX_SOCKETS, NEVER_MS } from './mcp-client-generation.ts';
import type { TaskWait } from './mcp-client-tasks.ts';
import { type CallContext, ExchangeBroken } from './mcp-client-transport.ts';
import { readServerTiming } from './server-timing.ts';

// The agent's `ToolClient`: MCP over mutual TLS with a signature on every request, for one person at a time by delegation. The list of tools
// is the same for everyone and remembered for a few minutes, so that a call is one request. It never decides what a
// person may do, and never sends a write again that may have run.

export interface McpToolClientDeps {
  /** The credentials document as it is now; another text starts another generation. */
  readonly credentials: () => Promise<string>;
  /** Ends in `/mcp`. */
  readonly mcpUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const LIST_TTL_MS = 5 * 60_000;
const LIST_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 25_000;

type TimedRequest = ToolCallRequest & { readonly wait: TaskWait } & Pick<CallContext, 'onTiming'>;

/** Enough for a tool that only reads: the same rights without writing. */
function readOnly(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes.map((scope) => scope.replace(/\.write$/, '.read')))].sort();
}

function scopesFor(tool: ListedTool, scopes: readonly string[]): readonly string[] {
  return tool.annotations?.readOnlyHint === true ? readOnly(scopes) : [...scopes].sort();
}

/** Sending it twice does no harm: it reads, or the server knows it again by its key. */
function repeatable(request: ToolCallRequest): boolean {
  return request.tool.annotations?.readOnlyHint === true || typeof request.arguments['idempotencyKey'] === 'string';
}

type SentTool = ListedTool & { readonly _meta?: Readonly<Record<string, unknown>> };

function readListed({ _meta: meta, ...tool }: SentTool): ListedTool {
  const scopes = meta?.[SCOPES_META_KEY];
  const told = Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string');
  return told ? { ...tool, scopes } : tool;
}

interface Deadline {
  readonly signal: AbortSignal;
  /** So long from now on, in place of what was left. */
  extend(ms: number): void;
  end(): void;
}

function createDeadline(ms: number): Deadline {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => clearTimeout(timer);
  const extend = (leftMs: number): void => {
    end();
    timer = setTimeout(() => abort.abort(), leftMs);
    timer.unref();
  };
  extend(ms);
  return { signal: abort.signal, extend, end };
}

function taskWaitOf({ task: known, tool, signal, onTask }: ToolCallRequest, begun: () => void): TaskWait {
  let id = '';
  return {
    ...(known !== undefined && { known }),
    begun: (named) => {
      id = named;
      begun();
      onTask?.({ id });
    },
    tell: (words) => onTask?.({ id, words }),
    // Nobody will ask for what was only read; what writes goes on unless the person wants its end.
    cancels: () => signal.aborted || tool.annotations?.readOnlyHint === true,
  };
}

const noScopes = (): AppError =>
  new AppError('forbidden', 'This token may use no tools. Ask your operator for one with scopes.');

export function createMcpToolClient(deps: McpToolClientDeps): ToolClient {
  const { clock, log } = deps;
  const url = new URL(deps.mcpUrl);
  let current: Promise<Generation> | undefined;
  let currentText = '';
  let listed: { readonly tools: readonly ListedTool[]; readonly untilMs: number } | undefined;

  async function generation(): Promise<Generation> {
    const text = await deps.credentials();
    if (current !== undefined && text === currentText) return current;
    const replaced = current;
    const next = createGeneration(text, { url, clock, random: deps.random });
    current = next;
    currentText = text;
    try {
      await next;
    } catch (error) {
      // A broken document does not take the place of one that works.
      if (current === next) {
        current = replaced;
        currentText = '';
      }
      throw error;
    }
    if (replaced !== undefined) {
      log.info('mcp.credentials_replaced');
      void replaced.then((old) => old.retire());
    }
    return next;
  }

  /** Runs one SDK request for a person on the newest generation. */
  async function exchange<Value>(
    principal: ToolPrincipal &
      Pick<CallContext, 'onTiming' | 'timeoutMs'> & { readonly tainted?: boolean; readonly wait?: TaskWait },
    scopes: readonly string[],
    work: (generation: Generation) => Promise<Value>,
  ): Promise<Value> {
    if (scopes.length === 0) throw noScopes();
    const now = await generation();
    const { traceparent, timeoutMs, onTiming, wait } = principal;
    const context = {
      authorization: () => now.authorization(principal.person, scopes, principal.tainted ?? true),
      traceparent,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(onTiming !== undefined && { onTiming }),
      ...(wait !== undefined && { task: wait }),
    };
    return now.use(() => now.within(context, () => work(now)));
  }

  async function fetchList(principal: ToolPrincipal): Promise<readonly ListedTool[]> {
    const signal = AbortSignal.any([principal.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
    const { tools, ttlMs } = await exchange(
      { ...principal, tainted: false },
      readOnly(principal.scopes),
      ({ client }) => client.listTools(undefined, { cacheMode: 'bypass', signal, timeout: NEVER_MS }),
    );
    const lifetime = typeof ttlMs === 'number' ? Math.min(Math.max(ttlMs, 0), LIST_TTL_MS) : LIST_TTL_MS;
    listed = { tools: tools.map((tool) => readListed(tool as SentTool)), untilMs: clock.nowMs() + lifetime };
    return listed.tools;
  }

  async function callOnce(request: TimedRequest, signal: AbortSignal): Promise<unknown> {
    const params = { name: request.tool.name, arguments: { ...request.arguments } };
    return exchange(request, scopesFor(request.tool, request.scopes), ({ client }) =>
      client.callTool(params, { allowInputRequired: true, signal, timeout: NEVER_MS }),
    );
  }

  /**
   * A server may close an idle connection in the very moment it is used again; such a request is sent once more. When it closes all of them at once
   * (a new version of it, or of its certificate), the next one at hand is as dead as the first.
   */
  async function callWithRetry(request: TimedRequest, signal: AbortSignal): Promise<unknown> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await callOnce(request, signal);
      } catch (error) {
        const closedIdle = error instanceof ExchangeBroken && error.reused && !signal.aborted;
        if (!closedIdle || tried > MAX_SOCKETS || (error.sent && !repeatable(request))) throw error;
      }
    }
  }

  return {
    async list(principal) {
      if (listed !== undefined && clock.nowMs() < listed.untilMs) return listed.tools;
      try {
        return await fetchList(principal);
      } catch (error) {
        principal.signal.throwIfAborted();
        throw listFailure(error);
      }
    },

    async call(request): Promise<ToolOutcome> {
      const { timeoutMs = CALL_TIMEOUT_MS } = request;
      const deadline = createDeadline(timeoutMs);
      const wait = taskWaitOf(request, () => deadline.extend(request.waitMs ?? timeoutMs));
      let doors: readonly PassedDoor[] = [];
      const onTiming = (header: string | undefined): void => {
        doors = readServerTiming(header);
      };
      const timed = { ...request, timeoutMs, onTiming, wait };
      const told = (outcome: ToolOutcome): ToolOutcome => (doors.length === 0 ? outcome : { ...outcome, doors });
      try {
        return told(readToolAnswer(await callWithRetry(timed, AbortSignal.any([request.signal, deadline.signal]))));
      } catch (error) {
        request.signal.throwIfAborted();
        if (deadline.signal.aborted) return { kind: 'unclear', message: 'The tool took too long to answer.' };
        const outcome = readCallFailure(error);
        log.warn('mcp.call_failed', { tool: request.tool.name, kind: outcome.kind, cause: describe(error) });
        return told(outcome);
      } finally {
        deadline.end();
      }
    },

    async close() {
      const last = await current?.catch(() => undefined);
      current = undefined;
      last?.retire();
    },
  };
}

/** Names, statuses and fault codes; never a message, which may repeat what was sent. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const status = 'status' in error ? String(error.status) : faultCode(error.cause);
  return `${error.name} ${status}`.trim();
}
