// When a request that failed is sent again, and how long after. Only what cannot do anything twice is: a request that never left, or one that
// may be repeated and met somebody who was busy.

export interface FailedAttempt {
  /** 0 for the first. */
  readonly attempt: number;
  /** Sending it twice does what sending it once does. */
  readonly repeatable: boolean;
  /** No byte of it was sent. */
  readonly neverSent: boolean;
  /** Of the answer, if there was one. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
}

const BASE_MS = 250;
const LONGEST_MS = 8_000;
/** Whoever says to come back later than this is not waited for. */
const PATIENCE_SECONDS = 20;
const BUSY = new Set([429, 502, 503, 504]);

/**
 * Milliseconds to wait, or nothing when it shall not be sent again. Exponential with full jitter: of many clients that failed together few come
 * back together. `draw` is from 0 to 1.
 */
export function retryDelayMs(failed: FailedAttempt, retries: number, draw: number): number | undefined {
  const { attempt, repeatable, neverSent, status, retryAfterSeconds = 0 } = failed;
  if (attempt >= retries) return undefined;
  const worthIt = neverSent || (repeatable && (status === undefined || BUSY.has(status)));
  if (!worthIt || retryAfterSeconds > PATIENCE_SECONDS) return undefined;
  const backoffMs = draw * Math.min(LONGEST_MS, BASE_MS * 2 ** attempt);
  return Math.round(Math.max(backoffMs, retryAfterSeconds * 1000));
}

/** RFC 9110 §10.2.3: seconds, or a date. */
export function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}
