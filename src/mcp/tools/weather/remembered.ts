import type { Clock } from '../../../ports/clock.ts';
import { createBoundedCache } from '../../bounded-cache.ts';

// Answers of an outsider that are as good again for a while. Nothing personal goes in: the key is what was asked, not who asked.

export interface Remembered<Value> {
  /** A failure is told and forgotten. */
  get(key: string, ask: () => Promise<Value>): Promise<Value>;
}

export function createRemembered<Value>(options: {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly ttlSeconds: number;
}): Remembered<Value> {
  const { clock, ttlSeconds } = options;
  const entries = createBoundedCache<{ readonly value: Value; readonly untilMs: number }>(options.maxEntries);
  return {
    async get(key, ask) {
      const known = entries.get(key);
      if (known !== undefined && clock.nowMs() < known.untilMs) return known.value;
      const value = await ask();
      entries.set(key, { value, untilMs: clock.nowMs() + ttlSeconds * 1000 });
      return value;
    },
  };
}
