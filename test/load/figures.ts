// What a run under load comes to, and whether that is good enough. Pure: the figures are a run's, the limits the product's.

export interface Finished {
  readonly kind: 'sync' | 'async';
  /** From the moment at which it was due, whether or not it was sent by then. */
  readonly milliseconds: number;
  /** A word for what went wrong. */
  readonly fault?: string;
}

export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Figures {
  readonly sync: Quantiles;
  readonly async: Quantiles;
  readonly calls: number;
  readonly errors: number;
  /** How often each went wrong, by its word. */
  readonly faults: Readonly<Record<string, number>>;
}

export const LIMITS = { syncP95Ms: 500, asyncP95Ms: 30_000, errorShare: 0.01 } as const;

/** The smallest value that so many of a hundred do not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function quantilesOf(finished: readonly Finished[], kind: Finished['kind']): Quantiles {
  const sorted = finished
    .filter((one) => one.kind === kind && one.fault === undefined)
    .map(({ milliseconds }) => milliseconds)
    .sort((left, right) => left - right);
  const at = (share: number): number => quantile(sorted, share);
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export function figuresOf(finished: readonly Finished[]): Figures {
  const faults: Record<string, number> = {};
  for (const { fault } of finished) if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1;
  const errors = Object.values(faults).reduce((sum, count) => sum + count, 0);
  return {
    sync: quantilesOf(finished, 'sync'),
    async: quantilesOf(finished, 'async'),
    calls: finished.length,
    errors,
    faults,
  };
}

/** A sentence for each limit that was not kept. */
export function shortfalls({ sync, async, calls, errors }: Figures): readonly string[] {
  const { syncP95Ms, asyncP95Ms, errorShare } = LIMITS;
  return [
    ...(calls === 0 ? ['No call was made.'] : []),
    ...(sync.p95 >= syncP95Ms ? [`P95 of calls done at once: ${Math.round(sync.p95)} ms, limit ${syncP95Ms} ms.`] : []),
    ...(async.p95 >= asyncP95Ms
      ? [`P95 of calls done behind their answer: ${Math.round(async.p95)} ms, limit ${asyncP95Ms} ms.`]
      : []),
    ...(errors > 0 && errors / calls >= errorShare
      ? [`${errors} of ${calls} calls went wrong, limit ${errorShare * 100} %.`]
      : []),
  ];
}

const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;

export function inWords({ sync, async, calls, errors, faults }: Figures): string {
  const line = (name: string, { count, p50, p95, p99 }: Quantiles): string =>
    `${name.padEnd(26)}${String(count).padStart(6)} calls   P50 ${ms(p50).padStart(9)}   P95 ${ms(p95).padStart(9)}   P99 ${ms(p99).padStart(9)}`;
  const named = Object.entries(faults).map(([fault, count]) => `  ${fault}: ${count}`);
  const share = calls === 0 ? 0 : (100 * errors) / calls;
  return [
    line('done at once', sync),
    line('done behind the answer', async),
    `errors: ${errors} of ${calls} (${share.toFixed(2)} %)`,
    ...named,
  ].join('\n');
}
