import type { Clock } from '../../ports/clock.ts';
import { type CalendarAccess, openForReading } from './calendar-access.ts';
import { type CalendarEvent, etagOf } from './calendar-event.ts';
import type { CalendarAnswer, CalendarCall, CalendarMethod } from './calendar-method.ts';
import { byStart, type CalendarStore, overlaps, type TimeWindow } from './calendar-store.ts';
import { badRequest, invalidParameter, notFound } from './errors.ts';
import { showEvent } from './event-view.ts';
import { formatStamp, instantOf } from './moment.ts';
import { cutPage, type PageLimits, readBoolean, readInstant, readWindow, readZone } from './query.ts';

// events.get, list and instances.

export interface EventReadParts {
  readonly store: CalendarStore;
  readonly clock: Clock;
  readonly nameOf: (email: string) => string | undefined;
}

const readScopes = [
  'calendar',
  'calendar.app.created',
  'calendar.events',
  'calendar.events.freebusy',
  'calendar.events.owned',
  'calendar.events.owned.readonly',
  'calendar.events.public.readonly',
  'calendar.events.readonly',
  'calendar.readonly',
];
const commonQuery = ['alwaysIncludeEmail', 'maxAttendees', 'timeZone'];
const pageQuery = ['maxResults', 'pageToken', 'showDeleted', 'timeMax', 'timeMin'];
const pageLimits: PageLimits = { usual: 250, most: 2500 };

export function createEventReads(parts: EventReadParts): readonly CalendarMethod[] {
  return [
    {
      id: 'calendar.events.list',
      httpMethod: 'GET',
      path: 'calendars/{calendarId}/events',
      query: [...commonQuery, ...pageQuery, 'eventTypes', 'iCalUID', 'orderBy', 'q', 'singleEvents', 'updatedMin'],
      scopes: readScopes,
      handle: (call) => list(parts, call),
    },
    {
      id: 'calendar.events.get',
      httpMethod: 'GET',
      path: 'calendars/{calendarId}/events/{eventId}',
      query: commonQuery,
      scopes: readScopes,
      handle: (call) => get(parts, call),
    },
    {
      id: 'calendar.events.instances',
      httpMethod: 'GET',
      path: 'calendars/{calendarId}/events/{eventId}/instances',
      query: [...commonQuery, ...pageQuery, 'originalStart'],
      scopes: readScopes,
      handle: (call) => instances(parts, call),
    },
  ];
}

function get(parts: EventReadParts, call: CalendarCall): CalendarAnswer {
  const access = openForReading(parts.store, call);
  const event = parts.store.find(access.calendar.id, call.path['eventId'] ?? '');
  if (event === undefined) throw notFound();
  const etag = etagOf(event);
  if (call.headers.ifNoneMatch === etag) return { status: 304, etag };
  return { status: 200, body: show(parts, access, event, readZone(call.query, access.calendar.timeZone)), etag };
}

function list(parts: EventReadParts, call: CalendarCall): CalendarAnswer {
  const access = openForReading(parts.store, call);
  const { query } = call;
  const window = readWindow(query);
  const single = readBoolean(query, 'singleEvents');
  const orderBy = readOrder(query, single);
  const { calendar } = access;
  const found = single ? parts.store.eventsWithin(calendar, window) : masters(parts.store, access, window);
  const wanted = found.filter(createFilter(call, { single }));
  if (orderBy === 'startTime') wanted.sort(byStart(calendar.timeZone));
  if (orderBy === 'updated') wanted.sort((one, other) => one.updatedMs - other.updatedMs);
  return answerPage(parts, call, { access, events: wanted });
}

function instances(parts: EventReadParts, call: CalendarCall): CalendarAnswer {
  const access = openForReading(parts.store, call);
  const { calendar } = access;
  const series = parts.store.find(calendar.id, call.path['eventId'] ?? '');
  if (series === undefined) throw notFound();
  if (series.recurrence === undefined) throw badRequest('Not a recurring event.');
  const showDeleted = readBoolean(call.query, 'showDeleted');
  const originalStart = readInstant(call.query, 'originalStart');
  const events = parts.store.instancesOf(series, calendar, readWindow(call.query)).filter((event) => {
    if (event.status === 'cancelled' && !showDeleted) return false;
    if (originalStart === undefined || event.instanceOf === undefined) return true;
    return instantOf(event.instanceOf.originalStart, calendar.timeZone) === originalStart;
  });
  return answerPage(parts, call, { access, events });
}

function readOrder(query: URLSearchParams, single: boolean): 'startTime' | 'updated' | undefined {
  const orderBy = query.get('orderBy');
  if (orderBy === null) return undefined;
  if (orderBy !== 'startTime' && orderBy !== 'updated') throw invalidParameter('orderBy', orderBy);
  // Series have no one start to sort by.
  if (orderBy === 'startTime' && !single) {
    throw badRequest('The requested ordering is not available for the particular query.');
  }
  return orderBy;
}

/** Every event as it is stored: a series counts when any of its instances falls into the window. */
function masters(store: CalendarStore, { calendar }: CalendarAccess, window: TimeWindow): readonly CalendarEvent[] {
  const isOpen = window.fromMs === undefined && window.toMs === undefined;
  return store.eventsOn(calendar.id).filter((event) => {
    if (event.recurrence === undefined || isOpen) return overlaps(event, calendar.timeZone, window);
    return store.instancesOf(event, calendar, window).length > 0;
  });
}

function createFilter(
  { query }: CalendarCall,
  { single }: { readonly single: boolean },
): (event: CalendarEvent) => boolean {
  const showDeleted = readBoolean(query, 'showDeleted');
  const updatedMin = readInstant(query, 'updatedMin');
  const iCalUid = query.get('iCalUID');
  const words = (query.get('q') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const eventTypes = query.getAll('eventTypes');
  return (event) => {
    // Without unrolling, a cancelled instance must still be told, or the reader of the rule would expect it.
    const tellsException = !single && event.instanceOf !== undefined;
    const isDeletedRecently = updatedMin !== undefined && event.updatedMs >= updatedMin;
    if (event.status === 'cancelled' && !showDeleted && !tellsException && !isDeletedRecently) return false;
    if (updatedMin !== undefined && event.updatedMs < updatedMin) return false;
    if (iCalUid !== null && event.iCalUid !== iCalUid) return false;
    if (eventTypes.length > 0 && !eventTypes.includes(String(event.fields['eventType'] ?? 'default'))) return false;
    const text = searchText(event);
    return words.every((word) => text.includes(word));
  };
}

/** What `q` looks into, by Google's reference: title, description, place, and the guests' names and addresses. */
function searchText(event: CalendarEvent): string {
  const { summary, description, location } = event.fields;
  const guests = event.attendees.flatMap(({ email, displayName }) => [email, displayName]);
  return [summary, description, location, event.calendarId, ...guests]
    .filter((part) => typeof part === 'string')
    .join('\n')
    .toLowerCase();
}

function answerPage(
  parts: EventReadParts,
  { query }: CalendarCall,
  { access, events }: { readonly access: CalendarAccess; readonly events: readonly CalendarEvent[] },
): CalendarAnswer {
  const { calendar, role } = access;
  const zone = readZone(query, calendar.timeZone);
  const { items, nextPageToken } = cutPage(events, query, pageLimits);
  const updatedMs = Math.max(0, ...events.map((event) => event.updatedMs));
  const etag = `"p${updatedMs}${String(events.length).padStart(4, '0')}"`;
  return {
    status: 200,
    etag,
    body: {
      kind: 'calendar#events',
      etag,
      summary: calendar.summary,
      ...(calendar.description === undefined ? {} : { description: calendar.description }),
      updated: formatStamp(events.length === 0 ? parts.clock.nowMs() : updatedMs),
      timeZone: zone,
      accessRole: role,
      defaultReminders: role === 'owner' ? [{ method: 'popup', minutes: 10 }] : [],
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
      items: items.map((event) => show(parts, access, event, zone)),
    },
  };
}

function show(parts: EventReadParts, { calendar, detail }: CalendarAccess, event: CalendarEvent, zone: string) {
  return showEvent(event, { calendar, detail, zone, nameOf: parts.nameOf });
}
