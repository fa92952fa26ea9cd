import { AppError } from '../../kernel/app-error.ts';
import type { HttpApp, HttpRequest } from '../../ports/http.ts';

// Runs an app that speaks `Request` and `Response` (Hono) behind the plain shape that all our front doors share.

export type FetchHandler = (request: Request, exchange: HttpRequest) => Promise<Response> | Response;

/** Methods that a `Request` cannot have (https://fetch.spec.whatwg.org/#forbidden-method). */
const FORBIDDEN_METHODS = ['CONNECT', 'TRACE', 'TRACK'];

/** A forbidden method under a name that no route has, so that the app refuses it as it refuses any other. */
function requestMethod(method: string): string {
  return FORBIDDEN_METHODS.includes(method.toUpperCase()) ? `X-${method}` : method;
}

/** Throws AppError `invalid_request` when a value is none that HTTP can carry: only a made-up event holds such. */
function readHeaders(exchange: HttpRequest): Headers {
  const headers = new Headers();
  try {
    for (const [name, value] of Object.entries(exchange.headers)) if (value !== undefined) headers.set(name, value);
    if (exchange.cookies.length > 0) headers.set('cookie', exchange.cookies.join('; '));
  } catch (cause) {
    throw new AppError('invalid_request', 'A header of this request is not valid.', { cause });
  }
  return headers;
}

/** A `Request` with the original's method, headers, cookies and body, under the public origin `https://<domainName>`. */
function toRequest(exchange: HttpRequest, scheme: 'http' | 'https'): Request {
  const headers = readHeaders(exchange);
  // Through bytes, because a made-up path may hold half a character, which no URL can.
  const path = encodeURI(Buffer.from(exchange.path).toString()).replaceAll('?', '%3F').replaceAll('#', '%23');
  const query = exchange.query === '' ? '' : `?${exchange.query}`;
  const bodiless = exchange.method === 'GET' || exchange.method === 'HEAD' || exchange.body.length === 0;
  return new Request(`${scheme}://${exchange.domainName}${path}${query}`, {
    method: requestMethod(exchange.method),
    headers,
    ...(bodiless ? {} : { body: exchange.body.slice() }),
  });
}

export function createFetchApp(handle: FetchHandler, scheme: 'http' | 'https' = 'https'): HttpApp {
  return async (exchange) => {
    const response = await handle(toRequest(exchange, scheme), exchange);
    const headers: Record<string, string> = {};
    for (const [name, value] of response.headers) if (name !== 'set-cookie') headers[name] = value;
    const cookies = response.headers.getSetCookie();
    const common = { status: response.status, headers, ...(cookies.length > 0 ? { cookies } : {}) };
    if (response.body !== null && headers['content-type']?.startsWith('text/event-stream') === true) {
      return { ...common, body: '', chunks: response.body };
    }
    return { ...common, body: new Uint8Array(await response.arrayBuffer()) };
  };
}
