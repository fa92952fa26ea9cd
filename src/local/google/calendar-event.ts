import type { JsonObject } from './calendar-method.ts';
import { instanceStamp, lengthOf, type Moment, shift } from './moment.ts';

// An event as the stand-in keeps it. Records are never changed, only replaced by their next revision.

export type ResponseStatus = 'needsAction' | 'accepted' | 'declined' | 'tentative';

export interface Attendee {
  readonly email: string;
  readonly responseStatus: ResponseStatus;
  readonly displayName?: string;
  readonly optional?: boolean;
  readonly resource?: boolean;
  readonly comment?: string;
  readonly additionalGuests?: number;
}

/** Meet's, or another service's as its add-on wrote it. */
export type Conference =
  | {
      readonly requestId: string;
      /** Meet's `abc-defg-hij`. */
      readonly code: string;
    }
  | { readonly addOn: JsonObject };

export const meetCodeOf = ({ conference }: Pick<CalendarEvent, 'conference'>): string | undefined =>
  conference !== undefined && 'code' in conference ? conference.code : undefined;

export interface CalendarEvent {
  readonly id: string;
  /** The organiser's calendar. The event appears on its attendees' primary calendars too. */
  readonly calendarId: string;
  readonly status: 'confirmed' | 'tentative' | 'cancelled';
  readonly start: Moment;
  readonly end: Moment;
  /** Lines of RFC 5545; on the series itself only. */
  readonly recurrence?: readonly string[];
  /** The series that this is one instance of, and when it would have started. */
  readonly instanceOf?: { readonly seriesId: string; readonly originalStart: Moment };
  readonly attendees: readonly Attendee[];
  /** Title, place and the other plain properties, as given. */
  readonly fields: JsonObject;
  readonly conference?: Conference;
  readonly iCalUid: string;
  readonly creatorEmail: string;
  readonly sequence: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Grows with every write to the whole store, and so tells versions apart. */
  readonly revision: number;
  /** Calendars whose owner, as an attendee, has thrown it away. */
  readonly hiddenFrom: readonly string[];
}

export const etagOf = (event: CalendarEvent): string =>
  `"${event.updatedMs}${String(event.revision).padStart(6, '0')}"`;

export const isBusy = (event: CalendarEvent): boolean =>
  event.status !== 'cancelled' && event.fields['transparency'] !== 'transparent';

/** The instance of a series at one of its starts, as long as nothing sets it apart from the others. */
export function instanceAt(series: CalendarEvent, originalStart: Moment): CalendarEvent {
  const { recurrence: _lines, ...common } = series;
  return {
    ...common,
    id: `${series.id}_${instanceStamp(originalStart)}`,
    instanceOf: { seriesId: series.id, originalStart },
    start: originalStart,
    end: endAt(series, originalStart),
  };
}

/** RFC 5545 §3.8.5.3: every member lasts exactly as long as the first. The end keeps the name of its own zone. */
function endAt(series: CalendarEvent, start: Moment): Moment {
  const end = shift(start, lengthOf(series.start, series.end));
  if (end.kind !== 'instant' || series.end.kind !== 'instant' || series.end.timeZone === undefined) return end;
  return { ...end, timeZone: series.end.timeZone };
}
