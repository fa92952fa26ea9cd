import { AppError } from '../../../kernel/app-error.ts';
import type { TeeTimeProvider } from '../../../ports/tee-times.ts';
import { answering } from '../answering.ts';
import { count, optionalText, text } from '../arguments.ts';
import type { Tool } from '../tool.ts';
import { createGolfBookTeeTime } from './book-tee-time.ts';
import { golfGetReservationsDeclaration, golfSearchTeeTimesDeclaration, MAX_FOUND } from './declarations.ts';
import { inWords, playersText, priceText, viewReservation, viewTeeTime } from './words.ts';

// The golf toolset. For whom is said by the door that let the call in, never by an argument.

export interface GolfToolDeps {
  readonly teeTimes: TeeTimeProvider;
}

/** The pattern lets 31 February in. */
function demandDate(date: string): string {
  const ms = Date.parse(`${date}T00:00Z`);
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)) return date;
  throw new AppError('invalid_request', `${date} is no day of the calendar.`);
}

function createGolfGetReservations({ teeTimes }: GolfToolDeps): Tool {
  return {
    declaration: golfGetReservationsDeclaration,
    run: answering(async (args, { person, signal }) => {
      const from = optionalText(args, 'from');
      const found = await teeTimes.reservations(person, from === undefined ? undefined : demandDate(from), signal);
      const lines = found.map((one) => `${inWords(one)}, ${playersText(one.players)}, reference ${one.reference}`);
      const none =
        from === undefined ? 'No tee times are reserved from now on.' : `No tee times are reserved from ${from} on.`;
      return {
        structuredContent: { reservations: found.map(viewReservation) },
        text: lines.length === 0 ? none : lines.join('\n'),
      };
    }),
  };
}

function createGolfSearchTeeTimes({ teeTimes }: GolfToolDeps): Tool {
  return {
    declaration: golfSearchTeeTimesDeclaration,
    run: answering(async (args, { signal }) => {
      const from = optionalText(args, 'from');
      const to = optionalText(args, 'to');
      const course = optionalText(args, 'course');
      if (from !== undefined && to !== undefined && to < from) {
        throw new AppError('invalid_request', 'to is before from: both are times of the one day.');
      }
      const search = {
        date: demandDate(text(args, 'date')),
        players: count(args, 'players', 1),
        limit: MAX_FOUND,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(course === undefined ? {} : { course }),
      };
      const found = await teeTimes.search(search, signal);
      const lines = found.teeTimes.map(
        (one) =>
          `${inWords(one)}, ${one.openSpots} open${one.price === undefined ? '' : `, ${priceText(one.price)} each`}: ${one.id}`,
      );
      const more = found.more ? ['There are others: narrow the search.'] : [];
      return {
        structuredContent: { teeTimes: found.teeTimes.map(viewTeeTime), more: found.more },
        text: lines.length === 0 ? 'No tee times are open then.' : [...lines, ...more].join('\n'),
      };
    }),
  };
}

export function createGolfTools(deps: GolfToolDeps): readonly Tool[] {
  return [createGolfGetReservations(deps), createGolfSearchTeeTimes(deps), createGolfBookTeeTime(deps)];
}
