// A circuit breaker: a server that failed several times in a row is left alone for a while, longer each time, then tried with one call. So a server
// that is down costs its callers an instant, not a deadline each, and a child that dies at its start is not started without end.

/** One call, from its turn to its end. */
export interface Try {
  succeeded(): void;
  failed(nowMs: number): void;
  /** It ended without telling anything, for example because its caller went away. */
  abandoned(): void;
}

export interface Circuit {
  /** Nothing when a call may be tried now; otherwise when the next one may, Unix milliseconds. */
  closedUntil(nowMs: number): number | undefined;
  /** A try begins: while half open, only this one. */
  begin(nowMs: number): Try;
}

const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

export function createCircuit(): Circuit {
  let failures = 0;
  let openUntilMs: number | undefined;
  let trying: Try | undefined;

  function begun(): Try {
    const mine: Try = {
      succeeded() {
        failures = 0;
        openUntilMs = undefined;
        trying = undefined;
      },
      failed(nowMs) {
        // Begun with those that opened it: they tell nothing new, however many there are.
        if (openUntilMs !== undefined && trying !== mine) return;
        failures += 1;
        trying = undefined;
        if (failures < FAILURES_TO_OPEN) return;
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN), LONGEST_PAUSE_MS);
        openUntilMs = nowMs + pauseMs;
      },
      abandoned() {
        if (trying === mine) trying = undefined;
      },
    };
    return mine;
  }

  return {
    closedUntil(nowMs) {
      if (openUntilMs === undefined) return undefined;
      if (nowMs < openUntilMs) return openUntilMs;
      return trying === undefined ? undefined : nowMs + 1000;
    },
    begin(nowMs) {
      const mine = begun();
      if (openUntilMs !== undefined && nowMs >= openUntilMs) trying = mine;
      return mine;
    },
  };
}
