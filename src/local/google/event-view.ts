import { type Attendee, type CalendarEvent, type Conference, etagOf } from './calendar-event.ts';
import type { JsonObject } from './calendar-method.ts';
import type { CalendarRecord } from './calendar-store.ts';
import { formatStamp, showMoment } from './moment.ts';

// An event in Google's words, as one calendar shows it.

export interface EventViewOptions {
  /** The calendar it is read from, which decides who `self` is. */
  readonly calendar: CalendarRecord;
  /** IANA zone that date-times are written in. */
  readonly zone: string;
  readonly detail: 'full' | 'times';
  /** The Meet link was asked for in this very call and is not made yet. */
  readonly conferencePending?: boolean;
  readonly nameOf: (email: string) => string | undefined;
}

export function showEvent(event: CalendarEvent, options: EventViewOptions): JsonObject {
  const { zone, detail } = options;
  const { instanceOf } = event;
  const identity = {
    kind: 'calendar#event',
    etag: etagOf(event),
    id: event.id,
    status: event.status,
    ...(instanceOf === undefined
      ? {}
      : {
          recurringEventId: instanceOf.seriesId,
          originalStartTime: showMoment(instanceOf.originalStart, zone),
        }),
  };
  // Of a cancelled instance Google tells only which one it was.
  if (event.status === 'cancelled' && instanceOf !== undefined) return identity;
  const times = {
    ...identity,
    created: formatStamp(event.createdMs),
    updated: formatStamp(event.updatedMs),
    start: showMoment(event.start, zone),
    end: showMoment(event.end, zone),
    ...(event.recurrence === undefined ? {} : { recurrence: [...event.recurrence] }),
    eventType: event.fields['eventType'] ?? 'default',
  };
  const transparency = event.fields['transparency'];
  if (detail === 'times') {
    return { ...times, visibility: 'private', ...(transparency === undefined ? {} : { transparency }) };
  }
  return { ...times, ...details(event, options) };
}

function details(event: CalendarEvent, options: EventViewOptions): JsonObject {
  const { calendar, nameOf } = options;
  const ownEmail = calendar.isPrimary ? calendar.id : undefined;
  const isOrganizer = event.calendarId === calendar.id;
  return {
    ...event.fields,
    htmlLink: `https://www.google.com/calendar/event?eid=${link(event)}`,
    iCalUID: event.iCalUid,
    sequence: event.sequence,
    creator: person(event.creatorEmail, nameOf, event.creatorEmail === ownEmail),
    organizer: person(event.calendarId, nameOf, isOrganizer),
    reminders: event.fields['reminders'] ?? { useDefault: true },
    ...(event.attendees.length === 0
      ? {}
      : { attendees: event.attendees.map((attendee) => showAttendee(attendee, event, ownEmail)) }),
    ...(event.conference === undefined ? {} : conferenceView(event.conference, options.conferencePending === true)),
  };
}

const link = (event: CalendarEvent): string =>
  Buffer.from(`${event.id} ${event.calendarId}`, 'utf8').toString('base64url');

function person(email: string, nameOf: EventViewOptions['nameOf'], isSelf: boolean): JsonObject {
  const displayName = nameOf(email);
  return { email, ...(displayName === undefined ? {} : { displayName }), ...(isSelf ? { self: true } : {}) };
}

function showAttendee(attendee: Attendee, event: CalendarEvent, ownEmail: string | undefined): JsonObject {
  return {
    ...attendee,
    ...(attendee.email === event.calendarId ? { organizer: true } : {}),
    ...(attendee.email === ownEmail ? { self: true } : {}),
  };
}

function conferenceView(conference: Conference, isPending: boolean): JsonObject {
  if ('addOn' in conference) return { conferenceData: conference.addOn };
  const { requestId, code } = conference;
  const key = { type: 'hangoutsMeet' };
  const statusCode = isPending ? 'pending' : 'success';
  const createRequest = { requestId, conferenceSolutionKey: key, status: { statusCode } };
  if (isPending) return { conferenceData: { createRequest } };
  const uri = `https://meet.google.com/${code}`;
  return {
    hangoutLink: uri,
    conferenceData: {
      createRequest,
      entryPoints: [{ entryPointType: 'video', uri, label: `meet.google.com/${code}` }],
      conferenceSolution: {
        key,
        name: 'Google Meet',
        iconUri:
          'https://fonts.gstatic.com/s/i/productlogos/meet_2020q4/v6/web-512dp/logo_meet_2020q4_color_2x_web_512dp.png',
      },
      conferenceId: code,
    },
  };
}
