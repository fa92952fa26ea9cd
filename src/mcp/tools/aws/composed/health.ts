import type { Place } from '../places.ts';
import type { Asking } from './asking.ts';
import type { Json } from './plain-json.ts';

// What every part of a service says of its health, and what all of them together say.

export interface Trouble {
  /** `down`: nobody is served. */
  readonly level: 'degraded' | 'down';
  readonly words: string;
}

/** One part's answer; `undefined` where nothing could be read. */
export interface PartHealth {
  readonly data: Json | undefined;
  readonly troubles: readonly Trouble[];
}

export interface HealthQuestion {
  readonly asking: Asking;
  readonly where: Place;
  readonly nowMs: number;
  /** How far back metrics and errors are looked for. */
  readonly minutes: number;
}

export const UNREAD: PartHealth = { data: undefined, troubles: [] };

export type Verdict = 'healthy' | 'degraded' | 'down' | 'unknown';

export function verdictOf(main: PartHealth, troubles: readonly Trouble[]): Verdict {
  if (troubles.some(({ level }) => level === 'down')) return 'down';
  if (troubles.length > 0) return 'degraded';
  return main.data === undefined ? 'unknown' : 'healthy';
}

/** `arn:…:targetgroup/web/0123` is `web/0123`. */
export const afterSlash = (arn: string): string => arn.slice(arn.indexOf('/') + 1);

/** One number for each metric over the whole time. */
export async function readMetrics(
  { asking, where, nowMs, minutes }: HealthQuestion,
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  metrics: Readonly<Record<string, readonly [metric: string, statistic: string]>>,
): Promise<Json | undefined> {
  const Period = minutes * 60;
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const answer = await asking.ask(
    'cloudwatch',
    'GetMetricData',
    {
      StartTime: new Date(nowMs - minutes * 60_000).toISOString(),
      EndTime: new Date(nowMs).toISOString(),
      MetricDataQueries: Object.entries(metrics).map(([Id, [MetricName, Stat]]) => ({
        Id,
        MetricStat: { Metric: { Namespace: namespace, MetricName, Dimensions }, Period, Stat },
      })),
    },
    where,
  );
  if (answer === undefined) return undefined;
  const results = Array.isArray(answer['MetricDataResults']) ? (answer['MetricDataResults'] as readonly Json[]) : [];
  const found = results.flatMap(({ Id, Values }) => {
    // A period that does not begin with the hour is told in two parts: sums are added, anything else is the newest.
    const values = Array.isArray(Values) ? Values.filter((one): one is number => typeof one === 'number') : [];
    const adds = metrics[String(Id)]?.[1] === 'Sum';
    const value = adds ? values.reduce((sum, one) => sum + one, 0) : values[0];
    return value === undefined ? [] : [[String(Id), Math.round(value * 100) / 100] as const];
  });
  return Object.fromEntries(found);
}
