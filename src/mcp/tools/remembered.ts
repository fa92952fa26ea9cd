import type { Clock } from '../../ports/clock.ts';
import { createBoundedCache } from '../bounded-cache.ts';

// Answers of an outsider that are as good again for a while. The key is all that an answer depends on: whoever may not share one is in it.

export interface Remembered<Value> {
  /** Asks where nothing good is remembered, or `refresh` says so. A failure, or a value that `keep` does not accept, is told and not kept. */
  get(key: string, ask: () => Promise<Value>, options?: { readonly refresh: boolean }): Promise<Value>;
}

export function createRemembered<Value>(options: {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly ttlSeconds: number;
  /** Every value is kept when left out. */
  readonly keep?: (value: Value) => boolean;
}): Remembered<Value> {
  const { clock, ttlSeconds, keep = () => true } = options;
  const entries = createBoundedCache<{ readonly value: Value; readonly untilMs: number }>(options.maxEntries);
  return {
    async get(key, ask, { refresh } = { refresh: false }) {
      const known = entries.get(key);
      if (!refresh && known !== undefined && clock.nowMs() < known.untilMs) return known.value;
      const value = await ask();
      if (keep(value)) entries.set(key, { value, untilMs: clock.nowMs() + ttlSeconds * 1000 });
      else entries.delete(key);
      return value;
    },
  };
}
