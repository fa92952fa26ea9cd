import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';

// One call of our HTTP APIs with a bearer token. What comes back is checked before anything is believed.

export interface Endpoint {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly token: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with a slash. */
  readonly path: string;
  readonly body?: unknown;
}

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), request_id: z.string() }) });

/** The API's own words for what went wrong, with the request id that an operator asks for. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, requestId: string) {
    super(`${message} (${code}, request ${requestId})`);
    this.status = status;
    this.code = code;
  }
}

async function send(endpoint: Endpoint, request: ApiRequest, accept = 'application/json'): Promise<Response> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  try {
    return await fetch(`${endpoint.url}${request.path}`, {
      method: request.method,
      redirect: 'manual',
      headers: {
        accept,
        authorization: `Bearer ${endpoint.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  } catch (cause) {
    const where = new URL(endpoint.url).origin;
    throw new AppError(
      'unavailable',
      `${where} does not answer. Is the system running? (\`make dev\` starts it here.)`,
      { cause },
    );
  }
}

/** The JSON of an answer that is a success. */
async function readAnswer(endpoint: Endpoint, request: ApiRequest, response: Response): Promise<unknown> {
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new AppError(
      'upstream_failed',
      `${endpoint.url} answered ${response.status} with something that is not JSON.`,
      { cause },
    );
  }
  if (response.ok) return parsed;
  const known = errorBody.safeParse(parsed);
  if (!known.success)
    throw new ApiRefusal(response.status, 'unknown', `${request.path} answered ${response.status}`, '-');
  const { code, message, request_id } = known.data.error;
  throw new ApiRefusal(response.status, code, message, request_id);
}

/** A body that arrives in pieces. Rejects as `callApi` does. */
export async function openApi(endpoint: Endpoint, request: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
  const response = await send(endpoint, request, 'text/event-stream');
  const streams = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.ok && streams && response.body !== null) return response.body;
  await readAnswer(endpoint, request, response);
  throw new AppError('upstream_failed', `${request.path} answered without a stream.`);
}

/** Rejects with ApiRefusal for every answer that is no success, with AppError when there is no answer or not the promised shape. */
export async function callApi<Schema extends z.ZodType>(
  endpoint: Endpoint,
  request: ApiRequest,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const response = await send(endpoint, request);
  const parsed = await readAnswer(endpoint, request, response);
  const shape = schema.safeParse(parsed);
  if (!shape.success)
    throw new AppError('upstream_failed', `${request.path} answered in an unknown shape.`, { cause: shape.error });
  return shape.data;
}
