import type { Clock } from '../../ports/clock.ts';
import { type CalendarEvent, instanceAt } from './calendar-event.ts';
import { instantOf, lengthOf, type Moment, momentOfStamp } from './moment.ts';
import { hasOccurrence, isBounded, occurrencesBetween } from './recurrence.ts';
import type { AccessRole, StandInAccount } from './stand-in-options.ts';

// Calendars and their events, in memory. An event lives on its organiser's calendar and is seen on its attendees'.

export interface CalendarRecord {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly timeZone: string;
  readonly ownerEmail: string;
  readonly isPrimary: boolean;
  /** Roles by address, the owner's apart. */
  readonly sharedWith: ReadonlyMap<string, AccessRole>;
}

/** Instants; an event counts when it ends after `fromMs` and starts before `toMs`. */
export interface TimeWindow {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

export interface CalendarStore {
  calendar(id: string): CalendarRecord | undefined;
  calendars(): readonly CalendarRecord[];
  /** `undefined` where the calendar does not exist for this person. */
  roleOf(email: string, calendar: CalendarRecord): AccessRole | undefined;
  /** Everything stored that shows on the calendar, oldest first: single events, series, and instances set apart; deleted ones too. */
  eventsOn(calendarId: string): readonly CalendarEvent[];
  /** Also finds instances that nothing sets apart from their series. */
  find(calendarId: string, eventId: string): CalendarEvent | undefined;
  /** Every instance of a series within the window, by start, those deleted included. */
  instancesOf(series: CalendarEvent, calendar: CalendarRecord, window: TimeWindow): readonly CalendarEvent[];
  /** What happens on the calendar within the window, series unrolled, those deleted included. */
  eventsWithin(calendar: CalendarRecord, window: TimeWindow): readonly CalendarEvent[];
  /** Stores the event under the next revision and answers it so. */
  put(event: CalendarEvent): CalendarEvent;
  /** Every event of every calendar. */
  stored(): readonly CalendarEvent[];
  /** Forgets those instances set apart that the series no longer has (all of them once it is deleted). */
  dropStrayInstances(series: CalendarEvent): void;
}

const DAY_MS = 86_400_000;
/** How far an endless series is unrolled when nobody says where to stop. */
const HORIZON_MS = 2 * 366 * DAY_MS;
const FAR_MS = 50 * 366 * DAY_MS;

export function createCalendarStore(options: {
  readonly clock: Clock;
  readonly accounts: readonly StandInAccount[];
  /** Those of an earlier start. */
  readonly saved?: readonly CalendarEvent[];
}): CalendarStore {
  const calendars = new Map(options.accounts.flatMap(calendarsOf).map((calendar) => [calendar.id, calendar]));
  const events = new Map<string, Map<string, CalendarEvent>>([...calendars.keys()].map((id) => [id, new Map()]));
  for (const event of options.saved ?? []) events.get(event.calendarId)?.set(event.id, event);
  let revision = Math.max(0, ...(options.saved ?? []).map((event) => event.revision));

  const own = (calendarId: string): Map<string, CalendarEvent> => events.get(calendarId) ?? new Map();

  function isSeenOn(event: CalendarEvent, calendarId: string): boolean {
    if (event.calendarId === calendarId) return true;
    return !event.hiddenFrom.includes(calendarId) && event.attendees.some(({ email }) => email === calendarId);
  }

  function eventsOn(calendarId: string): readonly CalendarEvent[] {
    const isPrimary = calendars.get(calendarId)?.isPrimary === true;
    const all = isPrimary ? [...events.values()].flatMap((map) => [...map.values()]) : [...own(calendarId).values()];
    return all.filter((event) => isSeenOn(event, calendarId)).sort((a, b) => a.createdMs - b.createdMs);
  }

  const instancesApart = (series: CalendarEvent): readonly CalendarEvent[] =>
    [...own(series.calendarId).values()].filter(({ instanceOf }) => instanceOf?.seriesId === series.id);

  function findStored(calendarId: string, eventId: string): CalendarEvent | undefined {
    return own(calendarId).get(eventId) ?? eventsOn(calendarId).find(({ id }) => id === eventId);
  }

  function instancesOf(series: CalendarEvent, calendar: CalendarRecord, window: TimeWindow): readonly CalendarEvent[] {
    const apart = instancesApart(series);
    const taken = new Set(apart.map(({ id }) => id));
    const unrolled = occurrencesIn(series, window, options.clock.nowMs())
      .map((start) => instanceAt(series, start))
      .filter(({ id }) => !taken.has(id));
    return [...unrolled, ...apart.filter((event) => isSeenOn(event, calendar.id))]
      .filter((event) => overlaps(event, calendar.timeZone, window))
      .sort(byStart(calendar.timeZone));
  }

  return {
    calendar: (id) => calendars.get(id),
    calendars: () => [...calendars.values()],
    roleOf(email, calendar) {
      if (calendar.ownerEmail === email) return 'owner';
      return calendar.sharedWith.get(email) ?? (calendar.isPrimary ? 'freeBusyReader' : undefined);
    },
    eventsOn,
    find(calendarId, eventId) {
      const stored = findStored(calendarId, eventId);
      if (stored !== undefined) return stored;
      const [, seriesId = '', stamp = ''] = /^(.+)_([0-9TZ]+)$/.exec(eventId) ?? [];
      const series = findStored(calendarId, seriesId);
      if (series?.recurrence === undefined || series.status === 'cancelled') return undefined;
      const moment = momentOfStamp(stamp, series.start);
      const isInstance =
        moment !== undefined && hasOccurrence({ start: series.start, lines: series.recurrence }, moment);
      // One set apart that this calendar does not see is no longer this calendar's.
      if (!isInstance || own(series.calendarId).has(eventId)) return undefined;
      return instanceAt(series, moment);
    },
    instancesOf,
    eventsWithin(calendar, window) {
      const stored = eventsOn(calendar.id);
      const seriesHere = new Set(stored.filter(({ recurrence }) => recurrence !== undefined).map(({ id }) => id));
      return stored.flatMap((event) => {
        if (event.recurrence !== undefined) {
          return event.status === 'cancelled' ? [] : instancesOf(event, calendar, window);
        }
        // An instance set apart comes with its series, unless its guest was asked to that one only.
        if (event.instanceOf !== undefined && seriesHere.has(event.instanceOf.seriesId)) return [];
        return overlaps(event, calendar.timeZone, window) ? [event] : [];
      });
    },
    put(event) {
      revision += 1;
      const stored = { ...event, revision };
      own(event.calendarId).set(event.id, stored);
      return stored;
    },
    stored: () => [...events.values()].flatMap((map) => [...map.values()]),
    dropStrayInstances(series) {
      const { start, recurrence: lines } = series;
      for (const { id, instanceOf } of instancesApart(series)) {
        const stays =
          series.status !== 'cancelled' &&
          lines !== undefined &&
          instanceOf !== undefined &&
          hasOccurrence({ start, lines }, instanceOf.originalStart);
        if (!stays) own(series.calendarId).delete(id);
      }
    },
  };
}

function calendarsOf(account: StandInAccount): readonly CalendarRecord[] {
  const roles = (shared: StandInAccount['sharedWith']) =>
    new Map((shared ?? []).map(({ email, role }) => [email, role]));
  const primary: CalendarRecord = {
    id: account.email,
    summary: account.email,
    timeZone: account.timeZone,
    ownerEmail: account.email,
    isPrimary: true,
    sharedWith: roles(account.sharedWith),
  };
  const others = (account.calendars ?? []).map(({ sharedWith, ...calendar }) => ({
    timeZone: account.timeZone,
    ...calendar,
    ownerEmail: account.email,
    isPrimary: false,
    sharedWith: roles(sharedWith),
  }));
  return [primary, ...others];
}

export function overlaps(event: CalendarEvent, zone: string, { fromMs, toMs }: TimeWindow): boolean {
  const isBefore = fromMs !== undefined && instantOf(event.end, zone) <= fromMs;
  const isAfter = toMs !== undefined && instantOf(event.start, zone) >= toMs;
  return !isBefore && !isAfter;
}

export const byStart =
  (zone: string) =>
  (one: CalendarEvent, other: CalendarEvent): number =>
    instantOf(one.start, zone) - instantOf(other.start, zone) || one.id.localeCompare(other.id);

/** The starts that can matter to the window: a day more on both sides, as a whole day's instant depends on the zone. */
function occurrencesIn(series: CalendarEvent, window: TimeWindow, nowMs: number): readonly Moment[] {
  const rule = { start: series.start, lines: series.recurrence ?? [] };
  const firstMs = instantOf(series.start, 'UTC');
  const fromMs = window.fromMs === undefined ? firstMs - DAY_MS : window.fromMs;
  const horizonMs = isBounded(rule) ? FAR_MS : HORIZON_MS;
  const toMs = window.toMs ?? Math.max(firstMs, fromMs, nowMs) + horizonMs;
  return occurrencesBetween(rule, {
    fromMs: fromMs - lengthOf(series.start, series.end) - DAY_MS,
    toMs: toMs + DAY_MS,
  });
}
