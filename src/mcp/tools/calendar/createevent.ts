import { createHash } from 'node:crypto';
import { AppError } from '../../../kernel/app-error.ts';
import type {
  CalendarEvent,
  CalendarEventInput,
  CalendarPort,
  PersonCalendar,
  SendUpdates,
} from '../../../ports/calendar.ts';
import type { Random } from '../../../ports/random.ts';
import { canonicalJson, hashJson } from '../../../trust/canonical-json.ts';
import { answering, preparing } from '../answering.ts';
import { flag, optionalText, optionalTexts, text } from '../arguments.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../tool.ts';
import { readCalendar, readSendUpdates } from './arguments.ts';
import { createeventDeclaration } from './declarations.ts';
import { type EventTimes, readEventTimes } from './event-times.ts';
import { differences, eventInWords, viewEvent } from './event-view.ts';
import { followsLoss, isAbsent, isConflict, mayHaveWritten } from './failures.ts';
import { readBack, type Written } from './read-back.ts';
import { readRecurrence } from './recurrence.ts';
import { summarizeCreate } from './summaries.ts';
import { spanWithZone } from './words.ts';
import { fromWall } from './zone.ts';

// Books an event exactly once. Its id is ours, made from the idempotency key, so the calendar service itself refuses a second
// one: a repeated call, a repeated request and an answer lost after the commit all end at the same event, read back.

/** Notes on the event what was asked for, so that a key used again for something else is told from a repetition. */
const REQUEST_MARK = 'sallyportRequest';
const MAX_NAMED_CONFLICTS = 10;
const FOUND_BOOKED = 'Google’s answer was lost; the event was found booked.';

export interface CreateDeps {
  readonly calendar: CalendarPort;
  readonly random: Random;
}

interface Booking {
  readonly calendar: string;
  readonly event: CalendarEventInput;
  readonly times: EventTimes;
  readonly sendUpdates: SendUpdates;
  readonly key: string | undefined;
  readonly request: string;
}

const BASE32HEX = '0123456789abcdefghijklmnopqrstuv';

/** RFC 4648 §7 in lower case, as Google wants event ids: `[a-v0-9]{5,1024}`. */
function base32hex(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32HEX.charAt(Number.parseInt(five, 2))).join('');
}

/** 160 bits of a hash: nobody meets another's id, and nobody can tell the key from it. */
export function makeEventId(parts: readonly string[]): string {
  return `sp${base32hex(createHash('sha256').update(canonicalJson(parts)).digest().subarray(0, 20))}`;
}

function readBooking(args: JsonObject): Booking {
  const lines = optionalTexts(args, 'recurrence');
  const times = readEventTimes(
    { start: text(args, 'start'), end: text(args, 'end'), timeZone: optionalText(args, 'timeZone') },
    lines !== undefined,
  );
  const recurrence = lines === undefined ? undefined : readRecurrence(lines, times.allDay ? undefined : times.zone);
  const attendees = [...new Set(optionalTexts(args, 'attendees') ?? [])];
  const description = optionalText(args, 'description');
  const location = optionalText(args, 'location');
  const event: CalendarEventInput = {
    summary: text(args, 'summary'),
    start: times.start,
    end: times.end,
    ...(description === undefined ? {} : { description }),
    ...(location === undefined ? {} : { location }),
    ...(attendees.length === 0 ? {} : { attendees: attendees.map((email) => ({ email })) }),
    ...(recurrence === undefined ? {} : { recurrence }),
  };
  return {
    calendar: readCalendar(args),
    event,
    times,
    sendUpdates: readSendUpdates(args, attendees.length > 0),
    key: optionalText(args, 'idempotencyKey'),
    request: hashJson({ event, meet: flag(args, 'meet') }),
  };
}

async function findStored(calendar: PersonCalendar, booking: Booking, id: string): Promise<CalendarEvent | undefined> {
  try {
    return await calendar.getEvent(booking.calendar, id);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The id is taken: by this very request earlier, by another use of the key, or by an event that was deleted since. */
function replay(stored: CalendarEvent, booking: Booking): CalendarEvent {
  if (stored.status === 'cancelled') {
    throw new AppError(
      'gone',
      'This idempotencyKey booked an event that was deleted since. Use a new key to book it again.',
    );
  }
  const mark = stored.marks[REQUEST_MARK];
  const same = mark === undefined ? differences(booking.event, stored).length === 0 : mark === booking.request;
  if (same) return stored;
  throw new AppError('conflict', 'This idempotencyKey already booked a different event. Use a new key for this one.');
}

/** Google never said whether it booked. Looking for the id says it. */
async function resolveLost(
  calendar: PersonCalendar,
  booking: Booking,
  id: string,
  lost: AppError,
): Promise<CalendarEvent> {
  const again =
    booking.key === undefined
      ? 'Look with listevents before you try again.'
      : 'Try again with the same idempotencyKey: it cannot book twice.';
  let stored: CalendarEvent | undefined;
  try {
    stored = await findStored(calendar, booking, id);
  } catch (cause) {
    throw new AppError(lost.code, `${lost.message} The event may have been booked. ${again}`, { cause });
  }
  if (stored !== undefined) return replay(stored, booking);
  throw new AppError(lost.code, `${lost.message} The event is not in the calendar now. ${again}`, { cause: lost });
}

interface Outcome extends Written {
  readonly replayed: boolean;
}

async function book(calendar: PersonCalendar, booking: Booking, id: string, meet: boolean): Promise<Outcome> {
  const input = {
    ...booking.event,
    id,
    marks: { [REQUEST_MARK]: booking.request },
    ...(meet ? { meetRequestId: id } : {}),
  };
  let written: CalendarEvent;
  try {
    written = await calendar.insertEvent(booking.calendar, input, { sendUpdates: booking.sendUpdates });
  } catch (error) {
    if (isConflict(error, 'exists')) {
      const stored = await findStored(calendar, booking, id);
      if (stored === undefined) {
        throw new AppError(
          'conflict',
          'Not booked: Google says that this event’s id is taken, but shows no such event. Use another idempotencyKey.',
          { cause: error },
        );
      }
      const event = replay(stored, booking);
      // What stands there is most likely what this very call sent before its first answer was lost.
      if (followsLoss(error)) return { event, replayed: false, notes: [FOUND_BOOKED] };
      return { event, replayed: booking.key !== undefined, notes: [] };
    }
    if (!mayHaveWritten(error)) throw error;
    const event = await resolveLost(calendar, booking, id, error);
    return { event, replayed: false, notes: [FOUND_BOOKED] };
  }
  const confirmed = { calendar: booking.calendar, asked: booking.event, written };
  return { ...(await readBack(calendar, confirmed)), replayed: false };
}

/** What is in the way where the event would lie; whole days lie in the named zone, or else in UTC. */
async function findConflicts(calendar: PersonCalendar, booking: Booking): Promise<readonly string[]> {
  const { times } = booking;
  const at = (ms: number): number => (times.allDay ? fromWall(ms, times.zone).instantMs : ms);
  const range = { timeMinMs: at(times.startMs), timeMaxMs: at(times.endMs) };
  const { busy, errors } = await calendar.freeBusy({ ...range, calendars: [booking.calendar] });
  if (errors.length > 0) {
    throw new AppError(
      'not_found',
      'Conflicts cannot be checked: the calendar’s busy times cannot be read. Check calendar.',
    );
  }
  if (busy.length === 0) return [];
  const named = await calendar
    .listEvents({ ...range, calendar: booking.calendar, maxResults: MAX_NAMED_CONFLICTS })
    .catch((error: unknown) => {
      if (error instanceof AppError) return { events: [] };
      throw error;
    });
  const blocking = named.events.filter((event) => event.blocksTime);
  // Free/busy decides, the list only says it better: where it shows nothing, the bare times have to do.
  return blocking.length > 0
    ? blocking.map((event) => eventInWords(event, times.zone))
    : busy.map((period) => spanWithZone({ ...period, allDay: false }, times.zone));
}

function answer(outcome: Outcome, booking: Booking, meet: boolean): ToolResult {
  const { event } = outcome;
  const notes = [...outcome.notes];
  if (meet && event.meetLink === undefined)
    notes.push('The Meet link is still in the making: read the event again later.');
  const zone = booking.times.allDay ? undefined : booking.times.zone;
  const note = notes.join(' ');
  const head = outcome.replayed ? 'Already booked' : 'Booked';
  const link = event.link === undefined ? '' : ` ${event.link}`;
  return {
    structuredContent: {
      event: viewEvent(event, booking.calendar, zone),
      replayed: outcome.replayed,
      ...(note === '' ? {} : { note }),
    },
    text: `${head}: ${eventInWords(event, zone)}.${link}${note === '' ? '' : `\n${note}`}`,
  };
}

export function createCreateevent(deps: CreateDeps): Tool {
  async function run(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const booking = readBooking(args);
    const meet = flag(args, 'meet');
    // Without a key the id is random: requests repeated within this call still meet the same event.
    const secret =
      booking.key === undefined ? ['once', Buffer.from(deps.random.bytes(20)).toString('hex')] : ['key', booking.key];
    const id = makeEventId([context.person, context.agent, booking.calendar, ...secret]);
    const calendar = deps.calendar.open(context.person, context.signal);
    if (flag(args, 'checkConflicts')) {
      const conflicts = await findConflicts(calendar, booking);
      if (conflicts.length > 0) {
        // On a repeated call the event itself is what makes the calendar busy.
        const stored = booking.key === undefined ? undefined : await findStored(calendar, booking, id);
        if (stored === undefined || stored.status === 'cancelled') {
          throw new AppError('conflict', `Not booked, the calendar is busy then: ${conflicts.join('; ')}.`);
        }
        return answer({ event: replay(stored, booking), replayed: true, notes: [] }, booking, meet);
      }
    }
    return answer(await book(calendar, booking, id, meet), booking, meet);
  }
  const prepare = preparing(async (args) => {
    readBooking(args);
    return summarizeCreate(args);
  });
  return {
    declaration: createeventDeclaration,
    summarize: summarizeCreate,
    undo: 'Delete the event. Guests who had mail get another that it is off.',
    prepare,
    run: answering(run),
  };
}
