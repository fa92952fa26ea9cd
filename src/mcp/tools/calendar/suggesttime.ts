import { AppError } from '../../../kernel/app-error.ts';
import { answering } from '../answering.ts';
import { count, optionalText, optionalTexts, text } from '../arguments.ts';
import type { JsonObject, Tool } from '../tool.ts';
import { suggesttimeDeclaration } from './declarations.ts';
import { readRange } from './event-times.ts';
import { type ReadDeps, readCalendars, unreadable } from './reads.ts';
import { findSlots, type WorkingHours } from './slots.ts';
import { spanInWords } from './words.ts';
import { DAY_MS, formatInstant } from './zone.ts';

// Free times for everybody. A calendar that cannot be read makes the answer unknown, so it is refused, never left out.

const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const WORKING_DAYS = ['mon', 'tue', 'wed', 'thu', 'fri'];
/** Google expands free/busy over some three months at most. */
const MAX_RANGE_MS = 93 * DAY_MS;

function minutes(clock: string): number {
  const [hour = '0', minute = '0'] = clock.split(':');
  return Number(hour) * 60 + Number(minute);
}

function readWorkingHours(args: JsonObject): WorkingHours {
  const given = args['workingHours'];
  const hours: JsonObject = typeof given === 'object' && given !== null ? { ...given } : {};
  const startMinute = minutes(optionalText(hours, 'start') ?? '09:00');
  const endMinute = minutes(optionalText(hours, 'end') ?? '17:00');
  if (endMinute <= startMinute) throw new AppError('invalid_request', 'workingHours.end must be later than its start.');
  const days = optionalTexts(hours, 'days') ?? WORKING_DAYS;
  return { startMinute, endMinute, days: new Set(days.map((day) => DAY_NAMES.indexOf(day))) };
}

export function createSuggesttime(deps: ReadDeps): Tool {
  return {
    declaration: suggesttimeDeclaration,
    run: answering(async (args, context) => {
      const range = readRange(text(args, 'timeMin'), text(args, 'timeMax'), optionalText(args, 'timeZone'));
      if (range.endMs - range.startMs > MAX_RANGE_MS) {
        throw new AppError('invalid_request', 'timeMin and timeMax may be at most 93 days apart.');
      }
      const hours = readWorkingHours(args);
      const now = deps.clock.nowMs();
      // Nobody can meet in the past; a range that lies there as a whole was meant as it is.
      const startMs = now > range.startMs && now < range.endMs ? now : range.startMs;
      const { busy, errors } = await deps.calendar
        .open(context.person, context.signal)
        .freeBusy({ timeMinMs: startMs, timeMaxMs: range.endMs, calendars: readCalendars(args) });
      if (errors.length > 0) {
        throw new AppError(
          'not_found',
          `Not every calendar can be read, so no time is surely free: ${unreadable(errors)}.`,
        );
      }
      const found = findSlots({
        startMs,
        endMs: range.endMs,
        busy,
        durationMs: count(args, 'durationMinutes') * 60_000,
        hours,
        zone: range.zone,
        maxSlots: count(args, 'maxResults', 10),
      });
      const slots = found.map((slot) => ({
        start: formatInstant(slot.startMs, range.zone),
        end: formatInstant(slot.endMs, range.zone),
      }));
      const lines = found.map((slot) => spanInWords({ ...slot, allDay: false }, range.zone));
      const head = slots.length === 0 ? 'No such time is free within the working hours.' : `Free (${range.zone.name}):`;
      return { structuredContent: { slots, timeZone: range.zone.name }, text: [head, ...lines].join('\n') };
    }),
  };
}
