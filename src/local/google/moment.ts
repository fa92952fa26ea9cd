import { DateTime, IANAZone } from 'luxon';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { JsonObject } from './calendar-method.ts';
import { invalid, required } from './errors.ts';

// The two kinds of time an event starts and ends at: a whole day, or an instant with the zone it was said in.

export type Moment =
  | { readonly kind: 'date'; readonly date: string }
  | { readonly kind: 'instant'; readonly ms: number; readonly timeZone?: string };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** RFC 3339 §5.6, where Google lets the offset go when a zone is named. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;

export const isTimeZone = (name: string): boolean => name === 'UTC' || IANAZone.isValidZone(name);

/** Unix milliseconds of an RFC 3339 date-time with its mandatory offset; `undefined` when it is none. */
export function parseInstant(text: string): number | undefined {
  if (DATE_TIME.exec(text)?.[2] === undefined) return undefined;
  const parsed = DateTime.fromISO(text.toUpperCase());
  return parsed.isValid ? parsed.toMillis() : undefined;
}

/** Reads `{date}` or `{dateTime, timeZone}`; `which` names it in Google's messages. */
export function readMoment(value: unknown, which: 'start' | 'end'): Moment {
  if (!isJsonObject(value)) throw required(`Missing ${which} time.`);
  const { date, dateTime, timeZone } = value;
  if (isSet(timeZone) && (typeof timeZone !== 'string' || !isTimeZone(timeZone))) {
    throw invalid(`Invalid time zone definition for ${which} time.`);
  }
  if (isSet(date) && isSet(dateTime)) throw invalid(`Invalid ${which} time.`);
  if (isSet(date)) return readDate(date, which);
  if (isSet(dateTime)) return readDateTime(dateTime, typeof timeZone === 'string' ? timeZone : undefined, which);
  throw required(`Missing ${which} time.`);
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

function readDate(date: unknown, which: string): Moment {
  if (typeof date !== 'string' || !DATE.test(date) || !DateTime.fromISO(date).isValid) {
    throw invalid(`Invalid ${which} time.`);
  }
  return { kind: 'date', date };
}

function readDateTime(dateTime: unknown, timeZone: string | undefined, which: string): Moment {
  const match = typeof dateTime === 'string' ? DATE_TIME.exec(dateTime) : null;
  if (match === null) throw invalid(`Invalid ${which} time.`);
  const hasOffset = match[2] !== undefined;
  if (!hasOffset && timeZone === undefined) throw required(`Missing time zone definition for ${which} time.`);
  const parsed = DateTime.fromISO(match[0].toUpperCase(), { zone: timeZone ?? 'UTC' });
  if (!parsed.isValid) throw invalid(`Invalid ${which} time.`);
  // Calendar keeps whole seconds.
  const ms = Math.floor(parsed.toMillis() / 1000) * 1000;
  return timeZone === undefined ? { kind: 'instant', ms } : { kind: 'instant', ms, timeZone };
}

/** A whole day begins at midnight of the calendar's zone. */
export function instantOf(moment: Moment, calendarZone: string): number {
  return moment.kind === 'instant' ? moment.ms : DateTime.fromISO(moment.date, { zone: calendarZone }).toMillis();
}

/** As Google shows it: in the zone of the answer, keeping the name of the event's own. */
export function showMoment(moment: Moment, zone: string): JsonObject {
  if (moment.kind === 'date') return { date: moment.date };
  const { ms, timeZone } = moment;
  return { dateTime: formatInstant(ms, zone), timeZone: timeZone ?? zone };
}

/** RFC 3339 with the zone's offset, `Z` for UTC. */
export function formatInstant(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toISO({ suppressMilliseconds: true }) ?? '';
}

/** `2026-11-02T08:00:00.000Z`, as `created` and `updated` are written. */
export const formatStamp = (ms: number): string => new Date(ms).toISOString();

/** Milliseconds, or days for whole days, between two moments of one kind. */
export function lengthOf(start: Moment, end: Moment): number {
  if (start.kind === 'instant' && end.kind === 'instant') return end.ms - start.ms;
  return (dayNumber(end) - dayNumber(start)) * DAY_MS;
}

export function shift(start: Moment, ms: number): Moment {
  if (start.kind === 'instant') return { ...start, ms: start.ms + ms };
  const shifted = DateTime.fromISO(start.date, { zone: 'UTC' }).plus({ days: Math.round(ms / DAY_MS) });
  return { kind: 'date', date: shifted.toISODate() ?? start.date };
}

const DAY_MS = 86_400_000;

const dayNumber = (moment: Moment): number =>
  moment.kind === 'date' ? Math.round(Date.parse(`${moment.date}T00:00:00Z`) / DAY_MS) : Math.floor(moment.ms / DAY_MS);

/** What stands behind `_` in an instance's id: `20261102T080000Z`, or `20261102` for a whole day. */
export function instanceStamp(moment: Moment): string {
  if (moment.kind === 'date') return moment.date.replaceAll('-', '');
  return DateTime.fromMillis(moment.ms, { zone: 'UTC' }).toFormat("yyyyMMdd'T'HHmmss'Z'");
}

/** The moment that such a stamp names, for a series that starts at `start`. */
export function momentOfStamp(stamp: string, start: Moment): Moment | undefined {
  const format = start.kind === 'date' ? 'yyyyMMdd' : "yyyyMMdd'T'HHmmss'Z'";
  const parsed = DateTime.fromFormat(stamp, format, { zone: 'UTC' });
  if (!parsed.isValid) return undefined;
  if (start.kind === 'date') return { kind: 'date', date: parsed.toISODate() ?? '' };
  return { ...start, ms: parsed.toMillis() };
}
