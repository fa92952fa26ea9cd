import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarAttendee, CalendarEvent, CalendarEventInput, SendUpdates } from '../../../ports/calendar.ts';
import { flag, optionalText, optionalTexts } from '../arguments.ts';
import type { JsonObject } from '../tool.ts';
import { readCalendar, readSendUpdates } from './arguments.ts';
import { type ChangeTarget, hasGuests } from './change-target.ts';
import {
  changesTimes,
  moveSeries,
  moveSingle,
  readSeriesMove,
  recurrenceZone,
  type TimeArguments,
} from './change-times.ts';
import { readZone } from './event-times.ts';
import { moveRecurrence, readRecurrence } from './recurrence.ts';
import type { SeriesSplit } from './split-series.ts';

// What a change will write, worked out from the arguments and the event as it is. Nothing is written here, so the same plan serves
// the person who is asked beforehand.

export interface ChangeRequest {
  readonly calendar: string;
  readonly args: JsonObject;
  readonly times: TimeArguments;
  /** Lines as given; what they mean depends on the event's kind. */
  readonly recurrence: readonly string[] | undefined;
  readonly meet: boolean;
}

export function readRequest(args: JsonObject): ChangeRequest {
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
    ...(request.meet && event.meetLink === undefined && event.otherMeeting !== true ? { meetRequestId } : {}),
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
  const recurrence = given ?? (moved && moveRecurrence(target.event.recurrence, moved));
  return { ...plain, ...moveSeries(target.event, move), ...(recurrence === undefined ? {} : { recurrence }) };
}

function givenRecurrence(
  request: ChangeRequest,
  event: CalendarEvent,
  times: Pick<CalendarEventInput, 'start'>,
): readonly string[] | undefined {
  return request.recurrence && readRecurrence(request.recurrence, recurrenceZone(event, times));
}

export type ChangePlan =
  | { readonly kind: 'split'; readonly request: ChangeRequest; readonly split: SeriesSplit }
  | {
      readonly kind: 'change';
      readonly request: ChangeRequest;
      readonly target: Exclude<ChangeTarget, { part: 'following' }>;
      readonly changes: CalendarEventInput;
      readonly sendUpdates: SendUpdates;
    };

/** `fresh` is random text for a new series' id and a new meeting. */
export function planChange(request: ChangeRequest, target: ChangeTarget, fresh: string): ChangePlan {
  const plain = plainChanges(request, target.event, fresh);
  const sendUpdates = readSendUpdates(request.args, hasGuests(target.event) || (plain.attendees?.length ?? 0) > 0);
  if (target.part !== 'following') {
    return { kind: 'change', request, target, changes: changesOf(request, target, plain), sendUpdates };
  }
  const split = {
    calendar: request.calendar,
    target,
    changes: plain,
    recurrence: givenRecurrence(request, target.event, {}),
    move: readSeriesMove(target.event, target.occurrence, request.times),
    sendUpdates,
    id: `sp${fresh}`,
  };
  return { kind: 'split', request, split };
}
