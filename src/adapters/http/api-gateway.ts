import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { AppError } from '../../kernel/app-error.ts';
import { createBareRecord } from '../../kernel/bare-record.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-object.ts';
import type { HttpApp, HttpRequest, HttpResponse, IamCaller } from '../../ports/http.ts';

// API Gateway v2 (HTTP API), payload format 2.0, to and from our plain shape.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// Anyone who may invoke a function can make up an event, so its parts are checked here and believed nowhere else.

/** An HTTP field name's characters, which a method's are too (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]{1,256}$/;
/** A host, or address, and a port: what a URL is built on, so nothing that would end the authority. */
const AUTHORITY = /^[\w.-]{1,253}(?::\d{1,5})?$/;
/** Ids as AWS writes them. They go into logs and headers. */
const ID = /^[\w=+/:.-]{1,128}$/;

const STAGE = /^[\w$-]{1,128}$/;
const ANYTHING = /^/;

/** A made-up event, or one of another payload format: says what it lacks, for the log. */
class NotThisEvent extends Error {
  override readonly name = 'NotThisEvent';
}

function membersOf(value: unknown, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new NotThisEvent(`${what} is no object`);
}

function textOf(value: unknown, what: string, pattern = ANYTHING): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new NotThisEvent(`${what} is not as API Gateway writes it`);
}

function textsOf(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => textOf(item, what));
  throw new NotThisEvent(`${what} is no list`);
}

/** The part of Lambda's context that we read. */
export interface InvocationContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
  /** Our own front door's, which sees a client leave; Lambda does not. */
  readonly clientGone?: AbortSignal;
}

/** An HTTP API gives up after 30 s; we answer before it does. */
const HTTP_API_LIMIT_MS = 29_000;

/** With a named stage `rawPath` starts with it; with `$default` it does not. */
function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  if (stage === '$default' || !(path === prefix || path.startsWith(`${prefix}/`))) return path;
  return path.slice(prefix.length) || '/';
}

function readBody({ body, isBase64Encoded = false }: JsonObject): Uint8Array {
  if (typeof isBase64Encoded !== 'boolean') throw new NotThisEvent('isBase64Encoded is no boolean');
  if (body === undefined || body === null) return new Uint8Array(0);
  return Buffer.from(textOf(body, 'body'), isBase64Encoded ? 'base64' : 'utf8');
}

/** Names that differ by case only are one field: API Gateway never sends such, and a made-up event hides nothing by it. */
function readHeaders(given: JsonObject): Record<string, string> {
  const headers = createBareRecord();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || name === '__proto__') continue;
    const lower = textOf(name, 'a header name', TOKEN).toLowerCase();
    const text = textOf(value, 'a header');
    headers[lower] = headers[lower] === undefined ? text : `${headers[lower]},${text}`;
  }
  return headers;
}

/** `authentication` and what is in it may be missing or null: so are connections without a client certificate. */
function readCertificate(authentication: unknown): string | undefined {
  const { clientCert } = membersOf(authentication ?? {}, 'authentication');
  if (clientCert === undefined || clientCert === null) return undefined;
  return textOf(membersOf(clientCert, 'clientCert')['clientCertPem'], 'clientCertPem');
}

/** AWS's unique id of a role or a user; behind a role's comes the name that its session chose for itself. */
const PRINCIPAL = /^(A(?:ROA|IDA)[A-Z0-9]{12,124})(?::[\w+=,.@-]{2,64})?$/;
const ACCOUNT = /^\d{12}$/;

/**
 * Who signed the request, where AWS has checked that: roles and users. An account's root and federated users have no id that stays, and a
 * role behind a Cognito identity pool is everybody's in it: they are nobody here.
 */
function readIamClaim(authorizer: unknown): IamCaller | undefined {
  const iam = isJsonObject(authorizer) ? authorizer['iam'] : undefined;
  if (!isJsonObject(iam)) return undefined;
  const { accountId, userId, cognitoIdentity } = iam;
  if (isJsonObject(cognitoIdentity) && Object.values(cognitoIdentity).some((part) => part !== null)) return undefined;
  const uniqueId = typeof userId === 'string' ? PRINCIPAL.exec(userId)?.[1] : undefined;
  if (uniqueId === undefined || typeof accountId !== 'string' || !ACCOUNT.test(accountId)) return undefined;
  return { accountId, uniqueId };
}

function readEvent(value: unknown, remainingMs: number): HttpRequest {
  const event = membersOf(value, 'the event');
  if (event['version'] !== '2.0') throw new NotThisEvent('version is not 2.0');
  const context = membersOf(event['requestContext'], 'requestContext');
  const http = membersOf(context['http'], 'http');
  const stage = textOf(context['stage'], 'stage', STAGE);
  const pem = readCertificate(context['authentication']);
  const iamClaim = readIamClaim(context['authorizer']);
  return {
    method: textOf(http['method'], 'method', TOKEN),
    path: withoutStage(textOf(event['rawPath'], 'rawPath', /^\//), stage),
    query: textOf(event['rawQueryString'] ?? '', 'rawQueryString'),
    headers: readHeaders(membersOf(event['headers'] ?? {}, 'headers')),
    cookies: textsOf(event['cookies'] ?? [], 'cookies'),
    body: readBody(event),
    domainName: textOf(context['domainName'], 'domainName', AUTHORITY),
    apiId: textOf(context['apiId'], 'apiId', ID),
    stage,
    sourceIp: textOf(http['sourceIp'], 'sourceIp'),
    requestId: textOf(context['requestId'], 'requestId', ID),
    remainingMs,
    ...(pem === undefined ? {} : { clientCertificatePem: pem }),
    ...(iamClaim === undefined ? {} : { iamClaim }),
  };
}

/** The id to answer an event with that may not be one of API Gateway's: its own if it has one, else Lambda's for this invocation. */
export function findRequestId(event: unknown, context: InvocationContext): string {
  try {
    return textOf(membersOf(membersOf(event, '')['requestContext'], '')['requestId'], '', ID);
  } catch {
    return context.awsRequestId ?? '';
  }
}

/** Throws AppError `invalid_request` when the event is not payload 2.0. Plain checks: a schema took as long as the signature's. */
export function parseApiGatewayEvent(event: unknown, context: InvocationContext, limitMs: number): HttpRequest {
  try {
    const request = readEvent(event, Math.min(context.getRemainingTimeInMillis() - 500, limitMs));
    return context.clientGone === undefined ? request : { ...request, clientGone: context.clientGone };
  } catch (cause) {
    throw new AppError('invalid_request', 'This function takes API Gateway events, payload format 2.0.', { cause });
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  return Buffer.concat(pieces);
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

/** An event answered as plain data, which may arrive in pieces. */
export type EventApp = (event: unknown, context: InvocationContext) => Promise<HttpResponse>;

/** `limitMs` is how long the front door waits: 29 s behind an HTTP API, more on one machine. */
export function createEventApp(app: HttpApp, limitMs = HTTP_API_LIMIT_MS): EventApp {
  return async (event, context) => app(parseApiGatewayEvent(event, context, limitMs));
}

/** For front doors that pass on whole answers only, as an HTTP API does. */
export function inOnePiece(respond: EventApp): ApiGatewayHandler {
  return async (event, context) => {
    const { chunks, ...response } = await respond(event, context);
    return toApiGatewayResult(chunks === undefined ? response : { ...response, body: await collect(chunks) });
  };
}

export function createApiGatewayHandler(app: HttpApp, limitMs?: number): ApiGatewayHandler {
  return inOnePiece(createEventApp(app, limitMs));
}
