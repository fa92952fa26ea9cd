import { AppError } from '../../../kernel/app-error.ts';
import type {
  CalendarAttendee,
  CalendarEvent,
  CalendarEventInput,
  CalendarPort,
  PersonCalendar,
  SendUpdates,
} from '../../../ports/calendar.ts';
import type { Random } from '../../../ports/random.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../tool.ts';
import { flag, optionalChoice, optionalText, optionalTexts, readCalendar, readSendUpdates, text } from './arguments.ts';
import { type ChangeTarget, findTarget, hasGuests, SCOPES } from './change-target.ts';
import {
  changesTimes,
  moveSeries,
  moveSingle,
  readSeriesMove,
  recurrenceZone,
  type TimeArguments,
} from './change-times.ts';
import { updateeventDeclaration } from './declarations.ts';
import { readZone } from './event-times.ts';
import { differences, eventInWords, viewEvent } from './event-view.ts';
import { answering, isAbsent, isConflict, mayHaveWritten } from './failures.ts';
import { moveRecurrence, readRecurrence } from './recurrence.ts';
import { splitSeries } from './split-series.ts';
import { summarizeUpdate } from './summaries.ts';

// Changes an event, or the named part of a series. Every write names the version it changes (If-Match): what somebody else changed
// meanwhile is not overwritten, and a request repeated after its answer was lost is recognised by what it left behind.

export interface UpdateDeps {
  readonly calendar: CalendarPort;
  readonly random: Random;
}

interface ChangeRequest {
  readonly calendar: string;
  readonly args: JsonObject;
  readonly times: TimeArguments;
  /** Lines as given; what they mean depends on the event's kind. */
  readonly recurrence: readonly string[] | undefined;
  readonly meet: boolean;
}

function readRequest(args: JsonObject): ChangeRequest {
  const request = {
    calendar: readCalendar(args),
    args,
    times: {
      start: optionalText(args, 'start'),
      end: optionalText(args, 'end'),
      timeZone: optionalText(args, 'timeZone'),
    },
    recurrence: optionalTexts(args, 'recurrence'),
    meet: flag(args, 'meet'),
  };
  const texts = ['summary', 'description', 'location', 'attendees'].some((name) => args[name] !== undefined);
  if (!texts && !changesTimes(request.times) && request.recurrence === undefined && !request.meet) {
    throw new AppError('invalid_request', 'There is nothing to change: pass what the event should have.');
  }
  readZone(request.times.timeZone);
  return request;
}

/** Guests who stay keep their answers: a list written anew would ask all of them again. */
function mergeAttendees(emails: readonly string[], event: CalendarEvent): readonly CalendarAttendee[] {
  const known = new Map(event.attendees.map((attendee) => [attendee.email.toLowerCase(), attendee]));
  return [...new Set(emails)].map((email) => known.get(email.toLowerCase()) ?? { email });
}

/** What changes whatever the part: everything but the times and the rule. */
function plainChanges(request: ChangeRequest, event: CalendarEvent, meetRequestId: string): CalendarEventInput {
  const { args } = request;
  const summary = optionalText(args, 'summary');
  const description = optionalText(args, 'description');
  const location = optionalText(args, 'location');
  const attendees = optionalTexts(args, 'attendees');
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(location === undefined ? {} : { location }),
    ...(attendees === undefined ? {} : { attendees: mergeAttendees(attendees, event) }),
    // A second request would replace the meeting that people have in their diaries.
    ...(request.meet && event.meetLink === undefined ? { meetRequestId } : {}),
  };
}

/** For everything but a split, which writes two series. */
function changesOf(
  request: ChangeRequest,
  target: Exclude<ChangeTarget, { part: 'following' }>,
  plain: CalendarEventInput,
): CalendarEventInput {
  if (target.part !== 'all') {
    if (target.part === 'this' && request.recurrence !== undefined) {
      throw new AppError(
        'invalid_request',
        'One occurrence cannot repeat: pass scope all or following with recurrence.',
      );
    }
    const times = moveSingle(target.event, request.times);
    const recurrence = givenRecurrence(request, target.event, times);
    return { ...plain, ...times, ...(recurrence === undefined ? {} : { recurrence }) };
  }
  const move = readSeriesMove(target.event, target.occurrence, request.times);
  const given = givenRecurrence(request, target.event, {});
  const moved = move === undefined || move.byMs === 0 ? undefined : move;
  const recurrence = given ?? (moved && moveRecurrence(target.event.recurrence, moved.byMs, moved.otherDay));
  return { ...plain, ...moveSeries(target.event, move), ...(recurrence === undefined ? {} : { recurrence }) };
}

function givenRecurrence(
  request: ChangeRequest,
  event: CalendarEvent,
  times: Pick<CalendarEventInput, 'start'>,
): readonly string[] | undefined {
  return request.recurrence && readRecurrence(request.recurrence, recurrenceZone(event, times));
}

interface Written {
  readonly event: CalendarEvent;
  readonly notes: readonly string[];
}

/** Sends the change and answers with what is then in the calendar. */
async function change(
  calendar: PersonCalendar,
  where: { readonly calendar: string; readonly event: CalendarEvent },
  changes: CalendarEventInput,
  sendUpdates: SendUpdates,
): Promise<Written> {
  const { id, etag } = where.event;
  const look = (): Promise<CalendarEvent> => calendar.getEvent(where.calendar, id);
  try {
    await calendar.changeEvent(where.calendar, id, changes, { sendUpdates, etag });
  } catch (error) {
    if (isConflict(error, 'changed')) {
      // Our own repeated request meets its own change.
      const now = await look();
      if (differences(changes, now).length === 0) return { event: now, notes: [] };
      throw new AppError(
        'conflict',
        `Not changed: the event was changed by somebody else meanwhile. It is now ${eventInWords(now)}.`,
      );
    }
    if (!mayHaveWritten(error)) throw error;
    const now = await look().catch(() => undefined);
    if (now !== undefined && differences(changes, now).length === 0) {
      return { event: now, notes: ['Google’s answer was lost; the change was found made.'] };
    }
    const state =
      now === undefined
        ? 'The change may have been made: look with getevent.'
        : 'The change is not in the calendar now.';
    throw new AppError(error.code, `${error.message} ${state}`, { cause: error });
  }
  const now = await look();
  const other = differences(changes, now);
  return {
    event: now,
    notes: other.length === 0 ? [] : [`Google stored differently than asked: ${other.join(', ')}.`],
  };
}

const CHANGED = {
  single: 'Changed',
  this: 'Changed only this occurrence',
  following: 'Changed this and all following occurrences',
  all: 'Changed the whole series',
} as const;

function answer(written: Written, request: ChangeRequest, part: ChangeTarget['part']): ToolResult {
  const zone = readZone(request.times.timeZone);
  const pending = request.meet && written.event.meetLink === undefined;
  const notes = [
    ...written.notes,
    ...(pending ? ['The Meet link is still in the making: read the event again later.'] : []),
  ];
  const note = notes.join(' ');
  return {
    structuredContent: {
      event: viewEvent(written.event, request.calendar, zone),
      changed: part,
      ...(note === '' ? {} : { note }),
    },
    text: `${CHANGED[part]}: ${eventInWords(written.event, zone)}.${note === '' ? '' : `\n${note}`}`,
  };
}

export function createUpdateevent(deps: UpdateDeps): Tool {
  async function run(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const request = readRequest(args);
    const calendar = deps.calendar.open(context.person, context.signal);
    const named = { calendar: request.calendar, eventId: text(args, 'eventId') };
    const target = await findTarget(calendar, named, optionalChoice(args, 'scope', SCOPES));
    const fresh = Buffer.from(deps.random.bytes(20)).toString('hex');
    const plain = plainChanges(request, target.event, fresh);
    const sendUpdates = readSendUpdates(args, hasGuests(target.event) || (plain.attendees?.length ?? 0) > 0);
    try {
      if (target.part === 'following') {
        const move = readSeriesMove(target.event, target.occurrence, request.times);
        const recurrence = givenRecurrence(request, target.event, {});
        const split = {
          calendar: request.calendar,
          target,
          changes: plain,
          recurrence,
          move,
          sendUpdates,
          id: `sp${fresh}`,
        };
        return answer(await splitSeries(calendar, split), request, 'following');
      }
      const where = { calendar: request.calendar, event: target.event };
      return answer(
        await change(calendar, where, changesOf(request, target, plain), sendUpdates),
        request,
        target.part,
      );
    } catch (error) {
      if (isAbsent(error))
        throw new AppError('gone', 'The event was deleted meanwhile: nothing was changed.', { cause: error });
      throw error;
    }
  }
  return { declaration: updateeventDeclaration, summarize: summarizeUpdate, run: answering(run) };
}
