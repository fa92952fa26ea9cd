import { isJsonObject } from '../../kernel/json-object.ts';
import { ServerFailed, type Session } from './session.ts';

// MCP over HTTP (revisions 2025-03-26 to 2025-11-25) before a server that speaks over standard streams. Every request stands for itself, without a
// session: which of several instances it reaches does not matter. Who may call is for AWS to check, before any of this runs.

type JsonObject = Readonly<Record<string, unknown>>;

export interface ServerRequest {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** Until whoever called gives up. */
  readonly remainingMs: number;
}

export interface ServerResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AnswerOptions {
  readonly session: Session;
  readonly callTimeoutMs: number;
  /** `method` is one that is known here, or `other`. */
  readonly onAnswered: (fields: { readonly method: string; readonly outcome: string; readonly tool?: string }) => void;
}

const VERSIONS: readonly string[] = ['2025-03-26', '2025-06-18', '2025-11-25'];
/** What is passed on: nothing that changes a server for all who share it. */
const PASSED: ReadonlySet<string> = new Set([
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'prompts/list',
  'prompts/get',
  'completion/complete',
]);
/** Time kept back from the platform's limit, to answer in. */
const ANSWER_MARGIN_MS = 1_000;
const TOOL_NAME = /^[A-Za-z0-9_./-]{1,128}$/;

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;

function json(statusCode: number, body: JsonObject): ServerResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const rpcError = (statusCode: number, code: number, message: string, id: unknown = null): ServerResponse =>
  json(statusCode, { jsonrpc: '2.0', id, error: { code, message } });

/** What is wrong with a request before its message is looked at. */
function refuseEarly({ method, headers }: ServerRequest): ServerResponse | undefined {
  if (method !== 'POST') return { statusCode: 405, headers: { allow: 'POST' }, body: '' };
  // A page of somebody's browser has no business here (MCP, "Security Warning" of the transport).
  if (headers['origin'] !== undefined) return rpcError(403, INVALID_REQUEST, 'Not for browsers');
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return rpcError(415, INVALID_REQUEST, 'Send application/json');
  const version = headers['mcp-protocol-version'];
  if (version !== undefined && !VERSIONS.includes(version)) {
    return rpcError(400, INVALID_REQUEST, `This server speaks MCP ${VERSIONS.join(', ')}`);
  }
  return undefined;
}

/** The caller's revision where the server's own is not older; each leaves out what the other does not know. */
function agreeVersion(asked: unknown, own: unknown): string {
  const ours = typeof own === 'string' ? own : '';
  return typeof asked === 'string' && VERSIONS.includes(asked) && asked <= ours ? asked : ours;
}

/** Progress has no way to whoever asked, so none is asked for. */
function withoutProgress(params: unknown): JsonObject | undefined {
  if (!isJsonObject(params)) return undefined;
  const { _meta: meta, ...rest } = params;
  if (!isJsonObject(meta)) return params;
  const { progressToken: _unused, ...kept } = meta;
  return Object.keys(kept).length === 0 ? rest : { ...rest, _meta: kept };
}

export function createAnswer(options: AnswerOptions): (request: ServerRequest) => Promise<ServerResponse> {
  const { session, callTimeoutMs, onAnswered } = options;

  async function respond(method: string, params: unknown, remainingMs: number): Promise<JsonObject> {
    if (method === 'ping') return { result: {} };
    if (method === 'initialize') {
      const { capabilities: _told, ...greeting } = await session.greeting();
      const capabilities = isJsonObject(_told) ? _told : {};
      // Nothing is told unasked here, so nothing of the kind is promised.
      const kept = Object.fromEntries(
        ['tools', 'resources', 'prompts', 'completions'].flatMap((name) => (name in capabilities ? [[name, {}]] : [])),
      );
      const protocolVersion = agreeVersion(
        isJsonObject(params) ? params['protocolVersion'] : '',
        greeting['protocolVersion'],
      );
      return { result: { ...greeting, protocolVersion, capabilities: kept } };
    }
    if (!PASSED.has(method)) return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    const limitMs = Math.max(1, Math.min(callTimeoutMs, remainingMs - ANSWER_MARGIN_MS));
    return { ...(await session.ask(method, withoutProgress(params), limitMs)) };
  }

  async function answerRequest(message: JsonObject, remainingMs: number): Promise<ServerResponse> {
    const { id, params } = message;
    const method = String(message['method']);
    const name = isJsonObject(params) ? params['name'] : undefined;
    const told = {
      method: PASSED.has(method) || method === 'initialize' ? method : 'other',
      ...(method === 'tools/call' && typeof name === 'string' && TOOL_NAME.test(name) && { tool: name }),
    };
    try {
      const outcome = await respond(method, params, remainingMs);
      onAnswered({ ...told, outcome: 'error' in outcome ? 'refused' : 'answered' });
      return json(200, { jsonrpc: '2.0', id, ...outcome });
    } catch (error) {
      if (!(error instanceof ServerFailed)) throw error;
      onAnswered({ ...told, outcome: 'failed' });
      return rpcError(200, INTERNAL_ERROR, error.message, id);
    }
  }

  return async (request) => {
    const early = refuseEarly(request);
    if (early !== undefined) return early;
    let message: unknown;
    try {
      message = JSON.parse(request.body);
    } catch {
      return rpcError(400, PARSE_ERROR, 'Parse error');
    }
    if (!isJsonObject(message) || message['jsonrpc'] !== '2.0')
      return rpcError(400, INVALID_REQUEST, 'Invalid request');
    const { id, method } = message;
    // Notifications and answers are taken and go no further.
    if (id === undefined || typeof method !== 'string') return { statusCode: 202, headers: {}, body: '' };
    if (typeof id !== 'string' && typeof id !== 'number') return rpcError(400, INVALID_REQUEST, 'Invalid request');
    return answerRequest(message, request.remainingMs);
  };
}
