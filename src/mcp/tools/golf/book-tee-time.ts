import { AppError } from '../../../kernel/app-error.ts';
import type { ReserveRequest, TeeReservation, TeeTime, TeeTimeProvider } from '../../../ports/tee-times.ts';
import { answering, failure } from '../answering.ts';
import { count, optionalText, text } from '../arguments.ts';
import type { JsonObject, Preparation, Tool, ToolContext, ToolResult } from '../tool.ts';
import { golfBookTeeTimeDeclaration } from './declarations.ts';
import { inWords, playersText, priceText, readPrice, totalText, viewReservation } from './words.ts';

// Reserves a tee time once. The reservation is named by the person and the tee time, so a repeated call, a repeated request and an answer
// lost after the commit all end at the same one. It is made at the price that the person has said yes to, or not at all.

const FOUND_RESERVED = 'The answer was lost; the reservation was found made.';

function readRequest(args: JsonObject, person: string): ReserveRequest {
  const price = optionalText(args, 'price');
  return {
    person,
    teeTimeId: text(args, 'teeTimeId'),
    players: count(args, 'players'),
    ...(price === undefined ? {} : { price: readPrice(price) }),
  };
}

function answer(reservation: TeeReservation, replayed: boolean, notes: readonly string[] = []): ToolResult {
  const note = notes.join(' ');
  const head = replayed ? 'Already reserved' : 'Reserved';
  const line = `${head}: ${inWords(reservation)}, ${playersText(reservation.players)}. Reference ${reservation.reference}.`;
  return {
    structuredContent: { reservation: viewReservation(reservation), replayed, ...(note === '' ? {} : { note }) },
    text: note === '' ? line : `${line}\n${note}`,
  };
}

function otherPlayers(standing: TeeReservation, players: number): AppError {
  const { players: reserved } = standing;
  return new AppError(
    'conflict',
    `This tee time is already reserved for ${playersText(reserved)}, not for ${players}.`,
  );
}

/** What is wrong with booking this tee time on these terms. */
function demandFit(found: TeeTime, { players, price }: ReserveRequest): void {
  if (found.openSpots < players) {
    throw new AppError(
      'conflict',
      `Not reserved: ${found.openSpots} of the spots are left. Search for another tee time.`,
    );
  }
  const asked = price === undefined ? undefined : priceText(price);
  const actual = found.price === undefined ? undefined : priceText(found.price);
  if (asked === actual) return;
  if (actual === undefined) throw new AppError('conflict', 'This tee time has no price: leave price out.');
  const price_ = `The price is ${actual} per player`;
  if (asked === undefined) throw new AppError('invalid_request', `${price_}: pass it as price.`);
  throw new AppError('conflict', `${price_}, not ${asked}. Tell the person, then pass it as price.`);
}

function summaryOf(found: TeeTime, { players }: ReserveRequest): string {
  const { price } = found;
  const each = price === undefined || players === 1 ? '' : ` (${priceText(price)} each)`;
  const cost = price === undefined ? '' : `, for ${totalText(price, players)}${each}`;
  return `Book golf for ${playersText(players)} at ${inWords(found)}${cost}`;
}

/** The answer differs from what was asked where somebody changed it on the way. */
function differences(reservation: TeeReservation, { players, price }: ReserveRequest): readonly string[] {
  const cost = reservation.price === undefined ? undefined : priceText(reservation.price);
  const agreed = price === undefined ? undefined : priceText(price);
  return [...(reservation.players === players ? [] : ['players']), ...(cost === agreed ? [] : ['price'])];
}

export function createGolfBookTeeTime({ teeTimes }: { readonly teeTimes: TeeTimeProvider }): Tool {
  /** The service never said whether it reserved. Looking says it. */
  async function resolveLost(request: ReserveRequest, lost: AppError, signal: AbortSignal): Promise<TeeReservation> {
    const again = 'Try again: it cannot be reserved twice.';
    let found: TeeReservation | undefined;
    try {
      found = await teeTimes.reservation(request.person, request.teeTimeId, signal);
    } catch (cause) {
      throw new AppError(lost.code, `${lost.message} The tee time may have been reserved. ${again}`, { cause });
    }
    if (found !== undefined) return found;
    throw new AppError(lost.code, `${lost.message} The tee time is not reserved now. ${again}`, { cause: lost });
  }

  /** What stands now, which is what the answer says. */
  async function readBack(made: TeeReservation, request: ReserveRequest, signal: AbortSignal): Promise<ToolResult> {
    let found: TeeReservation | undefined;
    try {
      found = await teeTimes.reservation(request.person, request.teeTimeId, signal);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return answer(made, false, ['The service confirmed the reservation, but it could not be read back.']);
    }
    if (found === undefined) {
      throw new AppError(
        'upstream_failed',
        'The service confirmed the reservation and then did not have it. Look with golf_get_reservations.',
      );
    }
    const changed = differences(found, request);
    return answer(
      found,
      false,
      changed.length === 0 ? [] : [`Reserved differently than asked: ${changed.join(', ')}.`],
    );
  }

  async function run(args: JsonObject, { person, signal }: ToolContext): Promise<ToolResult> {
    const request = readRequest(args, person);
    try {
      const { reservation, replayed } = await teeTimes.reserve(request, signal);
      return replayed ? answer(reservation, true) : await readBack(reservation, request, signal);
    } catch (error) {
      if (!(error instanceof AppError) || error.details?.['written'] !== 'unknown') throw error;
      const found = await resolveLost(request, error, signal);
      if (found.players !== request.players) throw otherPlayers(found, request.players);
      return answer(found, false, [FOUND_RESERVED]);
    }
  }

  /** Nobody is asked for what stands already, nor for what cannot be had. */
  async function look(args: JsonObject, { person, signal }: ToolContext): Promise<Preparation> {
    const request = readRequest(args, person);
    const standing = await teeTimes.reservation(person, request.teeTimeId, signal);
    if (standing !== undefined) {
      if (standing.players !== request.players) throw otherPlayers(standing, request.players);
      return { refusal: answer(standing, true) };
    }
    const found = await teeTimes.find(request.teeTimeId, signal);
    if (found === undefined) throw new AppError('not_found', 'There is no such tee time (any more). Search again.');
    demandFit(found, request);
    return { summary: summaryOf(found, request) };
  }

  return {
    declaration: golfBookTeeTimeDeclaration,
    summarize: (args) => {
      const price = optionalText(args, 'price');
      const cost = price === undefined ? '' : ` at ${price} each`;
      return `Book golf for ${playersText(count(args, 'players'))}${cost}: tee time ${text(args, 'teeTimeId')}`;
    },
    prepare: async (args, context) => {
      try {
        return await look(args, context);
      } catch (error) {
        if (error instanceof AppError && error.code !== 'misconfigured' && error.code !== 'internal')
          return { refusal: failure(error) };
        throw error;
      }
    },
    run: answering(run),
  };
}
