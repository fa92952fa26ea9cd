// Wall-clock time: what a calendar on the wall and a clock beside it show, without a zone. Kept as milliseconds as if it stood
// in UTC, so that days are always 24 hours long and arithmetic is plain. Only `zones.ts` turns it into an instant.

export type Wall = number;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface WallParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** Monday is 1, Sunday is 7. */
  readonly weekday: number;
}

/** Midnight of that day, or nothing where the calendar has no such day. */
export function dayOf(year: number, month: number, day: number): Wall | undefined {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  const real = year >= 1900 && year <= 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? time : undefined;
}

export function partsOf(wall: Wall): WallParts {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    weekday: date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
  };
}

export function startOfDay(wall: Wall): Wall {
  return Math.floor(wall / DAY) * DAY;
}

/** Weeks begin on Monday (ISO 8601). */
export function startOfWeek(wall: Wall): Wall {
  return startOfDay(wall) - (partsOf(wall).weekday - 1) * DAY;
}

export function startOfMonth(wall: Wall): Wall {
  const { year, month } = partsOf(wall);
  return Date.UTC(year, month - 1, 1);
}

/** The same day of another month, or that month's last day where it is shorter. The time of day stays. */
export function addMonths(wall: Wall, months: number): Wall {
  const { year, month, day } = partsOf(wall);
  const lastDay = partsOf(Date.UTC(year, month + months, 0)).day;
  return Date.UTC(year, month - 1 + months, Math.min(day, lastDay)) + (wall - startOfDay(wall));
}

export function weekdayOnOrAfter(day: Wall, weekday: number): Wall {
  return day + ((weekday - partsOf(day).weekday + 7) % 7) * DAY;
}

/** The n-th such weekday of the month that begins at `month`; -1 is the last. */
export function nthWeekday(month: Wall, weekday: number, nth: number): Wall | undefined {
  if (nth < 0) {
    const last = addMonths(month, 1) - DAY;
    return last - ((partsOf(last).weekday - weekday + 7) % 7) * DAY;
  }
  const day = weekdayOnOrAfter(month, weekday) + (nth - 1) * 7 * DAY;
  return startOfMonth(day) === month ? day : undefined;
}

/** `2026-11-24` */
export function dateText(wall: Wall): string {
  return new Date(wall).toISOString().slice(0, 10);
}

/** `2026-11-24T15:00:00` */
export function localText(wall: Wall): string {
  return new Date(wall).toISOString().slice(0, 19);
}
