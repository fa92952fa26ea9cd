import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type JsonSchemaType,
  type jsonSchemaValidator,
  ProtocolError,
  Server,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '../../kernel/json-object.ts';
import { SCOPES_META_KEY } from '../../trust/tool-hash.ts';
import { listedTool } from '../manifest.ts';
import { type Era, LEGACY_VERSIONS, MODERN_VERSION } from '../protocol/revisions.ts';
import type { ServerInfo } from '../protocol/seam.ts';
import type { ToolSource } from '../tool-source.ts';
import { createStdioCalls, type StdioCallsDeps } from './stdio-calls.ts';

// The tools for one client at the other end of a pipe: an IDE, or a desktop app. The SDK's server decides which era the client speaks; behind it
// stands the same chain of checks as behind every door. Nobody proves who they are here: whoever started the process is who acts, with the
// credentials that this process was given and no others.

export interface StdioResource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  /** Read each time that somebody asks. */
  readonly read: () => Promise<string>;
}

export interface StdioServerDeps extends StdioCallsDeps {
  readonly serverInfo: ServerInfo;
  /** For the model; sent at `initialize` and `server/discover`. */
  readonly instructions?: string;
  readonly tools: ToolSource;
  readonly resources: readonly StdioResource[];
  readonly newRequestId: () => string;
  /** Told of what the SDK reports out of band, without contents. */
  readonly onFault: (error: Error) => void;
}

const LIST_TTL_MS = 5 * 60_000;
const INVALID_PARAMS = -32602;

/** Keeps the SDK from validating by itself: an answer to a form is read here, member by member. */
const noValidator: jsonSchemaValidator = {
  getValidator(_schema: JsonSchemaType) {
    throw new Error('this server validates no schema through the SDK');
  },
};

function asObject(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

/** Parameters pass as they are: the SDK has parsed the request against the revision's schema before. */
const anyParams: StandardSchemaV1<Record<string, unknown>> = {
  '~standard': { version: 1, vendor: 'sallyport', validate: (value) => ({ value: asObject(value) }) },
};

/** What this client can do: said with each request of 2026-07-28, and once at the start before. */
function capabilitiesOf(server: Server, ctx: ServerContext): ClientCapabilities | undefined {
  const said = asObject(ctx.mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
  return said ?? server.getClientCapabilities();
}

function refuseCursor(params: Record<string, unknown>): void {
  // One page holds all, so no cursor was ever given out.
  if (params['cursor'] !== undefined) throw new ProtocolError(INVALID_PARAMS, 'Unknown cursor');
}

function serveResources(server: Server, resources: readonly StdioResource[]): void {
  server.setRequestHandler('resources/list', { params: anyParams }, async (params) => {
    refuseCursor(params);
    return { resources: resources.map(({ read: _read, ...listed }) => listed) };
  });
  server.setRequestHandler('resources/templates/list', { params: anyParams }, async (params) => {
    refuseCursor(params);
    return { resourceTemplates: [] };
  });
  server.setRequestHandler('resources/read', { params: anyParams }, async (params) => {
    const found = resources.find(({ uri }) => uri === params['uri']);
    if (found === undefined) throw new ProtocolError(INVALID_PARAMS, 'There is no such resource');
    return { contents: [{ uri: found.uri, mimeType: found.mimeType, text: await found.read() }] };
  });
}

const forAll = { ttlMs: LIST_TTL_MS, cacheScope: 'private' } as const;
const fresh = { ttlMs: 0, cacheScope: 'private' } as const;

/** One server for one connection. */
export function createStdioServer(era: Era, deps: StdioServerDeps): Server {
  const { serverInfo, instructions, resources } = deps;
  const server = new Server(
    { ...serverInfo },
    {
      capabilities: {
        tools: { listChanged: false },
        ...(resources.length > 0 && { resources: { listChanged: false, subscribe: false } }),
      },
      supportedProtocolVersions: era === 'modern' ? [MODERN_VERSION] : [...LEGACY_VERSIONS],
      jsonSchemaValidator: noValidator,
      cacheHints: {
        'tools/list': forAll,
        'server/discover': forAll,
        'resources/list': forAll,
        'resources/templates/list': forAll,
        'resources/read': fresh,
      },
      ...(instructions !== undefined && { instructions }),
    },
  );
  server.setRequestHandler('tools/list', { params: anyParams }, async (params) => {
    refuseCursor(params);
    const tools = deps.tools.tools().map(({ declaration }) => declaration);
    return { tools: tools.map((tool) => ({ ...listedTool(tool), _meta: { [SCOPES_META_KEY]: tool.scopes } })) };
  });
  const calls = createStdioCalls(era, deps);
  server.setRequestHandler('tools/call', { params: anyParams }, (params, ctx) =>
    calls(String(params['name']), asObject(params['arguments']), {
      requestId: deps.newRequestId(),
      signal: ctx.mcpReq.signal,
      elicitation: capabilitiesOf(server, ctx)?.elicitation,
      responses: ctx.mcpReq.inputResponses,
      state: ctx.mcpReq.requestState<string>(),
    }),
  );
  if (resources.length > 0) serveResources(server, resources);
  server.onerror = deps.onFault;
  return server;
}
