import { accept, type Result, refuse } from '../../../kernel/result.ts';

// Times as text. Three forms and no others: a date, a local date-time, a date-time with an offset (RFC 3339 §5.6; seconds may
// be left out). Nothing is guessed: a day that does not exist is refused, not rolled over.

export type ParsedTime =
  | { readonly kind: 'date'; readonly wallMs: number }
  | { readonly kind: 'local'; readonly wallMs: number }
  | { readonly kind: 'offset'; readonly wallMs: number; readonly offsetMs: number; readonly instantMs: number };

export type TimeReason = 'not_a_time' | 'no_such_time';

const TIME_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})?)?$/;

function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

export function parseTime(text: string): Result<ParsedTime, TimeReason> {
  const match = TIME_PATTERN.exec(text);
  if (match === null) return refuse('not_a_time');
  const [, year, month, day, hour, minute, second = '0', fraction = '', offsetText] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number(year) < 1900 || new Date(dayMs).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) {
    return refuse('no_such_time', 'there is no such day');
  }
  if (hour === undefined || minute === undefined) return accept({ kind: 'date', wallMs: dayMs });
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return refuse('no_such_time', 'there is no such hour');
  }
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
  const wallMs = dayMs + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + millis;
  if (offsetText === undefined) return accept({ kind: 'local', wallMs });
  const offsetMs = parseOffset(offsetText);
  if (offsetMs === undefined) return refuse('no_such_time', 'there is no such offset');
  return accept({ kind: 'offset', wallMs, offsetMs, instantMs: wallMs - offsetMs });
}
