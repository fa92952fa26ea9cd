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
import { isAbsent, isConflict, mayHaveWritten } from './failures.ts';
import { splitSeries } from './split-series.ts';
import { summarizeUpdate } from './summaries.ts';

// Changes an event, or the named part of a series. Every write names the version it changes (If-Match): what somebody else changed
// meanwhile is not overwritten, and a request repeated after its answer was lost is recognised by what it left behind.

export interface UpdateDeps {
  readonly calendar: CalendarPort;
  readonly random: Random;
}

interface Written {
  readonly event: CalendarEvent;
  readonly notes: readonly string[];
}

function changesKind({ start: old }: CalendarEvent, { start }: CalendarEventInput): boolean {
  return old !== undefined && start !== undefined && 'date' in old !== 'date' in start;
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
  const otherKind = changesKind(where.event, changes);
  try {
    await calendar.changeEvent(where.calendar, id, changes, { sendUpdates, etag, otherKind });
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
