import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarTime } from '../../../ports/calendar.ts';
import { type ParsedTime, parseTime } from './time.ts';
import { DAY_MS, findZone, fixedZone, formatDate, formatInstant, formatLocal, fromWall, type Zone } from './zone.ts';

// What the time arguments of a call mean together. A time says where it is exactly once: by its offset, or by `timeZone`.
// Where `timeZone` also serves as the zone of the answer (free/busy, lists), times with an offset may stand beside it.

const invalid = (message: string): AppError => new AppError('invalid_request', message);

export function readZone(name: string | undefined): Zone | undefined {
  if (name === undefined) return undefined;
  const zone = findZone(name);
  if (zone === undefined) throw invalid('timeZone must be an IANA name such as Europe/Berlin.');
  return zone;
}

export function readTime(name: string, text: string): ParsedTime {
  const parsed = parseTime(text);
  if (parsed.ok) return parsed.value;
  if (parsed.reason === 'no_such_time') throw invalid(`${name} is not a time: ${parsed.detail ?? ''}.`);
  throw invalid(
    `${name} must be 2026-11-24T15:00:00+01:00, or 2026-11-24T15:00:00 with timeZone, or a date 2026-11-24.`,
  );
}

function instantOf(name: string, time: ParsedTime, zone: Zone | undefined): number {
  if (time.kind === 'offset') return time.instantMs;
  if (zone === undefined) throw invalid(`${name} has no offset: pass timeZone (IANA), or add the offset.`);
  return fromWall(time.wallMs, zone).instantMs;
}

export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
  /** What answers are written in. */
  readonly zone: Zone;
}

/** Half-open. A date as the end is the day after the last, as everywhere in calendars; the same date twice means that one day. */
export function readRange(timeMin: string, timeMax: string, timeZone: string | undefined): TimeRange {
  const named = readZone(timeZone);
  const from = readTime('timeMin', timeMin);
  const to = readTime('timeMax', timeMax);
  const startMs = instantOf('timeMin', from, named);
  const oneDay = from.kind === 'date' && to.kind === 'date' && from.wallMs === to.wallMs;
  const endMs = instantOf('timeMax', oneDay ? { kind: 'date', wallMs: to.wallMs + DAY_MS } : to, named);
  if (endMs <= startMs) throw invalid('timeMax must be later than timeMin.');
  return { startMs, endMs, zone: named ?? fixedZone(from.kind === 'offset' ? from.offsetMs : 0) };
}

/** One bound of a list; both are optional there. */
export function readBound(name: string, text: string | undefined, zone: Zone | undefined): number | undefined {
  return text === undefined ? undefined : instantOf(name, readTime(name, text), zone);
}

export interface EventTimes {
  readonly start: CalendarTime;
  readonly end: CalendarTime;
  readonly startMs: number;
  readonly endMs: number;
  readonly allDay: boolean;
  /** What a person reads the times in; for whole days, where the days are when that was said. */
  readonly zone: Zone;
}

/** One side of an event, as the calendar service takes it. */
export interface EventTime {
  readonly time: CalendarTime;
  readonly instantMs: number;
  readonly allDay: boolean;
  readonly zone: Zone;
}

const UTC = fixedZone(0);

/** `start` or `end`: a date; a time with an offset; or a local one in `timeZone`. Never both an offset and `timeZone`. */
export function readEventTime(name: string, text: string, zone: Zone | undefined): EventTime {
  const parsed = readTime(name, text);
  if (parsed.kind === 'date') {
    return { time: { date: formatDate(parsed.wallMs) }, instantMs: parsed.wallMs, allDay: true, zone: UTC };
  }
  if (parsed.kind === 'offset') {
    if (zone !== undefined) {
      throw invalid(
        `${name} has an offset and timeZone is given too: give the local time with timeZone, or drop timeZone.`,
      );
    }
    const own = fixedZone(parsed.offsetMs);
    const { instantMs } = parsed;
    return { time: { dateTime: formatInstant(instantMs, own) }, instantMs, allDay: false, zone: own };
  }
  if (zone === undefined) throw invalid(`${name} has no offset: pass timeZone (IANA), or add the offset.`);
  const { instantMs, skipped } = fromWall(parsed.wallMs, zone);
  if (skipped) {
    throw invalid(
      `${name} does not exist in ${zone.name}: clocks go forward over that time on ${formatDate(parsed.wallMs)}.`,
    );
  }
  return { time: { dateTime: formatLocal(parsed.wallMs), timeZone: zone.name }, instantMs, allDay: false, zone };
}

/** Brings both sides together: of one kind, and in order. A whole day may be given by the same date twice. */
export function joinTimes(start: EventTime, end: EventTime): EventTimes {
  if (start.allDay !== end.allDay) throw invalid('start and end must both be dates, or both be date-times.');
  const sameDay = start.allDay && end.instantMs === start.instantMs;
  const endMs = sameDay ? end.instantMs + DAY_MS : end.instantMs;
  if (endMs <= start.instantMs) throw invalid('end must be later than start.');
  return {
    start: start.time,
    end: sameDay ? { date: formatDate(endMs) } : end.time,
    startMs: start.instantMs,
    endMs,
    allDay: start.allDay,
    zone: start.zone,
  };
}

/** The times of a new event. A series needs a zone: with a bare offset it would slip by an hour when clocks change. */
export function readEventTimes(
  args: { readonly start: string; readonly end: string; readonly timeZone?: string | undefined },
  recurring: boolean,
): EventTimes {
  const zone = readZone(args.timeZone);
  const start = readTime('start', args.start);
  if (recurring && start.kind === 'offset') {
    throw invalid('A repeating event needs local times and timeZone, so that it keeps its hour when clocks change.');
  }
  const times = joinTimes(readEventTime('start', args.start, zone), readEventTime('end', args.end, zone));
  return times.allDay && zone !== undefined ? { ...times, zone } : times;
}
