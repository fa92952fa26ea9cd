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
// caller at most 5 % of the minute. Limits under 40 are counted one by one. A caller whose key has a limit of its own is held to that one.

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

/** One caller's count in one window, on this instance. */
interface Lease {
  readonly window: number;
  readonly perMinute: number;
  /** Requests still covered. */
  left: number;
  /** The increment under way: calls at the same time wait for one lease instead of drawing one each. */
  renewal: Promise<void> | undefined;
}

export function createRateLimit(deps: RateLimitDeps): RateLimit {
  const { store, clock } = deps;
  const leases = new Map<string, Lease>();
  let latestWindow = -1;

  function leaseOf(who: string, window: number, perMinute: number): Lease {
    // Callers come and go: what an earlier minute knew of them is dropped with it.
    if (window !== latestWindow) leases.clear();
    latestWindow = window;
    const known = leases.get(who);
    // An operator may change a key's limit within the minute.
    const lease = known?.perMinute === perMinute ? known : { window, perMinute, left: 0, renewal: undefined };
    leases.set(who, lease);
    return lease;
  }

  async function renew(who: string, lease: Lease): Promise<void> {
    const { perMinute } = lease;
    const leaseSize = Math.max(1, Math.floor(perMinute / LEASES_PER_WINDOW));
    try {
      const drawn = await store.increment(`rate:${who}:${lease.window}`, { ttlSeconds: TTL_SECONDS });
      // The last lease holds only what is left of the limit; past it there is none.
      const size = Math.min(leaseSize, perMinute - (drawn - 1) * leaseSize);
      if (size <= 0) throw tooMany(perMinute);
      lease.left += size;
    } finally {
      lease.renewal = undefined;
    }
  }

  function tooMany(perMinute: number): AppError {
    const retryAfterSeconds = WINDOW_SECONDS - (Math.floor(clock.nowMs() / 1000) % WINDOW_SECONDS);
    const message = `At most ${perMinute} requests a minute. Try again in ${retryAfterSeconds} s.`;
    return new AppError('rate_limited', message, { retryAfterSeconds });
  }

  return {
    async take(caller) {
      const who = `${caller.agent}:${caller.person}`;
      const perMinute = caller.perMinute ?? deps.perMinute;
      const lease = leaseOf(who, Math.floor(clock.nowMs() / 1000 / WINDOW_SECONDS), perMinute);
      while (lease.left === 0) {
        lease.renewal ??= renew(who, lease);
        await lease.renewal;
      }
      lease.left -= 1;
    },
  };
}
