import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/log.ts';
import { BASE_DIMENSIONS, METRIC_NAMESPACE, metrics } from './metrics.ts';

// One JSON line an event, for CloudWatch Logs and for people with `jq`. Metrics ride on the same lines in CloudWatch's
// embedded metric format (EMF), so that counting needs no extra call. It prints what it is given: callers pass no personal data.

const LEVELS = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevel = keyof typeof LEVELS;

export interface JsonLogOptions {
  readonly clock: Clock;
  /** Takes one line without its line feed. */
  readonly write: (line: string) => void;
  readonly level: LogLevel;
  /** Fields on every line; a metric's first dimensions. */
  readonly fields: LogFields & { readonly service: string; readonly environment: string };
}

export function createJsonLog(options: JsonLogOptions): Log {
  const threshold = LEVELS[options.level];
  const emit = (level: LogLevel, event: string, base: LogFields, fields: LogFields = {}): void => {
    if (LEVELS[level] < threshold) return;
    const time = new Date(options.clock.nowMs()).toISOString();
    options.write(JSON.stringify({ time, level, event, ...base, ...fields }));
  };
  const create = (base: LogFields): Log => ({
    info: (event, fields) => emit('info', event, base, fields),
    warn: (event, fields) => emit('warn', event, base, fields),
    error: (event, fields) => emit('error', event, base, fields),
    child: (fields) => create({ ...base, ...fields }),
    metric: (name, dimensions, value = 1) => {
      const { unit, dimensions: own, total } = metrics[name];
      const sets = [[...BASE_DIMENSIONS, ...own], ...(total === true ? [BASE_DIMENSIONS] : [])];
      const cloudWatch = [{ Namespace: METRIC_NAMESPACE, Dimensions: sets, Metrics: [{ Name: name, Unit: unit }] }];
      const embedded = { _aws: { Timestamp: options.clock.nowMs(), CloudWatchMetrics: cloudWatch } };
      options.write(JSON.stringify({ ...embedded, ...base, ...dimensions, [name]: value }));
    },
  });
  return create(options.fields);
}

/** `JSON.parse` quotes the text that it could not read, which may be anybody's: of such an error only name and frames are told. */
function stackOf(error: Error): string {
  const { name, message, stack } = error;
  if (name !== 'SyntaxError') return stack ?? `${name}: ${message}`;
  return [
    name,
    ...(stack ?? '')
      .replace(message, '')
      .split('\n')
      .filter((line) => /^ {4}at /.test(line)),
  ].join('\n');
}

/** What a fault looks like in a log: its name, message and stack, and its causes; never a request's contents. */
export function describeFault(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  const own = stackOf(error);
  return error.cause === undefined || depth >= 4 ? own : `${own}\ncaused by ${describeFault(error.cause, depth + 1)}`;
}
