import type { Remembered } from '../remembered.ts';

/** The same memory; of any number that ask the same at once, one asks AWS, so `ask` must not end with one caller's patience. */
export function shareQuestions<Value>(remembered: Remembered<Value>): Remembered<Value> {
  const underWay = new Map<string, Promise<Value>>();
  return {
    async get(key, ask, options) {
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const asked = remembered.get(key, ask, options).finally(() => underWay.delete(key));
      underWay.set(key, asked);
      return asked;
    },
  };
}
