import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarEvent, CalendarEventInput, PersonCalendar, SendUpdates } from '../../../ports/calendar.ts';
import type { ChangeTarget } from './change-target.ts';
import { type SeriesMove, seriesLength, seriesTimes } from './change-times.ts';
import { differences } from './event-view.ts';
import { followsLoss, isAbsent, isConflict, mayHaveWritten } from './failures.ts';
import { readBack, type Written } from './read-back.ts';
import { endBefore, goOnFrom, hasCount, moveRecurrence } from './recurrence.ts';

// "This and following" is two series (https://developers.google.com/calendar/recurringevents): the old one ends before the
// split, a new one goes on from it. The new one is made first: whatever fails then, no meeting is lost, and the new one is taken back.

type FollowingTarget = Extract<ChangeTarget, { part: 'following' }>;

export interface SeriesSplit {
  readonly calendar: string;
  readonly target: FollowingTarget;
  /** Everything but times and rule. */
  readonly changes: CalendarEventInput;
  /** A new rule, if one was given. */
  readonly recurrence: readonly string[] | undefined;
  readonly move: SeriesMove | undefined;
  readonly sendUpdates: SendUpdates;
  /** Of the new series; repeated requests meet the same one. */
  readonly id: string;
}

const LOST_EXCEPTIONS = 'Later occurrences that had been changed or deleted one by one follow the new series again.';

async function restOfRule(calendar: PersonCalendar, split: SeriesSplit): Promise<readonly string[]> {
  const { event: old, split: at } = split.target;
  const used = hasCount(old.recurrence)
    ? await calendar.countOccurrencesBefore(split.calendar, old.id, at.instantMs)
    : 0;
  const rest = goOnFrom(old.recurrence, at, used);
  return split.move === undefined ? rest : moveRecurrence(rest, split.move);
}

async function newSeries(
  calendar: PersonCalendar,
  split: SeriesSplit,
): Promise<CalendarEventInput & { readonly id: string }> {
  const { event: old, split: at } = split.target;
  const { move } = split;
  return {
    id: split.id,
    extras: old.extras,
    ...(old.summary === undefined ? {} : { summary: old.summary }),
    ...(old.description === undefined ? {} : { description: old.description }),
    ...(old.location === undefined ? {} : { location: old.location }),
    ...(old.attendees.length === 0 ? {} : { attendees: old.attendees }),
    // The old series keeps its Meet link; the new one gets one of its own. Another service's meeting goes along with the extras.
    ...(old.meetLink === undefined || old.otherMeeting === true ? {} : { meetRequestId: split.id }),
    ...split.changes,
    ...seriesTimes(old, at.wallMs + (move?.byMs ?? 0), move?.lengthMs ?? seriesLength(old)),
    recurrence: split.recurrence ?? (await restOfRule(calendar, split)),
  };
}

/**
 * Ends a series before an occurrence, also when only its answer was lost. Rejects with `details.written` `unknown` only where nobody
 * can say whether it ended.
 */
export async function endSeries(
  calendar: PersonCalendar,
  where: { readonly calendar: string; readonly target: FollowingTarget; readonly sendUpdates: SendUpdates },
): Promise<void> {
  const { event: old, split: at } = where.target;
  const changes = { recurrence: endBefore(old.recurrence, at) };
  try {
    await calendar.changeEvent(where.calendar, old.id, changes, { sendUpdates: where.sendUpdates, etag: old.etag });
  } catch (error) {
    if (!mayHaveWritten(error) && !isConflict(error, 'changed')) throw error;
    if (await hasEnded(calendar, where, changes, error)) return;
    throw new AppError(error.code, error.message, { cause: error });
  }
}

async function hasEnded(
  calendar: PersonCalendar,
  where: { readonly calendar: string; readonly target: FollowingTarget },
  changes: CalendarEventInput,
  failed: AppError,
): Promise<boolean> {
  try {
    return differences(changes, await calendar.getEvent(where.calendar, where.target.event.id)).length === 0;
  } catch (cause) {
    if (!(cause instanceof AppError) || isAbsent(cause)) throw cause;
    if (isConflict(failed, 'changed') && !followsLoss(failed)) return false;
    const message = `${failed.message} The old series may have been ended: look with getevent.`;
    throw new AppError(failed.code, message, { cause, details: { written: 'unknown' } });
  }
}

/** The new series, made once. The id is fresh: if it exists, a repeated request of this very call made it. */
async function insertOnce(
  calendar: PersonCalendar,
  split: SeriesSplit,
  event: CalendarEventInput & { readonly id: string },
): Promise<CalendarEvent> {
  try {
    return await calendar.insertEvent(split.calendar, event, { sendUpdates: split.sendUpdates });
  } catch (error) {
    if (!mayHaveWritten(error) && !isConflict(error, 'exists')) throw error;
    try {
      return await calendar.getEvent(split.calendar, event.id);
    } catch (cause) {
      if (!(cause instanceof AppError) || isAbsent(cause)) throw error;
      throw new AppError(
        cause.code,
        `The series is as it was, but a new one (${event.id}) may have been made beside it: look with getevent and delete it.`,
        { cause },
      );
    }
  }
}

export async function splitSeries(calendar: PersonCalendar, split: SeriesSplit): Promise<Written> {
  const asked = await newSeries(calendar, split);
  const written = await insertOnce(calendar, split, asked);
  try {
    await endSeries(calendar, split);
  } catch (error) {
    await takeBack(calendar, split, error);
  }
  const { event, notes } = await readBack(calendar, { calendar: split.calendar, asked, written });
  return { event, notes: [LOST_EXCEPTIONS, ...notes] };
}

/** The old series could not be ended, so the new one must not stay beside it. Always rejects. */
async function takeBack(calendar: PersonCalendar, split: SeriesSplit, error: unknown): Promise<never> {
  // An old one that did end would leave nothing of the meetings: twice is mended more easily than never.
  if (mayHaveWritten(error)) {
    throw new AppError(
      error.code,
      `The series may have been split: the new one (${split.id}) is there. ${error.message}`,
      { cause: error },
    );
  }
  try {
    await calendar.deleteEvent(split.calendar, split.id, { sendUpdates: split.sendUpdates });
  } catch (cause) {
    throw new AppError(
      'upstream_failed',
      `The series could not be split: the old one still goes on, and the new one (${split.id}) could not be removed. Delete one.`,
      { cause },
    );
  }
  if (!(error instanceof AppError)) throw error;
  throw new AppError(error.code, `The series is as it was: it could not be split. ${error.message}`, { cause: error });
}
