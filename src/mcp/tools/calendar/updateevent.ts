import { AppError } from '../../../kernel/app-error.ts';
import type {
  CalendarEvent,
  CalendarEventInput,
  CalendarPort,
  PersonCalendar,
  SendUpdates,
} from '../../../ports/calendar.ts';
import type { Random } from '../../../ports/random.ts';
import { answering, preparing } from '../answering.ts';
import { optionalChoice, text } from '../arguments.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../tool.ts';
import { type ChangePlan, type ChangeRequest, planChange, readRequest } from './change-plan.ts';
import { type ChangeTarget, describeTarget, findTarget, SCOPES } from './change-target.ts';
import { updateeventDeclaration } from './declarations.ts';
import { readZone } from './event-times.ts';
import { differences, eventInWords, viewEvent } from './event-view.ts';
import { followsLoss, isAbsent, isConflict, mayHaveWritten } from './failures.ts';
import { readBack, type Written } from './read-back.ts';
import { splitSeries } from './split-series.ts';
import { summarizeUpdate } from './summaries.ts';

// Changes an event, or the named part of a series. Every write names the version it changes (If-Match): what somebody else changed
// meanwhile is not overwritten, and a request repeated after its answer was lost is recognised by what it left behind.

export interface UpdateDeps {
  readonly calendar: CalendarPort;
  readonly random: Random;
}

function changesKind({ start: old }: CalendarEvent, { start }: CalendarEventInput): boolean {
  return old !== undefined && start !== undefined && 'date' in old !== 'date' in start;
}

interface Place {
  readonly calendar: string;
  /** As it was when the change was worked out. */
  readonly event: CalendarEvent;
}

/** The event is not the version that was to be changed: either this very call's lost request did it, or somebody else. Else rejects. */
async function resolveConflict(
  calendar: PersonCalendar,
  { calendar: calendarId, event: before }: Place,
  changes: CalendarEventInput,
  conflict: unknown,
): Promise<Written> {
  let now: CalendarEvent;
  try {
    now = await calendar.getEvent(calendarId, before.id);
  } catch (cause) {
    if (!(cause instanceof AppError) || isAbsent(cause)) throw cause;
    const state = followsLoss(conflict)
      ? 'The change may have been made, or somebody else changed the event meanwhile: look with getevent.'
      : 'Not changed: the event was changed by somebody else meanwhile. How it is now could not be read.';
    throw new AppError('conflict', state, { cause });
  }
  if (differences(changes, now, before).length === 0) return { event: now, notes: [] };
  throw new AppError(
    'conflict',
    `Not changed: the event was changed by somebody else meanwhile. It is now ${eventInWords(now)}.`,
  );
}

/** Google never said whether it changed the event. Looking for the change says it. */
async function resolveLost(
  calendar: PersonCalendar,
  { calendar: calendarId, event: before }: Place,
  changes: CalendarEventInput,
  lost: AppError,
): Promise<Written> {
  const now = await calendar.getEvent(calendarId, before.id).catch(() => undefined);
  if (now !== undefined && differences(changes, now, before).length === 0) {
    return { event: now, notes: ['Google’s answer was lost; the change was found made.'] };
  }
  const state =
    now === undefined ? 'The change may have been made: look with getevent.' : 'The change is not in the calendar now.';
  throw new AppError(lost.code, `${lost.message} ${state}`, { cause: lost });
}

/** Sends the change and answers with what is then in the calendar. */
async function change(
  calendar: PersonCalendar,
  where: Place,
  changes: CalendarEventInput,
  sendUpdates: SendUpdates,
): Promise<Written> {
  const { id, etag } = where.event;
  const otherKind = changesKind(where.event, changes);
  let written: CalendarEvent;
  try {
    written = await calendar.changeEvent(where.calendar, id, changes, { sendUpdates, etag, otherKind });
  } catch (error) {
    if (isConflict(error, 'changed')) return resolveConflict(calendar, where, changes, error);
    if (mayHaveWritten(error)) return resolveLost(calendar, where, changes, error);
    throw error;
  }
  return readBack(calendar, { calendar: where.calendar, asked: changes, written, before: where.event });
}

const CHANGED = {
  single: 'Changed',
  this: 'Changed only this occurrence',
  following: 'Changed this and all following occurrences',
  all: 'Changed the whole series',
} as const;

function answer(written: Written, request: ChangeRequest, part: ChangeTarget['part']): ToolResult {
  const zone = readZone(request.times.timeZone);
  const pending = request.meet && written.event.meetLink === undefined && written.event.meetPending === true;
  const notes = [
    ...written.notes,
    ...(request.meet && written.event.otherMeeting === true
      ? ['No Meet link was added: the event keeps its meeting of another service.']
      : []),
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
  async function look(args: JsonObject, context: ToolContext): Promise<ChangePlan & { calendar: PersonCalendar }> {
    const request = readRequest(args);
    const calendar = deps.calendar.open(context.person, context.signal);
    const named = { calendar: request.calendar, eventId: text(args, 'eventId') };
    const target = await findTarget(calendar, named, optionalChoice(args, 'scope', SCOPES));
    const fresh = Buffer.from(deps.random.bytes(20)).toString('hex');
    return { calendar, ...planChange(request, target, fresh) };
  }

  async function run(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const plan = await look(args, context);
    const { calendar, request } = plan;
    try {
      if (plan.kind === 'split') return answer(await splitSeries(calendar, plan.split), request, 'following');
      const { target, changes } = plan;
      const where = { calendar: request.calendar, event: target.event };
      return answer(await change(calendar, where, changes, plan.sendUpdates), request, target.part);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      throw new AppError('gone', 'The event was deleted meanwhile: nothing was changed.', { cause: error });
    }
  }

  const prepare = preparing(async (args, context) => {
    const plan = await look(args, context);
    return summarizeUpdate(args, describeTarget(plan.kind === 'split' ? plan.split.target : plan.target));
  });
  return {
    declaration: updateeventDeclaration,
    summarize: (args) => summarizeUpdate(args),
    undo: 'Change the event back; what it said before is not kept.',
    prepare,
    run: answering(run),
  };
}
