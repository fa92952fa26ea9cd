import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { ApiRefusal } from './api-refusal.ts';
import { isLoopback } from './proxy.ts';
import { readRetryAfter, retryDelayMs } from './retry.ts';
import type { SignRequest } from './sigv4.ts';
import { createTransport, type Transport, TransportError, type WireResponse } from './transport.ts';

// One call of our HTTP APIs. What comes back is checked before anything is believed; a token is sent over TLS, or on this machine, and nowhere else.

export interface Endpoint {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** A bearer token, or whoever has the present one. */
  readonly token?: string | (() => Promise<string | undefined>);
  /** Adds another proof (SigV4), which may move the token to a header of its own. */
  readonly sign?: SignRequest;
  readonly transport?: Transport;
  /** How often a request that may be sent again is, beyond the first time. Default 0. */
  readonly retries?: number;
  /** The longest wait for an answer, in place of the request's own. */
  readonly answerMs?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Starts with a slash. */
  readonly path: string;
  readonly body?: unknown;
  /** A POST that may be sent twice. */
  readonly repeatable?: boolean;
  /** Default 60 s. */
  readonly answerMs?: number;
  readonly signal?: AbortSignal;
}

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), request_id: z.string() }) });

const ANSWER_MS = 60_000;
/** Answers are pages of text: what is larger is none of ours. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const direct = createTransport();

async function proofOf(endpoint: Endpoint): Promise<Readonly<Record<string, string>>> {
  const token = typeof endpoint.token === 'function' ? await endpoint.token() : endpoint.token;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** A token in the clear is anybody's who sits in between. */
function addressOf(endpoint: Endpoint, path: string): URL {
  const url = new URL(`${endpoint.url}${path}`);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new AppError('misconfigured', `${url.origin} is not asked: only https:// keeps what is sent there private.`);
}

const noAnswer = (endpoint: Endpoint, error: TransportError): AppError => {
  const where = new URL(endpoint.url).origin;
  if (error.reason === 'aborted') return new AppError('timed_out', 'The request was broken off.', { cause: error });
  if (error.reason === 'timeout' || error.reason === 'silence') {
    return new AppError('timed_out', `${where} took too long to answer.`, { cause: error });
  }
  const hint = 'Is the system running? (`make dev` starts it here; `sallyport doctor` looks for the reason.)';
  return new AppError('unavailable', `${where} does not answer. ${hint}`, { cause: error });
};

const isRepeatable = ({ method, repeatable }: ApiRequest): boolean => method !== 'POST' || repeatable === true;

async function sendOnce(endpoint: Endpoint, request: ApiRequest, accept: string): Promise<WireResponse> {
  const url = addressOf(endpoint, request.path);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const plain = {
    accept,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(await proofOf(endpoint)),
  };
  const { method } = request;
  const signable = { method, url: url.href, headers: plain, ...(body !== undefined && { body }) };
  const headers = endpoint.sign === undefined ? plain : await endpoint.sign(signable);
  return (endpoint.transport ?? direct)({
    method,
    url,
    headers,
    ...(body !== undefined && { body }),
    answerMs: endpoint.answerMs ?? request.answerMs ?? ANSWER_MS,
    once: !isRepeatable(request),
    ...(request.signal !== undefined && { signal: request.signal }),
  });
}

/** Sends it again where that is safe. Signatures and tokens are made anew each time: they are good for minutes. */
async function send(endpoint: Endpoint, request: ApiRequest, accept = 'application/json'): Promise<WireResponse> {
  const { retries = 0 } = endpoint;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await sendOnce(endpoint, request, accept).catch((error: unknown) => {
      if (error instanceof TransportError) return error;
      throw error;
    });
    const failed = outcome instanceof TransportError;
    if (!failed && outcome.status < 400) return outcome;
    const retryAfterSeconds = failed ? undefined : readRetryAfter(outcome.headers['retry-after'], Date.now());
    const delayMs = retryDelayMs(
      {
        attempt,
        repeatable: isRepeatable(request) && !(failed && outcome.reason === 'aborted'),
        // Nobody listens on this machine: waiting does not change that.
        neverSent:
          failed && !outcome.maybeSent && outcome.reason !== 'aborted' && !isLoopback(new URL(endpoint.url).hostname),
        ...(!failed && { status: outcome.status }),
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      },
      retries,
      Math.random(),
    );
    if (delayMs === undefined) {
      if (failed) throw noAnswer(endpoint, outcome);
      return outcome;
    }
    if (!failed) await readText(outcome).catch(() => '');
    await sleep(delayMs, undefined, request.signal === undefined ? {} : { signal: request.signal });
  }
}

async function readText(response: WireResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) throw new AppError('upstream_failed', 'The answer is too long.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The text of an answer that is a success. */
async function readSuccess(endpoint: Endpoint, request: ApiRequest, response: WireResponse): Promise<string> {
  const text = await readText(response).catch((error: unknown) => {
    throw error instanceof TransportError ? noAnswer(endpoint, error) : error;
  });
  if (response.status >= 200 && response.status < 300) return text;
  const known = errorBody.safeParse(parseJson(text));
  if (!known.success) {
    const { status, headers } = response;
    throw new ApiRefusal(status, 'unknown', `${request.path} answered ${status}`, headers['x-amzn-requestid'] ?? '-');
  }
  const { code, message, request_id } = known.data.error;
  throw new ApiRefusal(response.status, code, message, request_id);
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A body that arrives in pieces. Rejects as `callApi` does. */
export async function openApi(endpoint: Endpoint, request: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
  const response = await send(endpoint, request, 'text/event-stream');
  const streams = response.headers['content-type']?.startsWith('text/event-stream') === true;
  if (response.status === 200 && streams) return response.body;
  await readSuccess(endpoint, request, response);
  throw new AppError('upstream_failed', `${request.path} answered without a stream.`);
}

/** An answer that is no JSON, such as a document. Rejects as `callApi` does. */
export async function readApi(endpoint: Endpoint, request: ApiRequest, accept: string): Promise<string> {
  return readSuccess(endpoint, request, await send(endpoint, request, accept));
}

/** Rejects with ApiRefusal for every answer that is no success, with AppError when there is no answer or not the promised shape. */
export async function callApi<Schema extends z.ZodType>(
  endpoint: Endpoint,
  request: ApiRequest,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const parsed = parseJson(await readSuccess(endpoint, request, await send(endpoint, request)));
  if (parsed === undefined)
    throw new AppError('upstream_failed', `${endpoint.url} answered with something that is not JSON.`);
  const shape = schema.safeParse(parsed);
  if (!shape.success)
    throw new AppError('upstream_failed', `${request.path} answered in an unknown shape.`, { cause: shape.error });
  return shape.data;
}
