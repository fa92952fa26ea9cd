import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { OutsideClient, OutsideRequest, OutsideResponse } from '../../ports/outside-client.ts';
import type { ReserveRefusal, TeePrice, TeeReservation, TeeTime, TeeTimeProvider } from '../../ports/tee-times.ts';
import { readAnswer } from '../http/outside-answer.ts';

// A tee-time service behind HTTP, by the contract in docs/openapi/tee-times.yaml. A reservation is named by its member and its tee time, so that
// asking for it again, by a retry of ours or by a call that never saw the first answer, cannot make a second one.

export interface HttpTeeTimesOptions {
  readonly http: OutsideClient;
  /** Without a trailing slash. */
  readonly url: string;
  readonly key?: Secret<string>;
}

const SERVICE = 'The tee-time service';
const TIMEOUT_MS = 8000;

const price = z.object({ amount: z.string().regex(/^\d{1,6}(\.\d{1,3})?$/), currency: z.string().regex(/^[A-Z]{3}$/) });
const id = z.string().regex(/^[A-Za-z0-9._~@:-]{1,100}$/);
const start = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
const place = {
  course: z.string().min(1).max(200),
  start,
  time_zone: z.string().regex(/^[A-Za-z0-9_+\-/]{1,64}$/),
  holes: z.int().min(1).max(36),
  price: price.optional(),
};
const teeTime = z.object({ id, ...place, open_spots: z.int().min(0).max(100) });
const teeTimes = z.object({ tee_times: z.array(teeTime).max(200), more: z.boolean() });
const reservation = z.object({
  tee_time_id: id,
  ...place,
  players: z.int().min(1).max(100),
  reference: z.string().min(1).max(100),
});
const reservations = z.object({ reservations: z.array(reservation).max(500) });

const REFUSALS: Readonly<Record<ReserveRefusal, string>> = {
  full: 'There are not as many spots left.',
  price_changed: 'The price of this tee time is another one by now.',
  other_reservation: 'This tee time is already reserved for you, for another number of players.',
  not_bookable: 'This tee time has passed or cannot be booked yet.',
};
const refusal = z.object({
  error: z.object({ code: z.enum(Object.keys(REFUSALS) as [ReserveRefusal, ...ReserveRefusal[]]) }),
});

const withPrice = (found: TeePrice | undefined): { readonly price?: TeePrice } =>
  found === undefined ? {} : { price: found };

function toTeeTime(found: z.output<typeof teeTime>): TeeTime {
  const { time_zone: timeZone, open_spots: openSpots, price: cost, ...rest } = found;
  return { ...rest, timeZone, openSpots, ...withPrice(cost) };
}

function toReservation(found: z.output<typeof reservation>): TeeReservation {
  const { tee_time_id: teeTimeId, time_zone: timeZone, price: cost, ...rest } = found;
  return { ...rest, teeTimeId, timeZone, ...withPrice(cost) };
}

/** What a refused reservation was refused for; a reason of no contract is a conflict without one. */
function conflictOf(response: OutsideResponse): AppError {
  let reason: ReserveRefusal | undefined;
  try {
    reason = refusal.safeParse(JSON.parse(Buffer.from(response.body).toString('utf8'))).data?.error.code;
  } catch {
    reason = undefined;
  }
  const message = reason === undefined ? `${SERVICE} does not take this reservation.` : REFUSALS[reason];
  return new AppError('conflict', message, { details: { written: 'no', ...(reason !== undefined && { reason }) } });
}

/** Whether a reservation may stand though this is not the answer that says so. */
function mayStand(error: AppError, response: OutsideResponse | undefined): boolean {
  if (response === undefined) return error.details?.['reached'] !== false;
  return response.status < 300 || response.status >= 500 || response.triedBefore === true;
}

function marked(error: unknown, response: OutsideResponse | undefined): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, retryAfterSeconds } = error;
  return new AppError(code, message, {
    cause: error.cause ?? error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    details: { ...error.details, written: mayStand(error, response) ? 'unknown' : 'no' },
  });
}

export function createHttpTeeTimes({ http, url, key }: HttpTeeTimesOptions): TeeTimeProvider {
  const base = url.replace(/\/$/, '');

  function send(path: string, signal: AbortSignal, rest: Partial<OutsideRequest> = {}): Promise<OutsideResponse> {
    const headers = {
      accept: 'application/json',
      ...rest.headers,
      ...(key !== undefined && { authorization: `Bearer ${key.reveal()}` }),
    };
    return http.send({ method: 'GET', url: `${base}${path}`, timeoutMs: TIMEOUT_MS, signal, ...rest, headers });
  }

  const reservationPath = (person: string, teeTimeId: string): string =>
    `/members/${encodeURIComponent(person)}/reservations/${encodeURIComponent(teeTimeId)}`;

  return {
    async search({ date, from, to, players, course, limit }, signal) {
      const query = new URLSearchParams({ date, players: String(players), limit: String(limit) });
      for (const [name, value] of Object.entries({ from, to, course })) if (value !== undefined) query.set(name, value);
      const found = readAnswer(await send(`/tee-times?${query}`, signal), teeTimes, SERVICE);
      return {
        teeTimes: found.tee_times.slice(0, limit).map(toTeeTime),
        more: found.more || found.tee_times.length > limit,
      };
    },

    async find(teeTimeId, signal) {
      const response = await send(`/tee-times/${encodeURIComponent(teeTimeId)}`, signal);
      return response.status === 404 ? undefined : toTeeTime(readAnswer(response, teeTime, SERVICE));
    },

    async reserve({ person, teeTimeId, players, price: agreed }, signal) {
      let response: OutsideResponse | undefined;
      try {
        response = await send(reservationPath(person, teeTimeId), signal, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ players, ...withPrice(agreed) }),
          retry: true,
        });
        if (response.status === 404) throw new AppError('not_found', 'There is no such tee time.');
        if (response.status === 409) throw conflictOf(response);
        const found = toReservation(readAnswer(response, reservation, SERVICE));
        // What stood before a retry of ours is most likely what its first try made.
        return { reservation: found, replayed: response.status === 200 && response.triedBefore !== true };
      } catch (error) {
        throw marked(error, response);
      }
    },

    async reservation(person, teeTimeId, signal) {
      const response = await send(reservationPath(person, teeTimeId), signal);
      return response.status === 404 ? undefined : toReservation(readAnswer(response, reservation, SERVICE));
    },

    async reservations(person, from, signal) {
      const query = from === undefined ? '' : `?${new URLSearchParams({ from })}`;
      const response = await send(`/members/${encodeURIComponent(person)}/reservations${query}`, signal);
      return readAnswer(response, reservations, SERVICE).reservations.map(toReservation);
    },
  };
}
