import type { CalendarEvent, CalendarEventInput, CalendarTime } from '../../../ports/calendar.ts';
import { quoted } from '../plain-line.ts';
import type { JsonObject } from '../tool.ts';
import { parseTime } from './time.ts';
import { type Span, spanWithZone } from './words.ts';
import { DAY_MS, findZone, fixedZone, formatInstant, fromWall, type Zone } from './zone.ts';

// Events as answers: instants with an offset, or dates for whole days; and what differs between an event asked for and one stored.

export interface PlacedTime {
  /** Whole days count from midnight UTC. */
  readonly instantMs: number;
  readonly allDay: boolean;
  /** The zone that the service named for it, else its bare offset. */
  readonly zone: Zone;
}

/** Where a stored time lies. Takes local times with a zone as well: what is sent is compared with what comes back. */
export function placeTime(time: CalendarTime | undefined): PlacedTime | undefined {
  if (time === undefined) return undefined;
  const named = 'date' in time || time.timeZone === undefined ? undefined : findZone(time.timeZone);
  const parsed = parseTime('date' in time ? time.date : time.dateTime);
  if (!parsed.ok) return undefined;
  const at = parsed.value;
  if (at.kind === 'date') return { instantMs: at.wallMs, allDay: true, zone: fixedZone(0) };
  if (at.kind === 'offset') return { instantMs: at.instantMs, allDay: false, zone: named ?? fixedZone(at.offsetMs) };
  return {
    instantMs: fromWall(at.wallMs, named ?? fixedZone(0)).instantMs,
    allDay: false,
    zone: named ?? fixedZone(0),
  };
}

function viewTime(time: CalendarTime | undefined, zone: Zone | undefined): string | undefined {
  if (time === undefined) return undefined;
  if ('date' in time) return time.date;
  const placed = placeTime(time);
  return placed === undefined ? time.dateTime : formatInstant(placed.instantMs, zone ?? placed.zone);
}

const orNothing = <Value>(name: string, value: Value | undefined): Readonly<Record<string, Value>> =>
  value === undefined ? {} : { [name]: value };

/** `zone` is what the caller asked for; without it each event is shown in its own. */
export function viewEvent(event: CalendarEvent, calendar: string, zone?: Zone): JsonObject {
  return {
    id: event.id,
    calendar,
    status: event.status,
    summary: event.summary ?? '',
    start: viewTime(event.start, zone) ?? '',
    end: viewTime(event.end, zone) ?? '',
    allDay: event.start !== undefined && 'date' in event.start,
    ...orNothing('link', event.link),
    ...orNothing(
      'timeZone',
      zone?.name ?? (event.start !== undefined && 'timeZone' in event.start ? event.start.timeZone : undefined),
    ),
    ...orNothing('description', event.description),
    ...orNothing('location', event.location),
    ...(event.attendees.length === 0
      ? {}
      : { attendees: event.attendees.map(({ email, response }) => ({ email, ...orNothing('response', response) })) }),
    ...orNothing('organizer', event.organizer),
    ...(event.recurrence.length === 0 ? {} : { recurrence: event.recurrence }),
    ...orNothing('seriesId', event.seriesId),
    ...orNothing('meetLink', event.meetLink),
  };
}

export function spanOf(event: CalendarEvent): (Span & { readonly zone: Zone }) | undefined {
  const start = placeTime(event.start);
  if (start === undefined) return undefined;
  const endMs = placeTime(event.end)?.instantMs ?? start.instantMs + (start.allDay ? DAY_MS : 0);
  return { startMs: start.instantMs, endMs, allDay: start.allDay, zone: start.zone };
}

/** `“Lunch”, Tue 24 Nov 2026, 15:00–16:00 (Europe/Berlin)` */
export function eventInWords(event: CalendarEvent, zone?: Zone): string {
  const span = spanOf(event);
  const title = quoted(event.summary ?? 'no title');
  return span === undefined ? title : `${title}, ${spanWithZone(span, zone ?? span.zone)}`;
}

function sameTime(asked: CalendarTime, stored: CalendarTime | undefined): boolean {
  const left = placeTime(asked);
  const right = placeTime(stored);
  return (
    left !== undefined && right !== undefined && left.allDay === right.allDay && left.instantMs === right.instantMs
  );
}

const sameSet = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && [...left].sort().join('\n') === [...right].sort().join('\n');

/** A rule's parts may come back in another order, and with the week's first day spelled out. */
const ruleInOrder = (line: string): string =>
  line.startsWith('RRULE:')
    ? line
        .slice(6)
        .toUpperCase()
        .split(';')
        .filter((part) => !part.startsWith('WKST='))
        .sort()
        .join(';')
    : line;

/**
 * Guests that the service adds (rooms, the organiser) are no difference; those of the list `before` a change are, where the new
 * list does not name them. The organiser stays whatever the list says.
 */
function guestsDiffer(asked: CalendarEventInput, stored: CalendarEvent, before: CalendarEvent | undefined): boolean {
  if (asked.attendees === undefined) return false;
  const wanted = new Set(asked.attendees.map(({ email }) => email.toLowerCase()));
  const guests = new Set(stored.attendees.map(({ email }) => email.toLowerCase()));
  const dropped = (before?.attendees ?? [])
    .filter(({ email, organizer }) => organizer !== true && !wanted.has(email.toLowerCase()))
    .map(({ email }) => email.toLowerCase());
  return [...wanted].some((email) => !guests.has(email)) || dropped.some((email) => guests.has(email));
}

/** The names of what was asked for and is stored otherwise; `before` is the event as it was when a change was asked for. */
export function differences(
  asked: CalendarEventInput,
  stored: CalendarEvent,
  before?: CalendarEvent,
): readonly string[] {
  const found: string[] = [];
  if (asked.summary !== undefined && asked.summary !== (stored.summary ?? '')) found.push('summary');
  if (asked.description !== undefined && (asked.description ?? '') !== (stored.description ?? ''))
    found.push('description');
  if (asked.location !== undefined && (asked.location ?? '') !== (stored.location ?? '')) found.push('location');
  if (asked.start !== undefined && !sameTime(asked.start, stored.start)) found.push('start');
  if (asked.end !== undefined && !sameTime(asked.end, stored.end)) found.push('end');
  if (asked.recurrence !== undefined && !sameSet(asked.recurrence.map(ruleInOrder), stored.recurrence.map(ruleInOrder)))
    found.push('recurrence');
  if (guestsDiffer(asked, stored, before)) found.push('attendees');
  if (asked.meetRequestId !== undefined && stored.meetLink === undefined && stored.meetPending !== true)
    found.push('meet');
  found.push(...Object.keys(asked.extras ?? {}).filter((name) => stored.extras[name] === undefined));
  return found;
}
