import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { HttpApp, HttpRequest, HttpResponse } from '../../ports/http.ts';

// API Gateway v2 (HTTP API), payload format 2.0, to and from our plain shape.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// Anyone who may invoke a function can make up an event, so its parts are checked here and believed nowhere else.

/** An HTTP field name's characters, which a method's are too (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]{1,256}$/;
/** A host, or address, and a port: what a URL is built on, so nothing that would end the authority. */
const AUTHORITY = /^[\w.-]{1,253}(?::\d{1,5})?$/;
/** Ids as AWS writes them. They go into logs and headers. */
const ID = /^[\w=+/:.-]{1,128}$/;

const apiGatewayEvent = z.object({
  version: z.literal('2.0'),
  rawPath: z.string().startsWith('/'),
  rawQueryString: z.string().default(''),
  cookies: z.array(z.string()).default([]),
  headers: z.record(z.string().regex(TOKEN), z.string().optional()).default({}),
  requestContext: z.object({
    apiId: z.string().regex(ID),
    domainName: z.string().regex(AUTHORITY),
    stage: z.string().regex(/^[\w$-]{1,128}$/),
    requestId: z.string().regex(ID),
    http: z.object({ method: z.string().regex(TOKEN), sourceIp: z.string() }),
    authentication: z.object({ clientCert: z.object({ clientCertPem: z.string() }).nullish() }).nullish(),
  }),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
});

/** The part of Lambda's context that we read. */
export interface InvocationContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
}

/** An HTTP API gives up after 30 s; we answer before it does. */
const HTTP_API_LIMIT_MS = 29_000;

/** With a named stage `rawPath` starts with it; with `$default` it does not. */
function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  if (stage === '$default' || !(path === prefix || path.startsWith(`${prefix}/`))) return path;
  return path.slice(prefix.length) || '/';
}

function readBody(body: string | null | undefined, isBase64Encoded: boolean): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** Names that differ by case only are one field: API Gateway never sends such, and a made-up event hides nothing by it. */
function readHeaders(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const lower = name.toLowerCase();
    headers[lower] = headers[lower] === undefined ? value : `${headers[lower]},${value}`;
  }
  return headers;
}

/** The id to answer an event with that may not be one of API Gateway's: its own if it has one, else Lambda's for this invocation. */
export function findRequestId(event: unknown, context: InvocationContext): string {
  const known = z.object({ requestContext: z.object({ requestId: z.string().regex(ID) }) }).safeParse(event);
  return known.success ? known.data.requestContext.requestId : (context.awsRequestId ?? '');
}

/** Throws AppError `invalid_request` when the event is not payload 2.0. */
export function parseApiGatewayEvent(event: unknown, context: InvocationContext, limitMs: number): HttpRequest {
  const parsed = apiGatewayEvent.safeParse(event);
  if (!parsed.success) {
    throw new AppError('invalid_request', 'This function takes API Gateway events, payload format 2.0.', {
      cause: parsed.error,
    });
  }
  const { data } = parsed;
  const { requestContext } = data;
  const headers = readHeaders(data.headers);
  const pem = requestContext.authentication?.clientCert?.clientCertPem;
  return {
    method: requestContext.http.method,
    path: withoutStage(data.rawPath, requestContext.stage),
    query: data.rawQueryString,
    headers,
    cookies: data.cookies,
    body: readBody(data.body, data.isBase64Encoded),
    domainName: requestContext.domainName,
    apiId: requestContext.apiId,
    stage: requestContext.stage,
    sourceIp: requestContext.http.sourceIp,
    requestId: requestContext.requestId,
    remainingMs: Math.min(context.getRemainingTimeInMillis() - 500, limitMs),
    ...(pem === undefined ? {} : { clientCertificatePem: pem }),
  };
}

export function toApiGatewayResult(response: HttpResponse): APIGatewayProxyStructuredResultV2 {
  const bytes = typeof response.body === 'string' ? undefined : Buffer.from(response.body);
  const binary = bytes !== undefined && !isUtf8(bytes);
  const body = bytes === undefined ? String(response.body) : bytes.toString(binary ? 'base64' : 'utf8');
  return {
    statusCode: response.status,
    headers: { ...response.headers },
    body,
    isBase64Encoded: binary,
    ...(response.cookies === undefined ? {} : { cookies: [...response.cookies] }),
  };
}

export type ApiGatewayHandler = (
  event: unknown,
  context: InvocationContext,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** `limitMs` is how long the front door waits: 29 s behind an HTTP API, more on one machine. */
export function createApiGatewayHandler(app: HttpApp, limitMs = HTTP_API_LIMIT_MS): ApiGatewayHandler {
  return async (event, context) => toApiGatewayResult(await app(parseApiGatewayEvent(event, context, limitMs)));
}
