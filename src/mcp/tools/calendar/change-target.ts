import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarEvent, PersonCalendar } from '../../../ports/calendar.ts';
import { eventInWords, placeTime } from './event-view.ts';
import type { SplitPoint } from './recurrence.ts';
import type { KnownTarget } from './summaries.ts';
import { toWall } from './zone.ts';

// Which part of what an id and a scope mean. An occurrence alone is never widened to its series, and a series is never touched
// without the word for it: deleting ten years of meetings must not hang on which of two ids a model happened to pass.

export type Scope = 'this' | 'following' | 'all';
export const SCOPES = ['this', 'following', 'all'] as const satisfies readonly Scope[];

export type ChangeTarget =
  | { readonly part: 'single' | 'this'; readonly event: CalendarEvent }
  /** `occurrence` is the one that the id named, if it named one. */
  | { readonly part: 'all'; readonly event: CalendarEvent; readonly occurrence?: CalendarEvent }
  | {
      readonly part: 'following';
      readonly event: CalendarEvent;
      readonly occurrence: CalendarEvent;
      readonly split: SplitPoint;
    };

async function getLiving(calendar: PersonCalendar, calendarId: string, eventId: string): Promise<CalendarEvent> {
  const event = await calendar.getEvent(calendarId, eventId);
  if (event.status !== 'cancelled') return event;
  throw new AppError('gone', 'This event was deleted before: nothing was changed.');
}

function splitAt(series: CalendarEvent, occurrence: CalendarEvent): SplitPoint {
  const at = placeTime(occurrence.originalStart ?? occurrence.start);
  const first = placeTime(series.start);
  if (at === undefined || first === undefined)
    throw new AppError('upstream_failed', 'Google sent a series without its times.');
  return { instantMs: at.instantMs, wallMs: toWall(at.instantMs, first.zone), allDay: at.allDay };
}

export async function findTarget(
  calendar: PersonCalendar,
  named: { readonly calendar: string; readonly eventId: string },
  scope: Scope | undefined,
): Promise<ChangeTarget> {
  const event = await getLiving(calendar, named.calendar, named.eventId);
  if (event.recurrence.length > 0) {
    if (scope === 'all') return { part: 'all', event };
    throw new AppError(
      'invalid_request',
      scope === undefined
        ? 'This is a repeating event: pass scope all for the whole series, or an occurrence’s id from listevents.'
        : `scope ${scope} needs the id of an occurrence, which listevents gives; this is the id of the series.`,
    );
  }
  if (event.seriesId === undefined) return { part: 'single', event };
  if (scope === undefined || scope === 'this') return { part: 'this', event };
  const series = await getLiving(calendar, named.calendar, event.seriesId);
  if (scope === 'all') return { part: 'all', event: series, occurrence: event };
  const split = splitAt(series, event);
  const first = placeTime(series.start)?.instantMs ?? 0;
  // From the first occurrence on is the whole series: there would be nothing left to keep.
  if (split.instantMs <= first) return { part: 'all', event: series, occurrence: event };
  return { part: 'following', event: series, occurrence: event, split };
}

/** Whether anybody else would get mail. */
export function hasGuests(event: CalendarEvent): boolean {
  return event.attendees.some((attendee) => attendee.self !== true && attendee.resource !== true);
}

/** For the person who approves: the event as they know it, not its id. */
export function describeTarget(target: ChangeTarget): KnownTarget {
  const shown = target.part === 'following' ? target.occurrence : target.event;
  return { words: eventInWords(shown), part: target.part, hasGuests: hasGuests(target.event) };
}
