import type { Log, LogFields } from '../../src/ports/log.ts';

export interface TestLog extends Log {
  /** Everything logged, by this log and its children, oldest first. */
  readonly events: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
}

/** A log that remembers. */
export function createTestLog(): TestLog {
  const events: TestLog['events'] = [];
  const create = (base: LogFields): Log => {
    const add =
      (level: string) =>
      (event: string, fields: LogFields = {}): void =>
        void events.push({ level, event, fields: { ...base, ...fields } });
    return {
      info: add('info'),
      warn: add('warn'),
      error: add('error'),
      child: (fields) => create({ ...base, ...fields }),
      metric: (name, dimensions) => add('metric')(name, dimensions),
    };
  };
  return { ...create({}), events };
}
