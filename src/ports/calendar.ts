// A person's calendars, as far as the tools need them. Google's API is behind it; the words are those of iCalendar (RFC 5545).
// Every method rejects with AppError: `reconnect_required`, `not_found`, `gone` (deleted before), `conflict` (`details.reason` is
// `exists` or `changed`; `details.afterLoss` when an earlier answer to the same request was lost), `invalid_request`, `forbidden`, `rate_limited`, `upstream_failed`, `timed_out`. The last two carry
// `details.written`: `no` when nothing can have been written, `unknown` when the service may have acted before its answer was lost.

/** A whole day (`2026-11-24`), or a time: with an offset (RFC 3339), or local (`2026-11-24T15:00:00`) in an IANA zone. */
export type CalendarTime =
  | { readonly date: string }
  | { readonly dateTime: string; readonly timeZone?: string | undefined };

export interface CalendarAttendee {
  readonly email: string;
  readonly response?: string | undefined;
  readonly self?: boolean | undefined;
  readonly organizer?: boolean | undefined;
  readonly optional?: boolean | undefined;
  readonly resource?: boolean | undefined;
  readonly displayName?: string | undefined;
  /** What else the service keeps of a guest (a comment, guests of theirs, …), as it spells it: a list written anew keeps it. */
  readonly extras?: Readonly<Record<string, unknown>> | undefined;
}

export interface CalendarEvent {
  readonly id: string;
  readonly etag?: string | undefined;
  /** `confirmed`, `tentative` or `cancelled` (deleted). */
  readonly status: string;
  /** Where a person opens the event in a browser. */
  readonly link?: string | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly location?: string | undefined;
  /** The end is exclusive, for whole days too: one day ends on the next date. Absent only on cancelled occurrences. */
  readonly start?: CalendarTime | undefined;
  readonly end?: CalendarTime | undefined;
  readonly attendees: readonly CalendarAttendee[];
  readonly organizer?: string | undefined;
  /** RRULE, RDATE and EXDATE lines, on a series only. */
  readonly recurrence: readonly string[];
  /** The id of the series this is an occurrence of. */
  readonly seriesId?: string | undefined;
  /** When this occurrence would start had nobody moved it. */
  readonly originalStart?: CalendarTime | undefined;
  /** False where the calendar stays free during it. */
  readonly blocksTime: boolean;
  /** Where one joins the video meeting, whosever service it is. */
  readonly meetLink?: string | undefined;
  /** The meeting is another service's; it is among `extras` then. */
  readonly otherMeeting?: boolean | undefined;
  /** A video meeting was asked for and is not made yet. */
  readonly meetPending?: boolean | undefined;
  /** What the tools noted on the event for themselves; other people's copies do not have it. */
  readonly marks: Readonly<Record<string, string>>;
  /** What a copy of the event keeps although no tool sets it: reminders, colour, attachments, … As the service spells it. */
  readonly extras: Readonly<Record<string, unknown>>;
}

/** What a write sets. On a change, only members that are present change; `null` empties one. */
export interface CalendarEventInput {
  readonly summary?: string;
  readonly description?: string | null;
  readonly location?: string | null;
  readonly start?: CalendarTime;
  readonly end?: CalendarTime;
  /** The whole list. */
  readonly attendees?: readonly CalendarAttendee[];
  readonly recurrence?: readonly string[];
  /** Asks for a video meeting; the text is unique to this request, so that a repeated one makes no second meeting. */
  readonly meetRequestId?: string;
  readonly marks?: Readonly<Record<string, string>>;
  readonly extras?: Readonly<Record<string, unknown>>;
}

export type SendUpdates = 'all' | 'externalOnly' | 'none';

export interface CalendarEntry {
  readonly id: string;
  readonly summary?: string | undefined;
  readonly primary: boolean;
  /** `freeBusyReader`, `reader`, `writer` or `owner`. */
  readonly accessRole?: string | undefined;
  readonly timeZone?: string | undefined;
}

/** Milliseconds since 1970; the end is exclusive. */
export interface BusyPeriod {
  readonly calendar: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface FreeBusy {
  readonly busy: readonly BusyPeriod[];
  /** Each asked calendar that could not be read, with the service's word for why: never left out silently. */
  readonly errors: readonly { readonly calendar: string; readonly reason: string }[];
}

export interface EventQuery {
  readonly calendar: string;
  readonly timeMinMs?: number;
  readonly timeMaxMs?: number;
  readonly query?: string;
  readonly cursor?: string;
  readonly maxResults: number;
}

export interface WriteOptions {
  readonly sendUpdates: SendUpdates;
  /** Writes only over exactly this version; otherwise `conflict` with reason `changed`. */
  readonly etag?: string | undefined;
  /** The change makes times of day of whole days, or the other way. */
  readonly otherKind?: boolean;
}

/** The calendars of one person, for one call: `open` binds both. */
export interface PersonCalendar {
  listCalendars(page: { readonly cursor?: string; readonly maxResults: number }): Promise<{
    readonly calendars: readonly CalendarEntry[];
    readonly cursor?: string | undefined;
  }>;
  freeBusy(query: {
    readonly timeMinMs: number;
    readonly timeMaxMs: number;
    readonly calendars: readonly string[];
  }): Promise<FreeBusy>;
  /** Occurrences, not series, ordered by start. `timeZone` is the calendar's own. */
  listEvents(query: EventQuery): Promise<{
    readonly events: readonly CalendarEvent[];
    readonly cursor?: string | undefined;
    readonly timeZone?: string | undefined;
  }>;
  /** A deleted event may still be answered, with status `cancelled`. */
  getEvent(calendar: string, eventId: string): Promise<CalendarEvent>;
  /** The id is the caller's choice ([a-v0-9]{5,1024}), so that sending the request twice makes one event. */
  insertEvent(
    calendar: string,
    event: CalendarEventInput & { readonly id: string },
    options: WriteOptions,
  ): Promise<CalendarEvent>;
  changeEvent(
    calendar: string,
    eventId: string,
    changes: CalendarEventInput,
    options: WriteOptions,
  ): Promise<CalendarEvent>;
  deleteEvent(calendar: string, eventId: string, options: WriteOptions): Promise<void>;
  /** How many occurrences of a series, deleted ones included, were due before that time. */
  countOccurrencesBefore(calendar: string, seriesId: string, beforeMs: number): Promise<number>;
}

export interface CalendarPort {
  open(person: string, signal: AbortSignal): PersonCalendar;
}
