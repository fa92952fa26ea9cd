import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Caller } from './caller.ts';

// How many requests a person's agent may send in a minute, counted in the store, so that all instances count together.
// Fixed windows: at the border of two a caller may send twice the limit in a short time, which this limit can bear; it
// guards against loops and floods, not against an exact quota.
//
// To spare a round trip on most requests, an instance takes a lease of several requests with one increment and then
// counts them itself: one twentieth of the limit, so that the part of a lease which an instance leaves unused costs a
// caller at most 5 % of the minute. Limits under 40 are counted one by one.

export interface RateLimit {
  /** Resolves when the request may go on; rejects with AppError `rate_limited`, or `unavailable` when the store is down. */
  take(caller: Caller): Promise<void>;
}

export interface RateLimitDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly perMinute: number;
}

const WINDOW_SECONDS = 60;
/** The counter outlives its window a little, so that clocks a few seconds apart still count in the same one. */
const TTL_SECONDS = WINDOW_SECONDS + 30;
const LEASES_PER_WINDOW = 20;

export function createRateLimit(deps: RateLimitDeps): RateLimit {
  const { store, clock, perMinute } = deps;
  const leaseSize = Math.max(1, Math.floor(perMinute / LEASES_PER_WINDOW));
  /** Requests still covered by a lease, by caller, for `window` only. */
  const leased = new Map<string, number>();
  let window = -1;

  function tooMany(nowSeconds: number): AppError {
    const retryAfterSeconds = WINDOW_SECONDS - (nowSeconds % WINDOW_SECONDS);
    return new AppError(
      'rate_limited',
      `At most ${perMinute} requests a minute. Try again in ${retryAfterSeconds} s.`,
      {
        retryAfterSeconds,
      },
    );
  }

  return {
    async take(caller) {
      const nowSeconds = Math.floor(clock.nowMs() / 1000);
      const current = Math.floor(nowSeconds / WINDOW_SECONDS);
      if (current !== window) {
        leased.clear();
        window = current;
      }
      const who = `${caller.agent}:${caller.person}`;
      const left = leased.get(who) ?? 0;
      if (left > 0) {
        leased.set(who, left - 1);
        return;
      }
      const leases = await store.increment(`rate:${who}:${current}`, { ttlSeconds: TTL_SECONDS });
      // Leases that would reach past the limit hold only what is left of it; none left, no more requests.
      const size = Math.min(leaseSize, perMinute - (leases - 1) * leaseSize);
      if (size <= 0) throw tooMany(nowSeconds);
      if (current === window) leased.set(who, (leased.get(who) ?? 0) + size - 1);
    },
  };
}
