/** Unix time in milliseconds. */
export interface Clock {
  nowMs(): number;
  /** Milliseconds since some moment, with their fractions: for durations only. Where it is left out, `nowMs` has to do. */
  readonly elapsedMs?: () => number;
}
