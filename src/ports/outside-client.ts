// The one way out to services that are not ours: deadlines, size limits, retries, and no road to private addresses.

export interface OutsideRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whole exchange with its retries, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 5 MiB. */
  readonly maxResponseBytes?: number;
  /** Whether a request may be sent again after an answer that asks for it or a connection that broke. Default: `GET` only. */
  readonly retry?: boolean;
  /** Says which answers ask for another try, beside 429 and 5xx: for example Google's 403 `rateLimitExceeded`. */
  readonly retryOn?: (response: OutsideResponse) => boolean;
  /**
   * Told of an answer before its body is there. What it returns takes the pieces of that body as they come, and `body` is then empty;
   * where it returns nothing the body is collected as ever. Not together with `retry`.
   */
  readonly stream?: (head: OutsideHead) => ((piece: Uint8Array) => void) | undefined;
  readonly signal?: AbortSignal;
}

export interface OutsideHead {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OutsideResponse extends OutsideHead {
  readonly body: Uint8Array;
  /** An earlier try of this request was lost or failed (5xx) where the service may have acted on it. */
  readonly triedBefore?: boolean;
}

/** Resolves for every HTTP status once retries are spent; rejects with AppError `timed_out`, `upstream_failed` or `forbidden` (address not allowed). */
export interface OutsideClient {
  send(request: OutsideRequest): Promise<OutsideResponse>;
}
