import type { HttpRequest, HttpResponse } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { type BodyFault, MAX_BODY_BYTES, MAX_DEPTH, readBody } from './protocol/read-body.ts';
import type { ProtocolRequest, Serve } from './protocol/seam.ts';
import { rpcErrorResponse } from './protocol/serve.ts';

// The HTTP side of the endpoint (Streamable HTTP): one method, one media type, one message, one JSON answer.
// `Accept` is not read: every client of today takes JSON, and refusing the ones that say `*/*` or nothing helps nobody. `Mcp-Session-Id` and
// `Last-Event-ID` mean nothing here, since nothing is kept between requests.

/** JSON-RPC's first server-defined code, for refusals that HTTP has a status for and JSON-RPC no code. */
export const HTTP_REFUSAL = -32000;

export function httpRefusal(
  status: number,
  refusal: {
    readonly code: string;
    readonly message: string;
    readonly requestId: string;
    readonly details?: Readonly<Record<string, unknown>> | undefined;
  },
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const { code, requestId, details } = refusal;
  const data = { code, request_id: requestId, ...(details !== undefined && { details }) };
  const response = rpcErrorResponse(status, { code: HTTP_REFUSAL, message: refusal.message, data });
  return { ...response, headers: { ...response.headers, ...headers } };
}

/** As the SDK reads the header, which is asked about all but the usual words. */
async function saysJson(contentType: string | undefined): Promise<boolean> {
  if (contentType === 'application/json') return true;
  const { isJson } = await import('./protocol/classify.ts');
  return isJson(contentType);
}

export interface EndpointDeps {
  readonly serve: Serve;
  /** Origins (`https://host[:port]`) whose pages may call this endpoint. Requests without an `Origin` are no browser's and pass. */
  readonly allowedOrigins: readonly string[];
}

export interface Endpoint {
  /** What can be refused before anyone looks at who calls: size and origin. */
  refuseEarly(request: HttpRequest): HttpResponse | undefined;
  answer(
    request: HttpRequest,
    caller: Caller,
    context: Pick<ProtocolRequest, 'log' | 'signal' | 'stages' | 'traceparent'>,
  ): Promise<HttpResponse>;
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

function bodyRefusal(fault: BodyFault): HttpResponse {
  switch (fault) {
    case 'too_large':
      return rpcErrorResponse(413, { code: HTTP_REFUSAL, message: `The body must not exceed ${MAX_BODY_BYTES} bytes` });
    case 'too_deep':
      return rpcErrorResponse(400, {
        code: INVALID_REQUEST,
        message: `The message nests deeper than ${MAX_DEPTH} levels`,
      });
    case 'not_utf8':
      return rpcErrorResponse(400, { code: PARSE_ERROR, message: 'Parse error: the body is not UTF-8' });
    case 'not_json':
      return rpcErrorResponse(400, { code: PARSE_ERROR, message: 'Parse error: the body is not JSON' });
  }
}

export function createEndpoint(deps: EndpointDeps): Endpoint {
  const origins = new Set(deps.allowedOrigins);

  return {
    refuseEarly(request) {
      const { requestId } = request;
      if (request.body.byteLength > MAX_BODY_BYTES) return bodyRefusal('too_large');
      // A page from elsewhere must not reach this endpoint through somebody's browser (MCP, Streamable HTTP, security warning).
      const { origin } = request.headers;
      if (origin === undefined || origins.has(origin)) return undefined;
      return httpRefusal(403, { code: 'forbidden', message: 'This origin may not call this endpoint', requestId });
    },

    async answer(request, caller, context) {
      const { requestId } = request;
      if (request.method !== 'POST') {
        // No stream to open and no session to end: the answer that the specification asks of such a server.
        const refusal = { code: 'method_not_allowed', message: 'Method not allowed: only POST', requestId };
        return httpRefusal(405, refusal, { allow: 'POST' });
      }
      if (!(await saysJson(request.headers['content-type']))) {
        const refusal = { code: 'unsupported_media_type', message: 'Content-Type must be application/json', requestId };
        return httpRefusal(415, refusal);
      }
      const read = readBody(request.body);
      if (!read.ok) return bodyRefusal(read.reason);
      return deps.serve({ message: read.value, headers: request.headers, caller, requestId, ...context });
    },
  };
}
