import type { Clock } from '../../src/ports/clock.ts';

export interface TestClock extends Clock {
  advance(ms: number): void;
  set(nowMs: number): void;
}

/** A clock that stands still until it is told otherwise. */
export function createTestClock(startMs = Date.UTC(2026, 10, 21, 12)): TestClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    set: (value) => {
      nowMs = value;
    },
  };
}
