import { isJsonObject } from '../../kernel/json-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { type CalendarAccess, openForWriting } from './calendar-access.ts';
import { type Attendee, type CalendarEvent, type Conference, etagOf, meetCodeOf } from './calendar-event.ts';
import type { CalendarAnswer, CalendarCall, CalendarMethod, JsonObject } from './calendar-method.ts';
import type { CalendarStore } from './calendar-store.ts';
import {
  alreadyDeleted,
  conditionNotMet,
  duplicate,
  forbiddenForNonOrganizer,
  invalid,
  invalidParameter,
  notFound,
} from './errors.ts';
import { asBody, type EventInput, mergePatch, readEvent, readEventId } from './event-input.ts';
import { showEvent } from './event-view.ts';
import { instantOf } from './moment.ts';
import type { Outbox } from './outbox.ts';
import { readBoolean } from './query.ts';

// events.insert, patch, update and delete.

export interface EventWriteParts {
  readonly store: CalendarStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly outbox: Outbox;
  readonly meet: 'at once' | 'on re-read';
  readonly nameOf: (email: string) => string | undefined;
}

const writeScopes = ['calendar', 'calendar.app.created', 'calendar.events', 'calendar.events.owned'];
const notifyQuery = ['sendNotifications', 'sendUpdates'];
const insertQuery = [
  'conferenceDataVersion',
  'eventLabelVersion',
  'maxAttendees',
  'supportsAttachments',
  ...notifyQuery,
];
const changeQuery = ['alwaysIncludeEmail', ...insertQuery];
const onePath = 'calendars/{calendarId}/events/{eventId}';

export function createEventWrites(parts: EventWriteParts): readonly CalendarMethod[] {
  const base = { scopes: writeScopes };
  return [
    {
      ...base,
      id: 'calendar.events.insert',
      httpMethod: 'POST',
      path: 'calendars/{calendarId}/events',
      query: insertQuery,
      handle: (call) => insert(parts, call),
    },
    {
      ...base,
      id: 'calendar.events.patch',
      httpMethod: 'PATCH',
      path: onePath,
      query: changeQuery,
      handle: (call) => change(parts, call, (event) => mergePatch(asBody(event), call.body)),
    },
    {
      ...base,
      id: 'calendar.events.update',
      httpMethod: 'PUT',
      path: onePath,
      query: changeQuery,
      handle: (call) => change(parts, call, () => call.body),
    },
    {
      ...base,
      id: 'calendar.events.delete',
      httpMethod: 'DELETE',
      path: onePath,
      query: notifyQuery,
      handle: (call) => remove(parts, call),
    },
  ];
}

function insert(parts: EventWriteParts, call: CalendarCall): CalendarAnswer {
  const access = openForWriting(parts.store, call);
  const sendUpdates = readSendUpdates(call);
  const input = readEvent(call.body, takenFrom(call));
  const id = readEventId(call.body['id']) ?? newEventId(parts.random);
  // The id of a deleted event stays taken, as at Google.
  if (parts.store.find(access.calendar.id, id) !== undefined) throw duplicate();
  const nowMs = parts.clock.nowMs();
  const iCalUid = call.body['iCalUID'];
  const conference = conferenceOf(parts, input, undefined);
  const event = parts.store.put({
    id,
    calendarId: access.calendar.id,
    start: input.start,
    end: input.end,
    ...(input.recurrence === undefined ? {} : { recurrence: input.recurrence }),
    status: input.status,
    attendees: input.attendees,
    fields: input.fields,
    ...(conference === undefined ? {} : { conference }),
    iCalUid: typeof iCalUid === 'string' ? iCalUid : `${id}@google.com`,
    creatorEmail: call.account.email,
    sequence: 0,
    createdMs: nowMs,
    updatedMs: nowMs,
    revision: 0,
    hiddenFrom: [],
  });
  parts.outbox.tell(event, { kind: 'invited', sendUpdates, atMs: nowMs });
  return answer(parts, access, event, {
    conferencePending: meetCodeOf(event) !== undefined && parts.meet === 'on re-read',
  });
}

function change(
  parts: EventWriteParts,
  call: CalendarCall,
  bodyOf: (event: CalendarEvent) => JsonObject,
): CalendarAnswer {
  const access = openForWriting(parts.store, call);
  const sendUpdates = readSendUpdates(call);
  const before = findForChange(parts.store, access, call);
  if (before.calendarId !== access.calendar.id && before.fields['guestsCanModify'] !== true) {
    return answer(parts, access, answerInvitation(parts, access, { before, body: call.body }));
  }
  const body = bodyOf(before);
  if (before.status === 'cancelled' && (body['status'] ?? 'confirmed') === 'cancelled') throw alreadyDeleted();
  const input = readEvent(body, { ...takenFrom(call), before });
  const nowMs = parts.clock.nowMs();
  const after = parts.store.put(nextVersion(parts, { before, input, nowMs }));
  if (after.instanceOf === undefined) parts.store.dropStrayInstances(after);
  parts.outbox.tell(after, { kind: 'changed', sendUpdates, atMs: nowMs, before });
  const isNewConference = meetCodeOf(after) !== undefined && meetCodeOf(after) !== meetCodeOf(before);
  return answer(parts, access, after, { conferencePending: isNewConference && parts.meet === 'on re-read' });
}

function remove(parts: EventWriteParts, call: CalendarCall): CalendarAnswer {
  const access = openForWriting(parts.store, call);
  const sendUpdates = readSendUpdates(call);
  const before = findForChange(parts.store, access, call);
  if (before.status === 'cancelled') throw alreadyDeleted();
  const nowMs = parts.clock.nowMs();
  if (before.calendarId !== access.calendar.id) {
    const attendees = withAnswer(before.attendees, access.calendar.id, { responseStatus: 'declined' });
    const hiddenFrom = [...before.hiddenFrom, access.calendar.id];
    parts.store.put({ ...before, attendees, hiddenFrom, updatedMs: nowMs });
    return { status: 204 };
  }
  const after = parts.store.put({ ...before, status: 'cancelled', updatedMs: nowMs, sequence: before.sequence + 1 });
  if (after.instanceOf === undefined) parts.store.dropStrayInstances(after);
  parts.outbox.tell(after, { kind: 'cancelled', sendUpdates, atMs: nowMs });
  return { status: 204 };
}

function findForChange(store: CalendarStore, access: CalendarAccess, call: CalendarCall): CalendarEvent {
  const event = store.find(access.calendar.id, call.path['eventId'] ?? '');
  if (event === undefined) throw notFound();
  const { ifMatch } = call.headers;
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etagOf(event)) throw conditionNotMet();
  return event;
}

interface Change {
  readonly before: CalendarEvent;
  readonly input: EventInput;
  readonly nowMs: number;
}

function nextVersion(parts: EventWriteParts, { before, input, nowMs }: Change): CalendarEvent {
  const { conference: _conference, recurrence: _recurrence, ...kept } = before;
  // An instance has no rule of its own; Google passes over one that is sent.
  const recurrence = before.instanceOf === undefined ? input.recurrence : undefined;
  const conference = conferenceOf(parts, input, before.conference);
  const sameTime =
    instantOf(before.start, 'UTC') === instantOf(input.start, 'UTC') &&
    instantOf(before.end, 'UTC') === instantOf(input.end, 'UTC') &&
    JSON.stringify(before.recurrence) === JSON.stringify(recurrence);
  return {
    ...kept,
    start: input.start,
    end: input.end,
    ...(recurrence === undefined ? {} : { recurrence }),
    status: input.status,
    attendees: input.attendees,
    fields: input.fields,
    ...(conference === undefined ? {} : { conference }),
    sequence: sameTime ? before.sequence : before.sequence + 1,
    updatedMs: nowMs,
  };
}

/** One request id makes one conference, however often it is sent. */
function conferenceOf(
  parts: EventWriteParts,
  { conference: asked }: EventInput,
  existing: Conference | undefined,
): Conference | undefined {
  if (asked === null) return undefined;
  if (asked === undefined) return existing;
  if ('addOn' in asked) return asked;
  if (existing !== undefined && 'code' in existing && asked.requestId === existing.requestId) return existing;
  const letters = [...parts.random.bytes(10)].map((byte) => 'abcdefghijkmnopqrstuvwxyz'.charAt(byte % 25)).join('');
  return { requestId: asked.requestId, code: `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}` };
}

/** What an attendee may change on an event of someone else: the own answer, nothing shared. */
function answerInvitation(
  parts: EventWriteParts,
  access: CalendarAccess,
  { before, body }: { before: CalendarEvent; body: JsonObject },
): CalendarEvent {
  if (Object.keys(body).some((name) => name !== 'attendees' && name !== 'attendeesOmitted')) {
    throw forbiddenForNonOrganizer();
  }
  const sent = Array.isArray(body['attendees']) ? body['attendees'].filter(isJsonObject) : [];
  const own = sent.find(({ email }) => email === access.calendar.id);
  if (own === undefined) throw forbiddenForNonOrganizer();
  const [read] = readEvent({ ...asBody(before), attendees: [own] }, { conferences: false }).attendees;
  if (read === undefined) throw invalid('Invalid value for: attendees');
  const attendees = withAnswer(before.attendees, access.calendar.id, read);
  return parts.store.put({ ...before, attendees, updatedMs: parts.clock.nowMs() });
}

const withAnswer = (attendees: readonly Attendee[], email: string, given: Partial<Attendee>): readonly Attendee[] =>
  attendees.map((attendee) => (attendee.email === email ? { ...attendee, ...given, email } : attendee));

/** 26 characters of base32hex, as Google's own. */
function newEventId(random: Random): string {
  return [...random.bytes(26)].map((byte) => '0123456789abcdefghijklmnopqrstuv'.charAt(byte % 32)).join('');
}

const wantsConferences = (call: CalendarCall): boolean => {
  const version = call.query.get('conferenceDataVersion');
  if (version !== null && version !== '0' && version !== '1') {
    throw invalidParameter('conferenceDataVersion', version);
  }
  return version === '1';
};

/** What of the event's data the call asks Google to take at all. */
const takenFrom = (call: CalendarCall): { readonly conferences: boolean; readonly attachments: boolean } => ({
  conferences: wantsConferences(call),
  attachments: readBoolean(call.query, 'supportsAttachments'),
});

function readSendUpdates(call: CalendarCall): 'all' | 'externalOnly' | 'none' {
  const value = call.query.get('sendUpdates');
  if (value === 'all' || value === 'externalOnly' || value === 'none') return value;
  if (value !== null) throw invalidParameter('sendUpdates', value);
  return call.query.get('sendNotifications') === 'true' ? 'all' : 'none';
}

function answer(
  parts: EventWriteParts,
  access: CalendarAccess,
  event: CalendarEvent,
  options: { readonly conferencePending?: boolean } = {},
): CalendarAnswer {
  const { calendar, detail } = access;
  const body = showEvent(event, { calendar, zone: calendar.timeZone, detail, nameOf: parts.nameOf, ...options });
  return { status: 200, body, etag: etagOf(event) };
}
