import { AppError, type ErrorCode, isExpected } from '../../kernel/app-error.ts';
import type { HttpApp, HttpRequest, HttpResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import { describeFault } from '../log/json-log.ts';

// The edge of every API: faults are caught here, once. The caller learns a stable code, what to do and a request id;
// the log learns the rest.

interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly request_id: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const INTERNAL = 'Something went wrong on our side. Try again; if it goes on, tell your operator the request id.';

/** A fault we did not expect, or that only an operator can mend, says nothing of itself outside: names of keys and parameters stay in the log. */
function shown(error: unknown): AppError {
  return isExpected(error) ? error : new AppError('internal', INTERNAL, { cause: error });
}

/** `{error: {code, message, request_id}}` with the status that belongs to the code. */
export function errorResponse(error: unknown, requestId: string): HttpResponse {
  const known = shown(error);
  const body: ErrorBody = {
    code: known.code,
    message: known.message,
    request_id: requestId,
    ...(known.details === undefined ? {} : { details: known.details }),
  };
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (known.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(known.retryAfterSeconds));
  if (known.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  return { status: known.status, headers, body: JSON.stringify({ error: body }) };
}

/** Wraps an app so that it always answers, each answer carries the request id, and each fault is logged with its cause. */
export function createEdge(app: HttpApp, log: Log): HttpApp {
  return async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await app(request).catch((error: unknown) => {
      const fields = { request_id: request.requestId, method: request.method, cause: describeFault(error) };
      const code = error instanceof AppError ? error.code : 'internal';
      if (code === 'internal' || code === 'misconfigured') log.error('request.failed', { ...fields, code });
      else log.warn('request.refused', { ...fields, code });
      return errorResponse(error, request.requestId);
    });
    return { ...response, headers: { ...response.headers, 'x-request-id': request.requestId } };
  };
}
