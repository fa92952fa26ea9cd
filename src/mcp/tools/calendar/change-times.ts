import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarEvent, CalendarEventInput, CalendarTime } from '../../../ports/calendar.ts';
import { type EventTime, joinTimes, readEventTime, readTime, readZone } from './event-times.ts';
import { type PlacedTime, placeTime } from './event-view.ts';
import type { ClockMove } from './recurrence.ts';
import { DAY_MS, formatDate, formatInstant, formatLocal, toWall, type Zone } from './zone.ts';

// New times for existing events. A new start alone keeps the length. A series is moved by the wall clock, so that it keeps its
// hour across clock changes, and stays in its own zone.

const invalid = (message: string): AppError => new AppError('invalid_request', message);

export interface TimeArguments {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly timeZone?: string | undefined;
}

type Times = Pick<CalendarEventInput, 'start' | 'end'>;

export const changesTimes = (args: TimeArguments): boolean => args.start !== undefined || args.end !== undefined;

function placed(event: CalendarEvent, side: 'start' | 'end'): PlacedTime {
  const place = placeTime(event[side]);
  if (place === undefined) throw new AppError('upstream_failed', 'Google sent an event without its times.');
  return place;
}

function asEventTime(event: CalendarEvent, side: 'start' | 'end'): EventTime {
  const { instantMs, allDay, zone } = placed(event, side);
  return { time: event[side] ?? { date: '' }, instantMs, allDay, zone };
}

/** A time of the same kind and spelling as `like`, somewhere else. */
function timeLike(like: EventTime, instantMs: number): CalendarTime {
  if (like.allDay) return { date: formatDate(instantMs) };
  const zoned = 'timeZone' in like.time && like.time.timeZone !== undefined;
  return zoned
    ? { dateTime: formatLocal(toWall(instantMs, like.zone)), timeZone: like.zone.name }
    : { dateTime: formatInstant(instantMs, like.zone) };
}

/** For a single event or one occurrence: both sides always, since a patch of one could leave the other before it. */
export function moveSingle(event: CalendarEvent, args: TimeArguments): Times {
  if (!changesTimes(args)) return {};
  const zone = readZone(args.timeZone);
  const oldStart = asEventTime(event, 'start');
  const oldEnd = asEventTime(event, 'end');
  const start = args.start === undefined ? oldStart : readEventTime('start', args.start, zone);
  if (args.end !== undefined) {
    const times = joinTimes(start, readEventTime('end', args.end, zone));
    return { start: times.start, end: times.end };
  }
  if (start.allDay !== oldStart.allDay) throw invalid('Between whole days and times of day, pass both start and end.');
  return { start: start.time, end: timeLike(start, start.instantMs + (oldEnd.instantMs - oldStart.instantMs)) };
}

export interface SeriesMove extends ClockMove {
  /** The new length by the wall clock. */
  readonly lengthMs: number;
}

interface SeriesClock {
  readonly zone: Zone;
  readonly allDay: boolean;
  /** The wall time that a new start is compared with. */
  readonly startWallMs: number;
  readonly lengthMs: number;
}

function seriesClock(series: CalendarEvent, occurrence: CalendarEvent | undefined): SeriesClock {
  const first = placed(series, 'start');
  const named = placeTime(occurrence?.originalStart ?? occurrence?.start) ?? first;
  const last = placed(series, 'end');
  return {
    zone: first.zone,
    allDay: first.allDay,
    startWallMs: toWall(named.instantMs, first.zone),
    lengthMs: toWall(last.instantMs, first.zone) - toWall(first.instantMs, first.zone),
  };
}

/** One given side as the series' own clock shows it. */
function wallOf(name: 'start' | 'end', text: string, args: TimeArguments, clock: SeriesClock): number {
  const isDay = readTime(name, text).kind === 'date';
  if (isDay !== clock.allDay)
    throw invalid('A series of whole days cannot become one of times, or the other way: create a new one.');
  const { instantMs } = readEventTime(name, text, readZone(args.timeZone));
  return isDay ? instantMs : toWall(instantMs, clock.zone);
}

/** How far a series moves, seen from the occurrence that the caller named (its first one otherwise). */
export function readSeriesMove(
  series: CalendarEvent,
  occurrence: CalendarEvent | undefined,
  args: TimeArguments,
): SeriesMove | undefined {
  if (!changesTimes(args)) return undefined;
  const clock = seriesClock(series, occurrence);
  const start = args.start === undefined ? clock.startWallMs : wallOf('start', args.start, args, clock);
  const end = args.end === undefined ? start + clock.lengthMs : wallOf('end', args.end, args, clock);
  const lengthMs = clock.allDay && end === start ? DAY_MS : end - start;
  if (lengthMs <= 0) throw invalid('end must be later than start.');
  const days = Math.floor(start / DAY_MS) - Math.floor(clock.startWallMs / DAY_MS);
  return { byMs: start - clock.startWallMs, days, lengthMs };
}

/** The times of a series that begins at a wall time; Google needs a zone by name for those. */
export function seriesTimes(series: CalendarEvent, startWallMs: number, lengthMs: number): Times {
  const first = placed(series, 'start');
  if (first.allDay)
    return { start: { date: formatDate(startWallMs) }, end: { date: formatDate(startWallMs + lengthMs) } };
  const timeZone = series.start !== undefined && 'timeZone' in series.start ? series.start.timeZone : undefined;
  if (timeZone === undefined) throw new AppError('upstream_failed', 'Google sent a series without its time zone.');
  return {
    start: { dateTime: formatLocal(startWallMs), timeZone },
    end: { dateTime: formatLocal(startWallMs + lengthMs), timeZone },
  };
}

/** A whole series, moved. */
export function moveSeries(series: CalendarEvent, move: SeriesMove | undefined): Times {
  if (move === undefined) return {};
  const first = placed(series, 'start');
  return seriesTimes(series, toWall(first.instantMs, first.zone) + move.byMs, move.lengthMs);
}

/** Length by the wall clock of a stored series. */
export function seriesLength(series: CalendarEvent): number {
  return seriesClock(series, undefined).lengthMs;
}

/** The zone that a rule's UNTIL is read in: the event's own; none for whole days. */
export function recurrenceZone(event: CalendarEvent, times: Times): Zone | undefined {
  const start = times.start ?? event.start;
  if (start === undefined || 'date' in start) return undefined;
  if (start.timeZone === undefined) {
    throw invalid(
      'A repeating event needs local start and end with timeZone, so that it keeps its hour when clocks change.',
    );
  }
  return readZone(start.timeZone);
}
