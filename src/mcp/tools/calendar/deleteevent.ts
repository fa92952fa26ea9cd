import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarPort, PersonCalendar, SendUpdates } from '../../../ports/calendar.ts';
import { answering, preparing } from '../answering.ts';
import { optionalChoice, text } from '../arguments.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../tool.ts';
import { readCalendar, readSendUpdates } from './arguments.ts';
import { type ChangeTarget, describeTarget, findTarget, hasGuests, SCOPES } from './change-target.ts';
import { deleteeventDeclaration } from './declarations.ts';
import { eventInWords } from './event-view.ts';
import { isAbsent, mayHaveWritten } from './failures.ts';
import { endSeries } from './split-series.ts';
import { summarizeDelete } from './summaries.ts';

// Deletes an event, one occurrence, a whole series, or ends a series before an occurrence.

export interface DeleteDeps {
  readonly calendar: CalendarPort;
}

/** Gone is gone, whoever's request did it: this one was looked at a moment ago. */
async function deleteOnce(
  calendar: PersonCalendar,
  where: { readonly calendar: string; readonly eventId: string; readonly sendUpdates: SendUpdates },
): Promise<void> {
  try {
    await calendar.deleteEvent(where.calendar, where.eventId, { sendUpdates: where.sendUpdates });
  } catch (error) {
    if (isAbsent(error)) return;
    if (!mayHaveWritten(error)) throw error;
    if (await isStillThere(calendar, where, error)) {
      throw new AppError(error.code, `${error.message} The event is still in the calendar: try again.`, {
        cause: error,
      });
    }
  }
}

async function isStillThere(
  calendar: PersonCalendar,
  where: { readonly calendar: string; readonly eventId: string },
  lost: AppError,
): Promise<boolean> {
  try {
    return (await calendar.getEvent(where.calendar, where.eventId)).status !== 'cancelled';
  } catch (cause) {
    if (isAbsent(cause)) return false;
    throw new AppError(lost.code, `${lost.message} The event may have been deleted: look with getevent.`, { cause });
  }
}

const DELETED = {
  single: 'Deleted',
  this: 'Deleted only this occurrence of',
  following: 'Deleted this and all following occurrences of',
  all: 'Deleted the whole series',
} as const;

function answer(target: ChangeTarget, eventId: string): ToolResult {
  const shown = target.part === 'following' ? target.occurrence : target.event;
  return {
    structuredContent: { eventId, changed: target.part },
    text: `${DELETED[target.part]}${target.part === 'single' ? ':' : ''} ${eventInWords(shown)}.`,
  };
}

export function createDeleteevent(deps: DeleteDeps): Tool {
  function find(args: JsonObject, calendar: PersonCalendar): Promise<ChangeTarget> {
    const named = { calendar: readCalendar(args), eventId: text(args, 'eventId') };
    return findTarget(calendar, named, optionalChoice(args, 'scope', SCOPES));
  }

  async function run(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const calendarId = readCalendar(args);
    const calendar = deps.calendar.open(context.person, context.signal);
    const target = await find(args, calendar);
    const sendUpdates = readSendUpdates(args, hasGuests(target.event));
    if (target.part === 'following') await endSeries(calendar, { calendar: calendarId, target, sendUpdates });
    else await deleteOnce(calendar, { calendar: calendarId, eventId: target.event.id, sendUpdates });
    return answer(target, text(args, 'eventId'));
  }

  const prepare = preparing(async (args, context) => {
    const target = await find(args, deps.calendar.open(context.person, context.signal));
    return summarizeDelete(args, describeTarget(target));
  });
  return {
    declaration: deleteeventDeclaration,
    summarize: (args) => summarizeDelete(args),
    undo: 'Restore it from the calendar’s bin in Google Calendar within 30 days.',
    prepare,
    run: answering(run),
  };
}
