import type { Clock } from '../../../ports/clock.ts';
import { createBoundedCache } from '../../bounded-cache.ts';

// Answers that are good again for a while, each caller's apart. Of any number that ask the same at once, one asks AWS.

export interface SharedAnswers<Value> {
  /** `refresh` asks anew whatever is remembered. A value that `keep` does not accept, like a failure, is told and forgotten. */
  get(key: string, options: { readonly refresh: boolean; readonly ask: () => Promise<Value> }): Promise<Value>;
}

export function createSharedAnswers<Value>(options: {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly ttlSeconds: number;
  readonly keep: (value: Value) => boolean;
}): SharedAnswers<Value> {
  const { clock, ttlSeconds, keep } = options;
  const answers = createBoundedCache<{ readonly value: Value; readonly untilMs: number }>(options.maxEntries);
  const underWay = new Map<string, Promise<Value>>();

  async function askAnew(key: string, ask: () => Promise<Value>): Promise<Value> {
    try {
      const value = await ask();
      if (keep(value)) answers.set(key, { value, untilMs: clock.nowMs() + ttlSeconds * 1000 });
      else answers.delete(key);
      return value;
    } finally {
      underWay.delete(key);
    }
  }

  return {
    async get(key, { refresh, ask }) {
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const known = answers.get(key);
      if (!refresh && known !== undefined && clock.nowMs() < known.untilMs) return known.value;
      const asked = askAnew(key, ask);
      underWay.set(key, asked);
      return asked;
    },
  };
}
