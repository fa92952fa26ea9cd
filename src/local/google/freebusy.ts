import { isJsonObject } from '../../kernel/json-object.ts';
import { findCalendar } from './calendar-access.ts';
import { isBusy } from './calendar-event.ts';
import type { CalendarAnswer, CalendarCall, CalendarMethod } from './calendar-method.ts';
import type { CalendarRecord, CalendarStore } from './calendar-store.ts';
import { badRequest, invalid, required, timeRangeEmpty } from './errors.ts';
import { formatInstant, formatStamp, instantOf, isTimeZone, parseInstant } from './moment.ts';

// freeBusy.query: when calendars are busy, without a word of why. Transparent, cancelled and declined events leave a calendar free.

/** Google's maximum of `calendarExpansionMax`. */
const MOST_CALENDARS = 50;

export function createFreeBusy(store: CalendarStore): CalendarMethod {
  return {
    id: 'calendar.freebusy.query',
    httpMethod: 'POST',
    path: 'freeBusy',
    query: [],
    scopes: ['calendar', 'calendar.events.freebusy', 'calendar.freebusy', 'calendar.readonly'],
    handle: (call) => query(store, call),
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function query(store: CalendarStore, { account, body }: CalendarCall): CalendarAnswer {
  const window = { fromMs: readTime(body['timeMin'], 'timeMin'), toMs: readTime(body['timeMax'], 'timeMax') };
  if (window.toMs <= window.fromMs) throw timeRangeEmpty();
  const zone = body['timeZone'] ?? 'UTC';
  if (typeof zone !== 'string' || !isTimeZone(zone)) throw invalid('Invalid time zone.');
  const ids = readItems(body['items']);
  const most = readMost(body['calendarExpansionMax']);
  const calendars = ids.map((id, index) => {
    if (index >= most) return [id, refusal('tooManyCalendarsRequested')];
    const found = findCalendar(store, account.email, id);
    if (found === undefined) return [id, refusal('notFound')];
    const busy = merge(busySpans(store, found.calendar, window)).map(({ fromMs, toMs }) => ({
      start: formatInstant(fromMs, zone),
      end: formatInstant(toMs, zone),
    }));
    return [id, { busy }];
  });
  return {
    status: 200,
    body: {
      kind: 'calendar#freeBusy',
      timeMin: formatStamp(window.fromMs),
      timeMax: formatStamp(window.toMs),
      calendars: Object.fromEntries(calendars),
    },
  };
}

const refusal = (reason: string) => ({ errors: [{ domain: 'global', reason }], busy: [] });

function readTime(value: unknown, name: string): number {
  if (value === undefined || value === null) throw required(`Missing ${name} parameter.`);
  const ms = typeof value === 'string' ? parseInstant(value) : undefined;
  if (ms === undefined) throw badRequest();
  return ms;
}

function readItems(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest();
  const ids = value.map((item) => {
    if (!isJsonObject(item) || typeof item['id'] !== 'string') throw badRequest();
    return item['id'];
  });
  return [...new Set(ids)];
}

function readMost(value: unknown): number {
  return typeof value === 'number' && value >= 1 ? Math.min(value, MOST_CALENDARS) : MOST_CALENDARS;
}

function busySpans(store: CalendarStore, calendar: CalendarRecord, window: Span): readonly Span[] {
  return store
    .eventsWithin(calendar, window)
    .filter(isBusy)
    .filter(({ attendees }) => !attendees.some((one) => one.email === calendar.id && one.responseStatus === 'declined'))
    .map(({ start, end }) => ({
      fromMs: Math.max(window.fromMs, instantOf(start, calendar.timeZone)),
      toMs: Math.min(window.toMs, instantOf(end, calendar.timeZone)),
    }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** Spans that overlap or touch become one. */
export function merge(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    const last = merged.at(-1);
    if (last === undefined || span.fromMs > last.toMs) merged.push(span);
    else merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
  }
  return merged;
}
