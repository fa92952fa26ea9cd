import { randomBytes } from 'node:crypto';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createMcpApp, type McpAppDeps } from '../../src/mcp/app.ts';
import { type ConfirmMode, createApprovals } from '../../src/mcp/approvals.ts';
import type { Caller } from '../../src/mcp/caller.ts';
import { createRateLimit } from '../../src/mcp/rate-limit.ts';
import { createSchemaValidators } from '../../src/mcp/schema-validators.ts';
import { fixedTools } from '../../src/mcp/tool-source.ts';
import type { Tool } from '../../src/mcp/tools/tool.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HttpApp, HttpRequest, HttpResponse } from '../../src/ports/http.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { Log, LogFields } from '../../src/ports/log.ts';

// The real MCP app with a trivial door: everyone is the person whom the test names.

export const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const OTHER_PERSON = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';

export const testCaller: Caller = {
  door: 'key',
  person: PERSON,
  agent: 'token/01ARZ3NDEKTSV4RRFFQ69G5FAV',
  scopes: ['test.write'],
  tainted: false,
};

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly event: string;
}

/** Keeps every line and metric, so that a test can say what was logged and what was not. */
export function createMemoryLog(lines: LogLine[] = [], base: LogFields = {}): Log & { readonly lines: LogLine[] } {
  const keep = (level: string) => (event: string, fields?: LogFields) => {
    lines.push({ level, event, ...base, ...fields });
  };
  return {
    lines,
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: (fields) => createMemoryLog(lines, { ...base, ...fields }),
    metric: (name, dimensions, value = 1) => {
      lines.push({ level: 'metric', event: name, ...dimensions, value });
    },
  };
}

export interface TestAppOptions {
  readonly tools: readonly Tool[];
  readonly callerOf?: (request: HttpRequest) => Caller;
  readonly confirm?: ConfirmMode;
  readonly perMinute?: number;
  readonly clock?: Clock;
  readonly store?: KeyValueStore;
  readonly over?: Partial<McpAppDeps>;
}

export interface TestApp {
  readonly app: HttpApp;
  readonly store: KeyValueStore;
  readonly log: ReturnType<typeof createMemoryLog>;
}

export function createTestApp(options: TestAppOptions): TestApp {
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const store = options.store ?? createMemoryStore({ clock });
  const log = createMemoryLog();
  const app = createMcpApp({
    door: async (request) => ({ ok: true, caller: options.callerOf?.(request) ?? testCaller }),
    tools: fixedTools(options.tools),
    approvals: createApprovals({
      store,
      clock,
      random: { bytes: (count) => randomBytes(count) },
      confirm: options.confirm ?? 'writes',
      approvalUrl: (id) => `https://oauth.example.test/approvals/${id}`,
    }),
    rateLimit: createRateLimit({ store, clock, perMinute: options.perMinute ?? 1_000_000 }),
    schemas: createSchemaValidators(),
    serverInfo: { name: 'sallyport', version: '0.1.0' },
    log,
    clock,
    ...options.over,
  });
  return { app, store, log };
}

export const PROTOCOL_VERSION_META = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES_META = 'io.modelcontextprotocol/clientCapabilities';

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | string;
  readonly remainingMs?: number;
}

export function httpRequest(options: RequestOptions = {}): HttpRequest {
  return {
    method: options.method ?? 'POST',
    path: options.path ?? '/mcp',
    query: '',
    headers: { 'content-type': 'application/json', ...options.headers },
    cookies: [],
    body: typeof options.body === 'string' ? Buffer.from(options.body) : (options.body ?? new Uint8Array()),
    domainName: 'mcp.example.test',
    apiId: 'test',
    stage: '$default',
    sourceIp: '127.0.0.1',
    requestId: 'request-1',
    remainingMs: options.remainingMs ?? 30_000,
  };
}

type Params = Readonly<Record<string, unknown>>;

/** A well-formed request of 2026-07-28, headers and all. */
export function modernRequest(method: string, params: Params = {}, over: Params & { readonly id?: unknown } = {}) {
  const { id = 1, headers, capabilities = {}, ...rest } = over;
  const meta = { [PROTOCOL_VERSION_META]: '2026-07-28', [CAPABILITIES_META]: capabilities };
  const name = typeof params['name'] === 'string' ? { 'mcp-name': params['name'] } : {};
  return httpRequest({
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...name,
      ...(headers as Record<string, string | undefined> | undefined),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta }, ...rest }),
  });
}

/** A well-formed request of 2025-11-25, after `initialize`. */
export function legacyRequest(method: string, params?: Params, id: unknown = 1) {
  return httpRequest({
    headers: { 'mcp-protocol-version': '2025-11-25' },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) }),
  });
}

/** An answer's body as JSON; the test fails where it is none. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
export function json(response: HttpResponse): any {
  return JSON.parse(typeof response.body === 'string' ? response.body : Buffer.from(response.body).toString('utf8'));
}
