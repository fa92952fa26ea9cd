import { AppError } from '../../kernel/app-error.ts';
import { isJsonObject } from '../../kernel/json-object.ts';
import type {
  BusyPeriod,
  CalendarEvent,
  CalendarEventInput,
  CalendarPort,
  EventQuery,
  FreeBusy,
  PersonCalendar,
  WriteOptions,
} from '../../ports/calendar.ts';
import { createGoogleApi, type GoogleApi, type GoogleApiOptions } from './google-api.ts';
import { readEvent, writeEvent } from './google-event.ts';
import { type JsonRecord, readFlag, readRecord, readRecords, readText } from './google-json.ts';

// Google Calendar v3 behind the calendar port, by plain REST. Google's own client (`googleapis`) would weigh more than this
// whole function, and would bring its own HTTP way out.

const EVENT_NAMES = 'eventId and calendar';
/** What `instances` gives at most in one page. */
const INSTANCES_PAGE = 2_500;
const MAX_PAGES = 20;

/** Whole seconds: Google takes fractions and ignores them, and other servers of this API trip over them. */
const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function eventPath(calendar: string, eventId?: string): readonly string[] {
  return ['calendars', calendar, 'events', ...(eventId === undefined ? [] : [eventId])];
}

function readBusy(calendar: string, from: JsonRecord): readonly BusyPeriod[] {
  return readRecords(from, 'busy').map((period) => {
    const startMs = Date.parse(readText(period, 'start') ?? '');
    const endMs = Date.parse(readText(period, 'end') ?? '');
    if (!Number.isNaN(startMs) && !Number.isNaN(endMs)) return { calendar, startMs, endMs };
    // Left out, it would read as free time.
    throw new AppError('upstream_failed', 'Google Calendar sent busy times that cannot be read.', {
      details: { written: 'no' },
    });
  });
}

/** A service may answer `primary` under the calendar's own id: with one name missing and one left over, they are the same. */
function nameAnswers(calendars: JsonRecord, groups: JsonRecord, asked: readonly string[]): ReadonlyMap<string, string> {
  const missing = asked.filter((calendar) => calendars[calendar] === undefined && groups[calendar] === undefined);
  const surplus = Object.keys(calendars).filter((calendar) => !asked.includes(calendar));
  const [from] = surplus;
  const [to] = missing;
  const alias = surplus.length === 1 && missing.length === 1 && Object.keys(groups).length === 0;
  return new Map(alias && from !== undefined && to !== undefined ? [[from, to]] : []);
}

/** Each asked calendar ends up in `busy` or in `errors`; a group stands for the calendars that Google expanded it to. */
function readFreeBusy(body: JsonRecord, asked: readonly string[]): FreeBusy {
  const calendars = readRecord(body, 'calendars');
  const groups = readRecord(body, 'groups');
  const names = nameAnswers(calendars, groups, asked);
  const busy: BusyPeriod[] = [];
  const errors: { calendar: string; reason: string }[] = [];
  const answered = new Set<string>();
  for (const [key, entry] of [...Object.entries(calendars), ...Object.entries(groups)]) {
    if (!isJsonObject(entry)) continue;
    const calendar = names.get(key) ?? key;
    answered.add(calendar);
    for (const error of readRecords(entry, 'errors')) {
      errors.push({ calendar, reason: readText(error, 'reason') ?? 'unknown' });
    }
    busy.push(...readBusy(calendar, entry));
  }
  for (const calendar of asked) if (!answered.has(calendar)) errors.push({ calendar, reason: 'notAnswered' });
  return { busy: busy.sort((left, right) => left.startMs - right.startMs), errors };
}

async function readPages(
  api: GoogleApi,
  path: readonly string[],
  query: Readonly<Record<string, string | boolean>>,
): Promise<readonly CalendarEvent[]> {
  const events: CalendarEvent[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const body = await api({
      method: 'GET',
      path,
      query: { ...query, maxResults: INSTANCES_PAGE, pageToken },
      names: EVENT_NAMES,
      writes: false,
    });
    events.push(...readRecords(body, 'items').map(readEvent));
    pageToken = readText(body, 'nextPageToken');
    if (pageToken === undefined) return events;
  }
  throw new AppError('upstream_failed', 'Google Calendar sends occurrences without end.', {
    details: { written: 'no' },
  });
}

/** Servers that know no `instances` expand a series in their list of events. */
async function readOccurrences(
  api: GoogleApi,
  calendar: string,
  seriesId: string,
  beforeMs: number,
): Promise<readonly CalendarEvent[]> {
  try {
    return await readPages(api, [...eventPath(calendar, seriesId), 'instances'], { showDeleted: true });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    const query = { singleEvents: true, showDeleted: true, timeMax: instant(beforeMs) };
    const events = await readPages(api, eventPath(calendar), query);
    const own = events.filter((event) => event.seriesId === seriesId);
    if (own.length === 0) throw error;
    return own;
  }
}

/** One event, as an answer to a request for it. Without an id it is none, whatever the status says. */
function readAnswer(body: JsonRecord, writes: boolean): CalendarEvent {
  const event = readEvent(body);
  if (event.id !== '') return event;
  throw new AppError('upstream_failed', 'Google Calendar sent an answer that is no event.', {
    details: { written: writes ? 'unknown' : 'no' },
  });
}

async function readEventPage(api: GoogleApi, query: EventQuery): ReturnType<PersonCalendar['listEvents']> {
  const body = await api({
    method: 'GET',
    path: eventPath(query.calendar),
    query: {
      singleEvents: true,
      orderBy: 'startTime',
      timeMin: query.timeMinMs === undefined ? undefined : instant(query.timeMinMs),
      timeMax: query.timeMaxMs === undefined ? undefined : instant(query.timeMaxMs),
      q: query.query,
      pageToken: query.cursor,
      maxResults: query.maxResults,
    },
    names: 'calendar',
    writes: false,
  });
  return {
    // Deleted ones are not asked for; a server that sends them all the same must not make them look alive.
    events: readRecords(body, 'items')
      .map(readEvent)
      .filter((event) => event.status !== 'cancelled'),
    cursor: readText(body, 'nextPageToken'),
    timeZone: readText(body, 'timeZone'),
  };
}

function createReads(api: GoogleApi): Omit<PersonCalendar, 'insertEvent' | 'changeEvent' | 'deleteEvent'> {
  return {
    listCalendars: async ({ cursor, maxResults }) => {
      const body = await api({
        method: 'GET',
        path: ['users', 'me', 'calendarList'],
        query: { maxResults, pageToken: cursor },
        names: 'cursor',
        writes: false,
      });
      const calendars = readRecords(body, 'items').map((item) => ({
        id: readText(item, 'id') ?? '',
        summary: readText(item, 'summaryOverride') ?? readText(item, 'summary'),
        primary: readFlag(item, 'primary') ?? false,
        accessRole: readText(item, 'accessRole'),
        timeZone: readText(item, 'timeZone'),
      }));
      return { calendars, cursor: readText(body, 'nextPageToken') };
    },

    freeBusy: async ({ timeMinMs, timeMaxMs, calendars }) => {
      const asked = [...new Set(calendars)];
      const body = await api({
        method: 'POST',
        path: ['freeBusy'],
        body: { timeMin: instant(timeMinMs), timeMax: instant(timeMaxMs), items: asked.map((id) => ({ id })) },
        names: 'calendars',
        writes: false,
      });
      return readFreeBusy(body, asked);
    },

    listEvents: async (query: EventQuery) => {
      let found = await readEventPage(api, query);
      // Google may send a page with no event although there are more (events.list, maxResults): such a page says nothing yet.
      for (let page = 1; found.events.length === 0 && found.cursor !== undefined && page < MAX_PAGES; page += 1) {
        found = await readEventPage(api, { ...query, cursor: found.cursor });
      }
      return found;
    },

    getEvent: async (calendar, eventId) =>
      readAnswer(
        await api({ method: 'GET', path: eventPath(calendar, eventId), names: EVENT_NAMES, writes: false }),
        false,
      ),

    countOccurrencesBefore: async (calendar, seriesId, beforeMs) => {
      // A deleted occurrence still counts towards the rule's COUNT (RFC 5545 §3.3.10).
      const events = await readOccurrences(api, calendar, seriesId, beforeMs);
      const starts = events.map((event) => event.originalStart ?? event.start);
      return starts.filter((start) => start !== undefined && timeMs(start) < beforeMs).length;
    },
  };
}

/** Google's answers carry an offset; a day counts from its midnight in UTC, on both sides of the comparison. */
function timeMs(time: { readonly date: string } | { readonly dateTime: string }): number {
  return Date.parse('date' in time ? time.date : time.dateTime);
}

function createWrites(api: GoogleApi): Pick<PersonCalendar, 'insertEvent' | 'changeEvent' | 'deleteEvent'> {
  /** Version 1 only where a meeting is sent: in version 0 Google leaves the event's meeting alone, whatever else changes. So with attachments. */
  const writeQuery = (
    options: WriteOptions,
    body: JsonRecord,
  ): Readonly<Record<string, string | number | boolean>> => ({
    sendUpdates: options.sendUpdates,
    ...(body['conferenceData'] === undefined ? {} : { conferenceDataVersion: 1 }),
    ...(body['attachments'] === undefined ? {} : { supportsAttachments: true }),
  });
  const write = async (
    method: 'POST' | 'PATCH',
    path: readonly string[],
    body: JsonRecord,
    options: WriteOptions,
  ): Promise<CalendarEvent> =>
    readAnswer(
      await api({
        method,
        path,
        query: writeQuery(options, body),
        body,
        etag: options.etag,
        names: method === 'POST' ? 'calendar' : EVENT_NAMES,
        writes: true,
      }),
      true,
    );
  return {
    insertEvent: (calendar, event, options) =>
      write('POST', eventPath(calendar), { id: event.id, ...writeEvent(event, false) }, options),
    changeEvent: (calendar, eventId, changes: CalendarEventInput, options) =>
      write('PATCH', eventPath(calendar, eventId), writeEvent(changes, options.otherKind === true), options),
    deleteEvent: async (calendar, eventId, options) => {
      await api({
        method: 'DELETE',
        path: eventPath(calendar, eventId),
        query: { sendUpdates: options.sendUpdates },
        etag: options.etag,
        names: EVENT_NAMES,
        writes: true,
      });
    },
  };
}

/** `baseUrl` ends in `/calendar/v3`; `connectUrl` is where a person connects Google (again). */
export function createGoogleCalendar(options: GoogleApiOptions): CalendarPort {
  return {
    open: (person, signal) => {
      const api = createGoogleApi(options, person, signal);
      return { ...createReads(api), ...createWrites(api) };
    },
  };
}
