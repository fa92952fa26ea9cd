import { DAY_MS, toWall, type Zone } from './zone.ts';

// Times for people: short, unambiguous in every country, always with the zone. Not `Intl`: its wording changes between versions of Node.

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Tue 24 Nov 2026` */
export function dayInWords(wallMs: number): string {
  const day = new Date(wallMs);
  return `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

const clock = (wallMs: number): string => new Date(wallMs).toISOString().slice(11, 16);

export interface Span {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  readonly allDay: boolean;
}

/** `Tue 24 Nov 2026, 15:00–16:00`; whole days are counted in UTC and name their last day. */
export function spanInWords(span: Span, zone: Zone): string {
  if (span.allDay) {
    const first = dayInWords(span.startMs);
    const last = dayInWords(span.endMs - DAY_MS);
    return first === last ? `${first}, whole day` : `${first} to ${last}, whole days`;
  }
  const start = toWall(span.startMs, zone);
  const end = toWall(span.endMs, zone);
  const sameDay = Math.floor(start / DAY_MS) === Math.floor(end / DAY_MS);
  const till = sameDay ? clock(end) : ` ${dayInWords(end)}, ${clock(end)}`;
  return `${dayInWords(start)}, ${clock(start)}–${sameDay ? till : till.trimStart()}`;
}

/** With the zone in brackets; whole days have none. */
export function spanWithZone(span: Span, zone: Zone): string {
  return span.allDay ? spanInWords(span, zone) : `${spanInWords(span, zone)} (${zone.name})`;
}
