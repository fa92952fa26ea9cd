import { findCalendar } from './calendar-access.ts';
import type { CalendarAnswer, CalendarCall, CalendarMethod, JsonObject } from './calendar-method.ts';
import type { CalendarRecord, CalendarStore } from './calendar-store.ts';
import { invalidParameter, notFound } from './errors.ts';
import { cutPage } from './query.ts';
import type { AccessRole } from './stand-in-options.ts';

// calendarList.list and get, calendars.get: which calendars a person has.

const listScopes = ['calendar', 'calendar.calendarlist', 'calendar.calendarlist.readonly', 'calendar.readonly'];
const ranks: readonly string[] = ['freeBusyReader', 'reader', 'writer', 'owner'];

export function createCalendars(store: CalendarStore): readonly CalendarMethod[] {
  return [
    {
      id: 'calendar.calendarList.list',
      httpMethod: 'GET',
      path: 'users/me/calendarList',
      query: ['maxResults', 'minAccessRole', 'pageToken', 'showDeleted', 'showHidden'],
      scopes: listScopes,
      handle: (call) => list(store, call),
    },
    {
      id: 'calendar.calendarList.get',
      httpMethod: 'GET',
      path: 'users/me/calendarList/{calendarId}',
      query: [],
      scopes: ['calendar.app.created', ...listScopes],
      handle(call) {
        const { calendar, role } = open(store, call);
        if (!isListed(calendar, call.account.email)) throw notFound();
        return { status: 200, body: showEntry(calendar, role) };
      },
    },
    {
      id: 'calendar.calendars.get',
      httpMethod: 'GET',
      path: 'calendars/{calendarId}',
      query: [],
      scopes: [
        'calendar',
        'calendar.app.created',
        'calendar.calendars',
        'calendar.calendars.readonly',
        'calendar.readonly',
      ],
      handle: (call) => ({ status: 200, body: showCalendar(open(store, call).calendar) }),
    },
  ];
}

function open(store: CalendarStore, call: CalendarCall) {
  const found = findCalendar(store, call.account.email, call.path['calendarId'] ?? '');
  if (found === undefined) throw notFound();
  return found;
}

/** One's own calendars and those shared on purpose; that everybody may ask for free times puts nothing into the list. */
const isListed = (calendar: CalendarRecord, email: string): boolean =>
  calendar.ownerEmail === email || calendar.sharedWith.has(email);

function list(store: CalendarStore, { account, query }: CalendarCall): CalendarAnswer {
  const least = query.get('minAccessRole');
  const leastRank = least === null ? 0 : ranks.indexOf(least);
  if (leastRank < 0) throw invalidParameter('minAccessRole', least ?? '');
  const entries = store
    .calendars()
    .filter((calendar) => isListed(calendar, account.email))
    .flatMap((calendar) => {
      const role = store.roleOf(account.email, calendar);
      return role === undefined || ranks.indexOf(role) < leastRank ? [] : [showEntry(calendar, role)];
    });
  const { items, nextPageToken } = cutPage(entries, query, { usual: 100, most: 250 });
  return {
    status: 200,
    body: {
      kind: 'calendar#calendarList',
      etag: `"p${entries.length}"`,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
      items,
    },
  };
}

function describe(calendar: CalendarRecord): JsonObject {
  return {
    etag: `"${Buffer.from(calendar.id).toString('base64url').slice(0, 16)}"`,
    id: calendar.id,
    summary: calendar.summary,
    ...(calendar.description === undefined ? {} : { description: calendar.description }),
    timeZone: calendar.timeZone,
    conferenceProperties: { allowedConferenceSolutionTypes: ['hangoutsMeet'] },
  };
}

const showCalendar = (calendar: CalendarRecord): JsonObject => ({ kind: 'calendar#calendar', ...describe(calendar) });

function showEntry(calendar: CalendarRecord, role: AccessRole): JsonObject {
  return {
    kind: 'calendar#calendarListEntry',
    ...describe(calendar),
    accessRole: role,
    defaultReminders: role === 'owner' ? [{ method: 'popup', minutes: 10 }] : [],
    colorId: '14',
    backgroundColor: '#9fe1e7',
    foregroundColor: '#000000',
    selected: true,
    ...(calendar.isPrimary && role === 'owner' ? { primary: true } : {}),
  };
}
