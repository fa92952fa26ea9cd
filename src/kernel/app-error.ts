// The one kind of error this system throws on purpose. It is caught once, at the edge of each API, which answers
// `{error: {code, message, request_id}}` and logs `cause`. The message reaches the caller: it says what to do and holds no secret.

/** Stable codes that cross the wire, with the HTTP status each answers. Documented in docs/errors.md. */
export const errorStatus = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  budget_spent: 429,
  reconnect_required: 403,
  approval_required: 403,
  misconfigured: 500,
  internal: 500,
  upstream_failed: 502,
  model_failed: 502,
  unavailable: 503,
  timed_out: 504,
} as const;

export type ErrorCode = keyof typeof errorStatus;

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** How many seconds the caller should wait before it tries again (`Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** Facts a client may act on, such as the link that reconnects an account. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** Whether its words were written for whoever asked. Any other fault, and what only an operator can mend, keeps its words for the log. */
export function isExpected(error: unknown): error is AppError {
  return error instanceof AppError && error.code !== 'internal' && error.code !== 'misconfigured';
}
