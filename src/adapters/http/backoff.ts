import type { Random } from '../../ports/random.ts';

// How long to wait before a request is sent again: exponential backoff with full jitter, and the service's own `Retry-After`.

const BASE_MS = 250;
const CAP_MS = 4_000;

/** `attempt` counts from 0. Anything between nothing and the (doubling, capped) bound, so that clients do not return in step. */
export function backoffMs(attempt: number, random: Random): number {
  const bound = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
  const [high = 0, low = 0] = random.bytes(2);
  return Math.floor((bound * (high * 256 + low)) / 65_536);
}

/** RFC 9110 §10.2.3: whole seconds or an HTTP date. Milliseconds from now, never negative; nothing when it is neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
