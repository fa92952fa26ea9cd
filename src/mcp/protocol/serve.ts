import type { JSONRPCRequest, MessageClassification, RequestId } from '@modelcontextprotocol/server';
import { AppError } from '../../kernel/app-error.ts';
import { behindCall } from './behind-call.ts';
import { createKnownEnvelopes, type Envelope } from './envelope.ts';
import { laterOf } from './later.ts';
import { isPlain, plainAnswer, readPlainCall } from './plain-call.ts';
import { type Era, LEGACY_VERSIONS, MODERN_VERSION } from './revisions.ts';
import { createRoute } from './route.ts';
import type { EraServer } from './sdk-server.ts';
import type { CallOutcome, ProtocolDeps, ProtocolRequest, ProtocolResponse, Serve } from './seam.ts';
import type { Answer } from './shared-transport.ts';
import { findHeaderFault, readStandardHeaders, type StandardHeaders } from './standard-headers.ts';

// MCP over one POST, in both eras, with answers in JSON. The SDK decides which era a message belongs to, parses it, and
// serves it on a server that lives as long as the process. Sharing that server sets the rules here:
// - notifications and responses end here with 202: this endpoint asks clients nothing and needs none of them;
// - `initialize` writes into the server that serves it, so each gets one of its own;
// - batches, which no revision served here has, are refused.

const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const HEADER_MISMATCH = -32020;
const UNSUPPORTED_VERSION = -32022;

const JSON_HEADERS = { 'content-type': 'application/json' } as const;
const ACCEPTED: ProtocolResponse = { status: 202, headers: {}, body: '' };

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export function rpcErrorResponse(status: number, error: RpcError, id: RequestId | null = null): ProtocolResponse {
  return { status, headers: JSON_HEADERS, body: JSON.stringify({ jsonrpc: '2.0', id, error }) };
}

function response(answer: Answer): ProtocolResponse {
  const headers = answer.headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...answer.headers };
  return { status: answer.status, headers, body: JSON.stringify(answer.message) };
}

/** The id to answer under: that of the one request in the body, when it can be read. */
function echoableId(message: unknown): RequestId | null {
  if (message === null || typeof message !== 'object' || Array.isArray(message)) return null;
  const { method, id } = message as { method?: unknown; id?: unknown };
  if (typeof method !== 'string') return null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

/** `supported` names the revisions of the era in which the client asked: those it can ask again with. */
function unsupportedVersion(era: Era, requested: string | undefined, id: RequestId | null): ProtocolResponse {
  const supported = era === 'modern' ? [MODERN_VERSION] : [MODERN_VERSION, ...LEGACY_VERSIONS];
  const message = `Unsupported protocol version: ${(requested ?? 'unknown').slice(0, 64)}`;
  const data = { supported, requested: (requested ?? 'unknown').slice(0, 64) };
  return rpcErrorResponse(400, { code: UNSUPPORTED_VERSION, message, data }, id);
}

/**
 * A schema with `x-mcp-header` promises that clients repeat arguments in `Mcp-Param-*` headers and that the server compares them. The
 * agent door admits no such header, so a tool that asks for one must not start to be served.
 */
function refuseHeaderParameters(deps: ProtocolDeps): void {
  const promising = deps.tools
    .tools()
    .find(({ declaration }) => JSON.stringify(declaration.inputSchema).includes('"x-mcp-header":'))?.declaration;
  if (promising === undefined) return;
  throw new AppError('misconfigured', `The tool ${promising.name} declares x-mcp-header, which is not served here.`);
}

export function createProtocol(deps: ProtocolDeps): Serve {
  refuseHeaderParameters(deps);
  const { name, version, title } = deps.serverInfo;
  const serverInfo = { name, version, ...(title !== undefined && { title }) };
  const route = createRoute();
  /** Those with which the SDK has served a call. */
  const served = createKnownEnvelopes();
  const shared: Partial<Record<Era, Promise<EraServer>>> = {};

  async function newServer(era: Era): Promise<EraServer> {
    const { createEraServer } = await import('./sdk-server.ts');
    return createEraServer(era, deps);
  }

  function sharedServer(era: Era): Promise<EraServer> {
    const known = shared[era];
    if (known !== undefined) return known;
    const created = newServer(era);
    shared[era] = created;
    return created;
  }

  /** By the SDK, which says whatever the outcome is; a call that was run already is not run again. */
  async function deliver(
    message: JSONRPCRequest,
    envelope: Envelope | undefined,
    request: ProtocolRequest,
    outcome?: CallOutcome,
  ): Promise<ProtocolResponse> {
    const { transport } = await sharedServer('modern');
    const answer = await transport.deliver(message, outcome === undefined ? request : { ...request, outcome });
    if (envelope !== undefined && message.method === 'tools/call' && 'result' in answer.message) served.add(envelope);
    return response(answer);
  }

  async function serveModern(
    { message, classification }: { message: JSONRPCRequest; classification: MessageClassification },
    headers: StandardHeaders,
    envelope: Envelope | undefined,
    request: ProtocolRequest,
  ): Promise<ProtocolResponse> {
    if (classification.revision !== MODERN_VERSION)
      return unsupportedVersion('modern', classification.revision, message.id);
    const fault = findHeaderFault(headers, message);
    if (fault !== undefined) {
      const text = `Bad Request: the request headers and body disagree: ${fault.body}`;
      return rpcErrorResponse(400, { code: HEADER_MISMATCH, message: text, data: { mismatch: fault } }, message.id);
    }
    const { requestId } = request;
    const call = envelope !== undefined && served.has(envelope) ? readPlainCall(message) : undefined;
    if (call === undefined) return deliver(message, envelope, request);
    const later = deps.longCalls === undefined ? {} : { later: laterOf('modern', request) };
    const outcome = await deps.callTool({ ...call, ...behindCall(request), ...later, declined: false });
    if (!isPlain(outcome)) return deliver(message, envelope, request, outcome);
    return {
      status: 200,
      headers: JSON_HEADERS,
      body: plainAnswer(outcome, { id: message.id, requestId, serverInfo }),
    };
  }

  async function serveLegacy(
    message: JSONRPCRequest,
    headers: StandardHeaders,
    request: ProtocolRequest,
  ): Promise<ProtocolResponse> {
    const { isInitialize } = await import('./classify.ts');
    if (isInitialize(message)) {
      const own = await newServer('legacy');
      const answer = await own.transport.deliver(message, request);
      await own.server.close();
      return response(answer);
    }
    // Absent is fine: the header came with 2025-06-18 and clients of that time leave it out now and then.
    if (headers.version !== undefined && !LEGACY_VERSIONS.includes(headers.version)) {
      return unsupportedVersion('legacy', headers.version, message.id);
    }
    if (message.method === 'initialize') {
      const error = { code: INVALID_PARAMS, message: 'Invalid parameters of initialize' };
      return rpcErrorResponse(200, error, message.id);
    }
    const { transport } = await sharedServer('legacy');
    return response(await transport.deliver(message, request));
  }

  async function serve(request: ProtocolRequest): Promise<ProtocolResponse> {
    const { message } = request;
    const headers = readStandardHeaders(request.headers);
    const { outcome, envelope } = await route(message, headers);
    if (outcome.kind === 'reject') {
      const { code, httpStatus, data } = outcome;
      const error = { code, message: outcome.message, ...(data !== undefined && { data }) };
      return rpcErrorResponse(httpStatus, error, echoableId(message));
    }
    if (outcome.kind === 'modern') {
      if (outcome.messageKind === 'request') return serveModern(outcome, headers, envelope, request);
      const { revision } = outcome.classification;
      return revision === MODERN_VERSION ? ACCEPTED : unsupportedVersion('modern', revision, null);
    }
    if (outcome.reason === 'batch') {
      const error = { code: INVALID_REQUEST, message: 'Bad Request: JSON-RPC batches are not supported' };
      return rpcErrorResponse(400, error);
    }
    if (outcome.reason === 'notification' || outcome.reason === 'response') {
      const known = headers.version === undefined || LEGACY_VERSIONS.includes(headers.version);
      return known ? ACCEPTED : unsupportedVersion('legacy', headers.version, null);
    }
    // The classifier has proved the shape: `initialize` and `no-claim` are routes of requests only.
    return serveLegacy(message as JSONRPCRequest, headers, request);
  }

  return async (request) => {
    try {
      return await serve(request);
    } catch (error) {
      deps.onFault(error instanceof Error ? error : new Error('the protocol failed'));
      const data = { request_id: request.requestId };
      const fault = { code: INTERNAL_ERROR, message: 'Internal error', data };
      return rpcErrorResponse(500, fault, echoableId(request.message));
    }
  };
}
