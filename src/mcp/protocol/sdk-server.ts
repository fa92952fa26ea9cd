import {
  inputResponse,
  type JsonSchemaType,
  type jsonSchemaValidator,
  ProtocolError,
  Server,
  type ServerCapabilities,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '../../kernel/json-object.ts';
import { holdsScopes } from '../../trust/scope.ts';
import { SCOPES_META_KEY } from '../../trust/tool-hash.ts';
import { listedTool } from '../manifest.ts';
import type { ToolDeclaration } from '../tools/tool.ts';
import { behindCall } from './behind-call.ts';
import { laterOf } from './later.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type Era,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  TASKS_EXTENSION,
} from './revisions.ts';
import type { CallOutcome, ProtocolDeps, ProtocolRequest } from './seam.ts';
import { SharedTransport } from './shared-transport.ts';
import { APPROVAL_INPUT, answerCall } from './tool-answers.ts';

// The official SDK's server for one era, with the two methods that this endpoint has. The low-level `Server` takes tools as plain
// JSON Schema; `McpServer` would compile each schema a second time and keep a registry of its own.

/** How long a client may keep the list. Where it is the same for everyone at this endpoint, anyone may. */
const LIST_TTL_MS = 5 * 60_000;
const INVALID_PARAMS = -32602;
/** As the bridge has it for the servers behind it. */
const FAULTS_META_KEY = 'sallyport/faults';

/** A request for the SDK to serve, or only to say how it ended when the call was run already. */
export interface DeliveredRequest extends ProtocolRequest {
  readonly outcome?: CallOutcome;
}

export interface EraServer {
  readonly server: Server;
  readonly transport: SharedTransport<DeliveredRequest>;
}

/** Keeps the SDK from validating by itself. It would only for forms (elicitation), which this endpoint never sends. */
const noValidator: jsonSchemaValidator = {
  getValidator(_schema: JsonSchemaType) {
    throw new Error('this server validates no schema through the SDK');
  },
};

function asParams(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

/**
 * Parameters pass as they are: the SDK has parsed `tools/call` against the revision's schema before a handler with a schema of its
 * own runs, and `tools/list` has one member only, checked in the handler.
 */
const anyParams: StandardSchemaV1<Record<string, unknown>> = {
  '~standard': { version: 1, vendor: 'sallyport', validate: (value) => ({ value: asParams(value) }) },
};

function canOpenUrls(ctx: ServerContext): boolean {
  const capabilities = asParams(asParams(ctx.mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY]);
  return isJsonObject(capabilities['elicitation']) && capabilities['elicitation']['url'] !== undefined;
}

function declined(ctx: ServerContext): boolean {
  const answer = inputResponse(ctx.mcpReq.inputResponses, APPROVAL_INPUT);
  return answer.kind === 'elicit' && answer.action !== 'accept';
}

/** Whether a call of it may go on as a task: a member of 2025-11-25. The newer revision leaves that to the server. */
function executionOf({ execution }: ToolDeclaration, era: Era, deps: ProtocolDeps): Pick<ToolDeclaration, 'execution'> {
  return era === 'legacy' && deps.longCalls !== undefined && execution !== undefined ? { execution } : {};
}

/** What is missing of other servers that this caller may use, and why: a list without them would hide it. */
function faultsFor(scopes: readonly string[], deps: ProtocolDeps): readonly object[] {
  const told = (toolset: string | undefined): boolean =>
    toolset !== undefined && (deps.listByScopes !== true || scopes.some((scope) => scope.startsWith(`${toolset}.`)));
  const faults = deps.tools.faults?.() ?? [];
  return faults.filter(({ toolset }) => told(toolset)).map(({ name, code, message }) => ({ name, code, message }));
}

function listTools(server: Server, transport: SharedTransport<DeliveredRequest>, era: Era, deps: ProtocolDeps): void {
  server.setRequestHandler('tools/list', { params: anyParams }, async (params, ctx) => {
    // One page holds all, so no cursor was ever given out.
    if (params['cursor'] !== undefined) throw new ProtocolError(INVALID_PARAMS, 'Unknown cursor');
    await deps.beforeList?.();
    // What a call of it needs, for clients that show a person their tools. Nobody may rely on it: each call is checked.
    const { scopes } = transport.exchange(ctx.mcpReq.id).scope.caller;
    const tools = deps.tools
      .tools()
      .filter(({ declaration }) => deps.listByScopes !== true || holdsScopes(scopes, declaration.scopes))
      .map(({ declaration }) => ({
        ...listedTool(declaration),
        ...executionOf(declaration, era, deps),
        _meta: { [SCOPES_META_KEY]: declaration.scopes },
      }));
    const faults = faultsFor(scopes, deps);
    return { tools, ...(faults.length > 0 && { _meta: { [FAULTS_META_KEY]: faults } }) };
  });
}

function callTools(server: Server, transport: SharedTransport<DeliveredRequest>, era: Era, deps: ProtocolDeps): void {
  server.setRequestHandler('tools/call', { params: anyParams }, async (params, ctx) => {
    const exchange = transport.exchange(ctx.mcpReq.id);
    const name = String(params['name']);
    const call = { name, arguments: asParams(params['arguments']), ...behindCall(exchange.scope) };
    const later = deps.longCalls === undefined ? {} : { later: laterOf(era, exchange.scope) };
    const outcome = exchange.scope.outcome ?? (await deps.callTool({ ...call, ...later, declined: declined(ctx) }));
    if (outcome.kind === 'task' || outcome.kind === 'tasks_needed') {
      const { answerTask } = await import('./task-answers.ts');
      return answerTask(outcome, { era, exchange, deps });
    }
    return answerCall(name, outcome, { era, exchange, canOpenUrls: canOpenUrls(ctx) });
  });
}

/** How each era is told that calls may go on as tasks. */
function tasksOf(era: Era): ServerCapabilities {
  if (era === 'modern') return { extensions: { [TASKS_EXTENSION]: {} } };
  return { tasks: { cancel: {}, requests: { tools: { call: {} } } } };
}

/** A connected server. One per era lives as long as the process; `initialize` gets one of its own, to be thrown away. */
export async function createEraServer(era: Era, deps: ProtocolDeps): Promise<EraServer> {
  const { name, version, title } = deps.serverInfo;
  const server = new Server(
    { name, version, ...(title !== undefined && { title }) },
    {
      capabilities: { tools: { listChanged: false }, ...(deps.longCalls !== undefined && tasksOf(era)) },
      supportedProtocolVersions: era === 'modern' ? [MODERN_VERSION] : [...LEGACY_VERSIONS],
      jsonSchemaValidator: noValidator,
      cacheHints: {
        'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: deps.listByScopes === true ? 'private' : 'public' },
        'server/discover': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
      },
      ...(deps.instructions !== undefined && { instructions: deps.instructions }),
    },
  );
  const transport = new SharedTransport<DeliveredRequest>(
    era === 'modern' ? { era, revision: MODERN_VERSION } : { era },
  );
  listTools(server, transport, era, deps);
  callTools(server, transport, era, deps);
  const { longCalls } = deps;
  if (longCalls !== undefined) {
    const { registerTaskMethods } = await import('./task-methods.ts');
    registerTaskMethods({ server, transport, era, longCalls });
  }
  server.onerror = deps.onFault;
  await server.connect(transport);
  return { server, transport };
}
