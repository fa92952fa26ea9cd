import { isJsonObject } from '../../kernel/json-object.ts';
import type { CalendarAttendee, CalendarEvent, CalendarEventInput, CalendarTime } from '../../ports/calendar.ts';
import { type JsonRecord, readFlag, readRecord, readRecords, readText, readTexts } from './google-json.ts';

// Google's event resource to and from ours.

/** What a new series takes over from the one it was split from. */
const EXTRAS = [
  'colorId',
  'visibility',
  'transparency',
  'reminders',
  'guestsCanInviteOthers',
  'guestsCanModify',
  'guestsCanSeeOtherGuests',
  'eventType',
  'attachments',
] as const;

/** Meetings that Google makes itself, of today and before: they belong to their event, so a copy asks for one of its own. */
const OWN_MEETINGS: ReadonlySet<string> = new Set(['hangoutsMeet', 'eventHangout', 'eventNamedHangout']);
/** What we know of a guest, by Google's names; `self` and `organizer` are not ours to write. */
const ATTENDEE_MEMBERS: ReadonlySet<string> = new Set([
  'email',
  'responseStatus',
  'self',
  'organizer',
  'optional',
  'resource',
  'displayName',
]);

function readTime(from: JsonRecord, name: string): CalendarTime | undefined {
  const value = from[name];
  if (!isJsonObject(value)) return undefined;
  const date = readText(value, 'date');
  if (date !== undefined) return { date };
  const dateTime = readText(value, 'dateTime');
  return dateTime === undefined ? undefined : { dateTime, timeZone: readText(value, 'timeZone') };
}

function readAttendee(from: JsonRecord): CalendarAttendee {
  return {
    email: readText(from, 'email') ?? '',
    response: readText(from, 'responseStatus'),
    self: readFlag(from, 'self'),
    organizer: readFlag(from, 'organizer'),
    optional: readFlag(from, 'optional'),
    resource: readFlag(from, 'resource'),
    displayName: readText(from, 'displayName'),
    extras: Object.fromEntries(Object.entries(from).filter(([name]) => !ATTENDEE_MEMBERS.has(name))),
  };
}

function readMarks(from: JsonRecord): Readonly<Record<string, string>> {
  const marks = readRecord(readRecord(from, 'extendedProperties'), 'private');
  return Object.fromEntries(
    Object.entries(marks).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function readMeetLink(from: JsonRecord): string | undefined {
  const points = readRecords(readRecord(from, 'conferenceData'), 'entryPoints');
  const video = points.find((point) => readText(point, 'entryPointType') === 'video');
  return readText(from, 'hangoutLink') ?? (video === undefined ? undefined : readText(video, 'uri'));
}

function isMeetPending(from: JsonRecord): boolean {
  const request = readRecord(readRecord(from, 'conferenceData'), 'createRequest');
  return readText(readRecord(request, 'status'), 'statusCode') === 'pending';
}

/** A meeting of another service, which Google takes over as it stands; what once asked for it is no part of that. */
function readOtherMeeting(from: JsonRecord): JsonRecord | undefined {
  const { createRequest: _asked, ...data } = readRecord(from, 'conferenceData');
  const type = readText(readRecord(readRecord(data, 'conferenceSolution'), 'key'), 'type');
  return type === undefined || OWN_MEETINGS.has(type) ? undefined : data;
}

export function readEvent(from: JsonRecord): CalendarEvent {
  const organizer = readText(readRecord(from, 'organizer'), 'email');
  const otherMeeting = readOtherMeeting(from);
  return {
    id: readText(from, 'id') ?? '',
    etag: readText(from, 'etag'),
    status: readText(from, 'status') ?? 'confirmed',
    link: readText(from, 'htmlLink'),
    summary: readText(from, 'summary'),
    description: readText(from, 'description'),
    location: readText(from, 'location'),
    start: readTime(from, 'start'),
    end: readTime(from, 'end'),
    attendees: readRecords(from, 'attendees').map(readAttendee),
    organizer,
    recurrence: readTexts(from, 'recurrence'),
    seriesId: readText(from, 'recurringEventId'),
    originalStart: readTime(from, 'originalStartTime'),
    blocksTime: readText(from, 'transparency') !== 'transparent',
    meetLink: readMeetLink(from),
    meetPending: isMeetPending(from),
    marks: readMarks(from),
    otherMeeting: otherMeeting !== undefined,
    extras: {
      ...Object.fromEntries(EXTRAS.filter((name) => from[name] !== undefined).map((name) => [name, from[name]])),
      ...(otherMeeting === undefined ? {} : { conferenceData: otherMeeting }),
    },
  };
}

/** Where a day becomes a time, or the other way, the old kind's members are emptied: a patch that left them would hold both. */
function writeTime(time: CalendarTime, otherKind: boolean): JsonRecord {
  if ('date' in time) return otherKind ? { date: time.date, dateTime: null, timeZone: null } : { date: time.date };
  const timed = { dateTime: time.dateTime, ...(time.timeZone === undefined ? {} : { timeZone: time.timeZone }) };
  return otherKind ? { ...timed, date: null } : timed;
}

function writeAttendee(attendee: CalendarAttendee): JsonRecord {
  return {
    ...attendee.extras,
    email: attendee.email,
    ...(attendee.response === undefined ? {} : { responseStatus: attendee.response }),
    ...(attendee.optional === undefined ? {} : { optional: attendee.optional }),
    ...(attendee.resource === undefined ? {} : { resource: attendee.resource }),
    ...(attendee.displayName === undefined ? {} : { displayName: attendee.displayName }),
  };
}

/** `otherKind`: the times replace such of the other kind, days or times of day. */
export function writeEvent(input: CalendarEventInput, otherKind: boolean): JsonRecord {
  const body: Record<string, unknown> = { ...input.extras };
  if (input.summary !== undefined) body['summary'] = input.summary;
  if (input.description !== undefined) body['description'] = input.description;
  if (input.location !== undefined) body['location'] = input.location;
  if (input.start !== undefined) body['start'] = writeTime(input.start, otherKind);
  if (input.end !== undefined) body['end'] = writeTime(input.end, otherKind);
  if (input.attendees !== undefined) body['attendees'] = input.attendees.map(writeAttendee);
  if (input.recurrence !== undefined) body['recurrence'] = input.recurrence;
  if (input.marks !== undefined) body['extendedProperties'] = { private: input.marks };
  if (input.meetRequestId !== undefined) {
    body['conferenceData'] = {
      createRequest: { requestId: input.meetRequestId, conferenceSolutionKey: { type: 'hangoutsMeet' } },
    };
  }
  return body;
}
