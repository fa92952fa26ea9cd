import { isJsonObject } from '../../kernel/json-object.ts';
import type { Attendee, CalendarEvent, Conference, ResponseStatus } from './calendar-event.ts';
import type { JsonObject } from './calendar-method.ts';
import { invalid, required, timeRangeEmpty } from './errors.ts';
import { instantOf, type Moment, readMoment, showMoment } from './moment.ts';
import { checkSeries } from './recurrence.ts';

// Reads what a client sends as an event, and refuses what Google refuses, in its words.

export interface EventInput {
  readonly start: Moment;
  readonly end: Moment;
  readonly recurrence?: readonly string[];
  readonly status: CalendarEvent['status'];
  readonly attendees: readonly Attendee[];
  readonly fields: JsonObject;
  /** `undefined`: not mentioned; `null`: to be removed; otherwise to be made. */
  readonly conference: { readonly requestId: string } | { readonly addOn: JsonObject } | null | undefined;
}

const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && values.includes(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

/** The plain properties that a client may write and that come back as they were. */
const writableFields: Readonly<Record<string, (value: unknown) => boolean>> = {
  summary: isString,
  description: isString,
  location: isString,
  colorId: isString,
  transparency: oneOf('opaque', 'transparent'),
  visibility: oneOf('default', 'public', 'private', 'confidential'),
  reminders: isJsonObject,
  anyoneCanAddSelf: isBoolean,
  guestsCanInviteOthers: isBoolean,
  guestsCanModify: isBoolean,
  guestsCanSeeOtherGuests: isBoolean,
  extendedProperties: isJsonObject,
  source: isJsonObject,
  eventType: oneOf('default', 'focusTime', 'outOfOffice'),
};

export interface ReadEventOptions {
  /** `conferenceDataVersion=1` was said; without it Google passes over `conferenceData`. */
  readonly conferences: boolean;
  /** `supportsAttachments=true` was said; without it Google passes over `attachments`. */
  readonly attachments?: boolean;
  /** The event that is changed. Those invited already keep their answers. */
  readonly before?: CalendarEvent;
}

export function readEvent(body: JsonObject, options: ReadEventOptions): EventInput {
  const start = readMoment(body['start'], 'start');
  const end = readMoment(body['end'], 'end');
  if (start.kind !== end.kind) throw invalid('Start and end times must either both be date or both be dateTime.');
  const isEmpty = start.kind === 'date' ? instantOf(end, 'UTC') <= instantOf(start, 'UTC') : isBefore(end, start);
  if (isEmpty) throw timeRangeEmpty();
  const recurrence = readRecurrence(body['recurrence'], start);
  return {
    start,
    end,
    ...(recurrence === undefined ? {} : { recurrence }),
    status: readStatus(body['status']),
    attendees: readAttendees(body['attendees'], options.before?.attendees ?? []),
    fields: { ...readFields(body), ...readAttachments(body, options) },
    conference: options.conferences ? readConference(body['conferenceData']) : undefined,
  };
}

const isBefore = (one: Moment, other: Moment): boolean => instantOf(one, 'UTC') < instantOf(other, 'UTC');

function readRecurrence(value: unknown, start: Moment): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(isString)) throw invalid('Invalid recurrence rule.');
  if (value.length === 0) return undefined;
  checkSeries({ start, lines: value });
  return value;
}

function readStatus(value: unknown): CalendarEvent['status'] {
  if (value === undefined || value === null) return 'confirmed';
  if (value === 'confirmed' || value === 'tentative' || value === 'cancelled') return value;
  throw invalid(`Invalid value for: ${String(value)} is not a valid value`);
}

function readFields(body: JsonObject): JsonObject {
  const fields: Record<string, unknown> = {};
  for (const [name, isFine] of Object.entries(writableFields)) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (!isFine(value)) throw invalid(`Invalid value for: ${name}`);
    fields[name] = value;
  }
  // Google leaves its defaults unsaid.
  if (fields['transparency'] === 'opaque') delete fields['transparency'];
  if (fields['visibility'] === 'default') delete fields['visibility'];
  return fields;
}

function readAttachments(body: JsonObject, { attachments, before }: ReadEventOptions): JsonObject {
  const value = attachments === true ? body['attachments'] : before?.fields['attachments'];
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value) || !value.every((item) => isJsonObject(item) && isString(item['fileUrl']))) {
    throw invalid('Invalid value for: attachments');
  }
  return value.length === 0 ? {} : { attachments: value };
}

function readAttendees(value: unknown, invited: readonly Attendee[]): readonly Attendee[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('Invalid value for: attendees');
  const read = value.map((attendee) => readAttendee(attendee, invited));
  // The same address twice is one guest.
  return [...new Map(read.map((attendee) => [attendee.email, attendee])).values()];
}

const EMAIL = /^[^\s@<>"(),:;\\]+@[^\s@<>"(),:;\\]+\.[^\s@<>"(),:;\\]+$/;
const RESPONSES: readonly string[] = ['needsAction', 'accepted', 'declined', 'tentative'];
const isResponse = (value: unknown): value is ResponseStatus => isString(value) && RESPONSES.includes(value);

function readAttendee(value: unknown, invited: readonly Attendee[]): Attendee {
  if (!isJsonObject(value) || value['email'] === undefined) throw required('Missing attendee email.');
  const { email, displayName, optional, resource, comment, additionalGuests, responseStatus } = value;
  if (!isString(email) || !EMAIL.test(email)) throw invalid('Invalid attendee email.');
  if (responseStatus !== undefined && !isResponse(responseStatus)) throw invalid('Invalid value for: responseStatus');
  const known = invited.find((attendee) => attendee.email === email.toLowerCase());
  return {
    email: email.toLowerCase(),
    responseStatus: responseStatus ?? known?.responseStatus ?? 'needsAction',
    ...(isString(displayName) ? { displayName } : {}),
    ...(optional === true ? { optional } : {}),
    ...(resource === true ? { resource } : {}),
    ...(isString(comment) ? { comment } : {}),
    ...(typeof additionalGuests === 'number' ? { additionalGuests } : {}),
  };
}

function readConference(value: unknown): EventInput['conference'] {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw invalid('Invalid conference data.');
  const request = value['createRequest'];
  if (request === undefined) {
    const solution = value['conferenceSolution'];
    const solutionKey = isJsonObject(solution) ? solution['key'] : undefined;
    const isAddOn = isJsonObject(solutionKey) && solutionKey['type'] === 'addOn';
    if (isAddOn && Array.isArray(value['entryPoints'])) return { addOn: value };
    // Data of a conference that exists already, sent back with the rest of the event.
    return undefined;
  }
  const key = isJsonObject(request) ? request['conferenceSolutionKey'] : undefined;
  if (!isJsonObject(key) || key['type'] !== 'hangoutsMeet') throw invalid('Invalid conference type value.');
  const requestId = isJsonObject(request) ? request['requestId'] : undefined;
  if (!isString(requestId) || requestId === '') throw required('Missing conference request id.');
  return { requestId };
}

/** Google's rule for ids of one's own: base32hex in lower case, 5 to 1,024 characters. */
export function readEventId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isString(value) || !/^[a-v0-9]{5,1024}$/.test(value)) throw invalid('Invalid resource id value.');
  return value;
}

/** What a client could have sent to make this event: the ground on which a patch is laid. */
export function asBody(event: CalendarEvent): JsonObject {
  const moment = (value: Moment): JsonObject => {
    const shown = showMoment(value, value.kind === 'instant' ? (value.timeZone ?? 'UTC') : 'UTC');
    return value.kind === 'instant' && value.timeZone === undefined ? { dateTime: shown['dateTime'] } : shown;
  };
  return {
    ...event.fields,
    status: event.status,
    start: moment(event.start),
    end: moment(event.end),
    ...(event.recurrence === undefined ? {} : { recurrence: event.recurrence }),
    attendees: event.attendees,
    ...(event.conference === undefined ? {} : { conferenceData: showConference(event.conference) }),
  };
}

const showConference = (conference: Conference): JsonObject =>
  'code' in conference ? { conferenceId: conference.code } : conference.addOn;

/** JSON merge patch (RFC 7396), as Google's patch semantics are: null removes, objects merge, arrays replace. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    if (value === null) delete merged[name];
    else merged[name] = isJsonObject(value) ? mergePatch(isJsonObject(before) ? before : {}, value) : value;
  }
  return merged;
}
