import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  type ApiGatewayHandler,
  type EventApp,
  type InvocationContext,
  toApiGatewayResult,
} from '../adapters/http/api-gateway.ts';
import { AppError } from '../kernel/app-error.ts';
import { createBareRecord } from '../kernel/bare-record.ts';

// API Gateway's place on one machine: listens, terminates TLS (mutual where it belongs), turns each request into the
// payload-2.0 event that AWS would send, and calls the very handler that runs on Lambda. It authenticates nobody beyond TLS.

export interface DoorTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** The truststore: CAs whose client certificates are accepted. A connection without one is refused in the handshake. Left out: none is asked for. */
  readonly clientCa?: string;
}

export interface FrontDoorOptions {
  readonly name: string;
  /** One that answers by `respond`, too, has pieces of its answers passed on as they come, as behind a Function URL. */
  readonly handler: ApiGatewayHandler & { readonly respond?: EventApp };
  readonly port: number;
  readonly apiId: string;
  /** What events name as the domain that was called; the address and port when left out. */
  readonly domainName?: string;
  readonly tls?: DoorTls;
  /** How long a request may take in all, milliseconds. */
  readonly limitMs: number;
  /** Added to each answer's way out; called when the handler itself broke. */
  readonly onFault: (error: unknown) => void;
}

export interface FrontDoor {
  /** `http(s)://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /**
   * Another certificate of its own, or another truststore, for every connection from now on; sessions of before are not resumed. A connection that is
   * open ends after its request. Throws AppError `misconfigured` at a door without TLS.
   */
  replaceTls(tls: DoorTls): void;
  /** Accepts nothing new, lets requests under way finish, then closes. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** API Gateway's own limit on a request. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

/** The whole body; nothing when it is larger than the limit. By events: an async iterator takes a tenth of a request's CPU. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= BODY_LIMIT_BYTES) return;
      request.pause();
      resolve(undefined);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/** Lower-case names, repeated headers joined by commas, cookies apart: as API Gateway does it. */
function readHeaders(request: IncomingMessage): { headers: Record<string, string>; cookies: string[] } {
  const headers = createBareRecord();
  const cookies: string[] = [];
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split('; '));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

const certificates = new WeakMap<Socket, string>();

/** The certificate the TLS layer accepted on this very connection, as PEM. */
function clientCertificate(socket: Socket): string | undefined {
  const known = certificates.get(socket);
  if (known !== undefined) return known;
  const pem = (socket as TLSSocket).getPeerX509Certificate?.()?.toString();
  if (pem !== undefined) certificates.set(socket, pem);
  return pem;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const TEXT = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|javascript|xml|x-www-form-urlencoded))/i;

function toEvent(request: IncomingMessage, body: Buffer, apiId: string, authority: string): APIGatewayProxyEventV2 {
  const { headers, cookies } = readHeaders(request);
  const [target = '/', ...rest] = (request.url ?? '/').split('?');
  const path = decodePath(target);
  const asText = TEXT.test(headers['content-type'] ?? '') && isUtf8(body);
  const clientCertPem = clientCertificate(request.socket);
  const now = Date.now();
  const clientCert = {
    clientCertPem,
    subjectDN: '',
    issuerDN: '',
    serialNumber: '',
    validity: { notBefore: '', notAfter: '' },
  };
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: rest.join('?'),
    headers,
    requestContext: {
      accountId: 'local',
      apiId,
      domainName: authority,
      domainPrefix: 'local',
      stage: '$default',
      requestId: randomUUID(),
      routeKey: '$default',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? HOST,
        userAgent: headers['user-agent'] ?? '',
      },
      time: new Date(now).toISOString(),
      timeEpoch: now,
      ...(clientCertPem === undefined ? {} : { authentication: { clientCert } }),
    },
    isBase64Encoded: body.length > 0 && !asText,
    ...(cookies.length > 0 ? { cookies } : {}),
    ...(body.length > 0 ? { body: body.toString(asText ? 'utf8' : 'base64') } : {}),
  };
  return event as APIGatewayProxyEventV2;
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, unknown>,
  body: Buffer | string,
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | string[]);
  response.statusCode = status;
  response.end(body);
}

/** The answer's head, with its body or the pieces of it. */
async function ask(
  handler: FrontDoorOptions['handler'],
  event: APIGatewayProxyEventV2,
  context: InvocationContext,
): Promise<{ readonly result: APIGatewayProxyStructuredResultV2; readonly chunks?: AsyncIterable<Uint8Array> }> {
  if (handler.respond === undefined) return { result: await handler(event, context) };
  const { chunks, ...whole } = await handler.respond(event, context);
  return { result: toApiGatewayResult(whole), ...(chunks !== undefined && { chunks }) };
}

/** Ends early, and lets go of the pieces and of the connection, when the client leaves. */
async function passOn(chunks: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  const { socket } = response;
  await pipeline(Readable.from(chunks, { objectMode: false }), response).catch((error: NodeJS.ErrnoException) => {
    socket?.destroy();
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

function createListener(options: FrontDoorOptions, authority: () => string) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const started = Date.now();
      const body = await readBody(request);
      if (body === undefined) {
        answer(
          response,
          413,
          { 'content-type': 'application/json', connection: 'close' },
          '{"message":"Request Entity Too Large"}',
        );
        return;
      }
      const event = toEvent(request, body, options.apiId, authority());
      const gone = new AbortController();
      response.on('close', () => !response.writableFinished && gone.abort());
      const context = {
        getRemainingTimeInMillis: () => options.limitMs - (Date.now() - started),
        clientGone: gone.signal,
      };
      const { chunks, result } = await ask(options.handler, event, context);
      const cookies = result.cookies === undefined ? {} : { 'set-cookie': result.cookies };
      if (chunks !== undefined) {
        response.writeHead(result.statusCode ?? 200, { ...result.headers, ...cookies } as OutgoingHttpHeaders);
        await passOn(chunks, response);
        return;
      }
      const text = result.body ?? '';
      // A text leaves in one piece with its headers; bytes would be a second piece to encrypt.
      const payload = result.isBase64Encoded === true ? Buffer.from(text, 'base64') : text;
      answer(response, result.statusCode ?? 200, { ...result.headers, ...cookies }, payload);
    } catch (error) {
      // A client that left while it was still sending is its own business; anything else is a fault of a handler.
      if (!request.destroyed || request.complete) options.onFault(error);
      if (!response.headersSent)
        answer(response, 500, { 'content-type': 'application/json' }, '{"message":"Internal Server Error"}');
    }
  };
}

function listen(server: Server, options: FrontDoorOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const busy = cause.code === 'EADDRINUSE';
      const what = busy
        ? `Port ${options.port}, which the ${options.name} needs, is in use. End what uses it, or choose other ports with SALLYPORT_PORT_BASE.`
        : `The ${options.name} could not listen on port ${options.port}: ${cause.message}`;
      reject(new AppError('misconfigured', what, { cause }));
    });
    server.listen(options.port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

function tlsOptions(tls: DoorTls) {
  return {
    cert: tls.certificate,
    key: tls.privateKey,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }),
    minVersion: 'TLSv1.2',
  } as const;
}

function createServer(tls: DoorTls | undefined, onRequest: RequestListener): Server {
  if (tls === undefined) return createHttpServer(onRequest);
  const asks = tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return createHttpsServer({ ...tlsOptions(tls), ...asks }, onRequest);
}

/** Port 0 takes a free one. Throws AppError `misconfigured` when the port is in use. */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  let port = options.port;
  let closing = false;
  /** Connections of a TLS configuration that was replaced. */
  let outdated = new WeakSet<Socket>();
  const open = new Set<Socket>();
  const atWork = new Set<Socket>();
  const listener = createListener(options, () => options.domainName ?? `${HOST}:${port}`);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that is kept alive would keep a closing server waiting for requests that never come.
    response.on('finish', () => (closing || outdated.has(request.socket)) && request.socket.end());
    const { socket } = request;
    atWork.add(socket);
    response.on('close', () => atWork.delete(socket));
    void listener(request, response);
  };
  const server = createServer(options.tls, onRequest);
  // A connection may wait a minute for its next call: agents keep theirs, as a full handshake costs 25 calls.
  server.keepAliveTimeout = 60_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  port = await listen(server, options);
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${HOST}:${port}`,
    port,
    replaceTls: (tls) => {
      if (!(server instanceof HttpsServer)) throw new AppError('misconfigured', 'This front door has no TLS.');
      // Its ticket keys are new with it: a session of before would bring a certificate past the new truststore.
      server.setSecureContext(tlsOptions(tls));
      outdated = new WeakSet(open);
      server.closeIdleConnections();
    },
    close: () =>
      new Promise((resolve) => {
        closing = true;
        server.close(() => resolve());
        // `closeIdleConnections` leaves out those on which nothing was ever asked: clients open some to spare.
        for (const socket of open) if (!atWork.has(socket)) socket.destroy();
      }),
  };
}
