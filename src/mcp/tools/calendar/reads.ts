import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarPort, FreeBusy } from '../../../ports/calendar.ts';
import type { Clock } from '../../../ports/clock.ts';
import { answering } from '../answering.ts';
import { count, optionalText, optionalTexts, text } from '../arguments.ts';
import type { Tool } from '../tool.ts';
import { readCalendar } from './arguments.ts';
import {
  freebusyDeclaration,
  geteventDeclaration,
  listcalendarsDeclaration,
  listeventsDeclaration,
} from './declarations.ts';
import { readBound, readRange, readZone } from './event-times.ts';
import { eventInWords, viewEvent } from './event-view.ts';
import { spanInWords } from './words.ts';
import { findZone, formatInstant } from './zone.ts';

// The tools that only look.

export interface ReadDeps {
  readonly calendar: CalendarPort;
  readonly clock: Clock;
}

const cursorOf = (cursor: string | undefined): { cursor?: string } => (cursor === undefined ? {} : { cursor });

export const readCalendars = (args: Parameters<Tool['run']>[0]): readonly string[] =>
  optionalTexts(args, 'calendars') ?? ['primary'];

/** Names every calendar that could not be read; none of them readable is a failure, not an empty answer. */
export function unreadable(errors: FreeBusy['errors']): string {
  return errors.map(({ calendar, reason }) => `${calendar} (${reason})`).join(', ');
}

export function createFreebusy(deps: ReadDeps): Tool {
  return {
    declaration: freebusyDeclaration,
    run: answering(async (args, context) => {
      const { startMs, endMs, zone } = readRange(
        text(args, 'timeMin'),
        text(args, 'timeMax'),
        optionalText(args, 'timeZone'),
      );
      const calendars = readCalendars(args);
      const result = await deps.calendar
        .open(context.person, context.signal)
        .freeBusy({ timeMinMs: startMs, timeMaxMs: endMs, calendars });
      const failed = new Set(result.errors.map((error) => error.calendar));
      if (calendars.every((calendar) => failed.has(calendar))) {
        throw new AppError('not_found', `None of the calendars can be read: ${unreadable(result.errors)}.`);
      }
      const busy = result.busy.map((period) => ({
        calendar: period.calendar,
        start: formatInstant(period.startMs, zone),
        end: formatInstant(period.endMs, zone),
      }));
      const lines = result.busy.map(
        (period) => `${period.calendar}: ${spanInWords({ ...period, allDay: false }, zone)}`,
      );
      const unknown = result.errors.length === 0 ? [] : [`Not known: ${unreadable(result.errors)}.`];
      const head = busy.length === 0 ? `Free the whole time (${zone.name}).` : `Busy (${zone.name}):`;
      return {
        structuredContent: { busy, errors: result.errors, timeZone: zone.name },
        text: [head, ...lines, ...unknown].join('\n'),
      };
    }),
  };
}

export function createListcalendars(deps: ReadDeps): Tool {
  return {
    declaration: listcalendarsDeclaration,
    run: answering(async (args, context) => {
      const page = { ...cursorOf(optionalText(args, 'cursor')), maxResults: count(args, 'maxResults', 100) };
      const { calendars, cursor } = await deps.calendar.open(context.person, context.signal).listCalendars(page);
      const lines = calendars.map(
        ({ id, summary, primary }) => `${summary ?? id} (${primary ? 'primary, ' : ''}${id})`,
      );
      return {
        // Members that are absent stay out: JSON has no undefined, and neither has the output schema.
        structuredContent: { calendars: calendars.map((entry) => ({ ...dropAbsent(entry) })), ...cursorOf(cursor) },
        text: [...(lines.length === 0 ? ['No calendars.'] : lines), ...more(cursor)].join('\n'),
      };
    }),
  };
}

const dropAbsent = (record: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const more = (cursor: string | undefined): readonly string[] =>
  cursor === undefined ? [] : ['There are more: pass cursor.'];

export function createListevents(deps: ReadDeps): Tool {
  return {
    declaration: listeventsDeclaration,
    run: answering(async (args, context) => {
      const zone = readZone(optionalText(args, 'timeZone'));
      const query = optionalText(args, 'query');
      const from = readBound('timeMin', optionalText(args, 'timeMin'), zone);
      const fromNow = from === undefined && query === undefined;
      const given = optionalText(args, 'cursor');
      const place = fromNow ? readPlace(given, deps.clock.nowMs()) : { timeMinMs: from, cursor: given };
      const { timeMinMs } = place;
      const timeMaxMs = readUpperBound(args, zone);
      if (timeMinMs !== undefined && timeMaxMs !== undefined && timeMaxMs <= timeMinMs) {
        throw new AppError(
          'invalid_request',
          'timeMax must be later than timeMin, and than now when there is no timeMin.',
        );
      }
      const calendar = readCalendar(args);
      const found = await deps.calendar.open(context.person, context.signal).listEvents({
        calendar,
        ...(timeMinMs === undefined ? {} : { timeMinMs }),
        ...(timeMaxMs === undefined ? {} : { timeMaxMs }),
        ...(query === undefined ? {} : { query }),
        ...cursorOf(place.cursor),
        maxResults: count(args, 'maxResults', 50),
      });
      const next = found.cursor !== undefined && fromNow ? `${timeMinMs}~${found.cursor}` : found.cursor;
      const shown = zone ?? (found.timeZone === undefined ? undefined : findZone(found.timeZone));
      const lines = found.events.map((event) => `${eventInWords(event, shown)} [${event.id}]`);
      return {
        structuredContent: {
          events: found.events.map((event) => viewEvent(event, calendar, shown)),
          ...cursorOf(next),
          ...(shown === undefined ? {} : { timeZone: shown.name }),
        },
        text: [...(lines.length === 0 ? ['No events.'] : lines), ...more(found.cursor)].join('\n'),
      };
    }),
  };
}

/** A page goes on from the same "now" as the first one: Google takes its cursors only with the query that they came of. */
function readPlace(given: string | undefined, nowMs: number): { timeMinMs: number; cursor: string | undefined } {
  const [, fromMs, cursor] = /^(\d{1,15})~(.+)$/s.exec(given ?? '') ?? [];
  return fromMs === undefined ? { timeMinMs: nowMs, cursor: given } : { timeMinMs: Number(fromMs), cursor };
}

/** With both bounds the range's own rule holds: the same date twice means that day. */
function readUpperBound(args: Parameters<Tool['run']>[0], zone: ReturnType<typeof readZone>): number | undefined {
  const timeMin = optionalText(args, 'timeMin');
  const timeMax = optionalText(args, 'timeMax');
  if (timeMin !== undefined && timeMax !== undefined) return readRange(timeMin, timeMax, zone?.name).endMs;
  return readBound('timeMax', timeMax, zone);
}

export function createGetevent(deps: ReadDeps): Tool {
  return {
    declaration: geteventDeclaration,
    run: answering(async (args, context) => {
      const zone = readZone(optionalText(args, 'timeZone'));
      const calendar = readCalendar(args);
      const event = await deps.calendar.open(context.person, context.signal).getEvent(calendar, text(args, 'eventId'));
      if (event.status === 'cancelled') throw new AppError('gone', 'This event was deleted.');
      return { structuredContent: { event: viewEvent(event, calendar, zone) }, text: eventInWords(event, zone) };
    }),
  };
}
