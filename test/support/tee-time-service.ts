import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { AppError } from '../../src/kernel/app-error.ts';
import type { TeePrice, TeeReservation, TeeTime, TeeTimeProvider } from '../../src/ports/tee-times.ts';

// A tee-time service as docs/openapi/tee-times.yaml describes one, over any provider: what our client is tested against, itself held to the
// description by others. It can lose answers and fail on demand.

export interface TeeTimeService {
  /** For SALLYPORT_TEE_TIMES_URL. */
  readonly url: string;
  readonly seen: readonly { readonly method: string; readonly path: string; readonly body: string }[];
  /** The next requests of a method are answered so; `afterwards` once the work was done, else in place of it. */
  fail(failure: ServiceFailure): void;
  close(): Promise<void>;
}

export interface ServiceFailure {
  readonly method: string;
  /** `lost` breaks the connection, `silent` never answers. */
  readonly how: 'lost' | 'silent' | { readonly status: number; readonly body?: string };
  readonly afterwards?: boolean;
  readonly times?: number;
}

const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text));
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const whole = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));
const searchQuery = z.object({
  date,
  from: time.optional(),
  to: time.optional(),
  players: whole(1, 4).prefault('1'),
  course: z.string().min(1).max(100).optional(),
  limit: whole(1, 200).prefault('50'),
});
const listQuery = z.object({ from: date.optional() });
const body = z.strictObject({
  players: z.int().min(1).max(4),
  price: z
    .strictObject({ amount: z.string().regex(/^\d{1,6}(\.\d{1,3})?$/), currency: z.string().regex(/^[A-Z]{3}$/) })
    .optional(),
});
const MEMBER = /^p_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TEE_TIME = /^[A-Za-z0-9._~@:-]{1,100}$/;

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

const problem = (status: number, code: string, message = code): Answer => ({
  status,
  value: { error: { code, message } },
});
const priceOf = (price: TeePrice | undefined) => (price === undefined ? {} : { price });

const teeTimeJson = ({ timeZone, openSpots, price, ...rest }: TeeTime) => ({
  ...rest,
  time_zone: timeZone,
  open_spots: openSpots,
  ...priceOf(price),
});
const reservationJson = ({ teeTimeId, timeZone, price, ...rest }: TeeReservation) => ({
  ...rest,
  tee_time_id: teeTimeId,
  time_zone: timeZone,
  ...priceOf(price),
});

function parseBody(text: string): z.output<typeof body> | undefined {
  try {
    return body.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Query parameters given twice are not understood. */
function queryOf(url: URL): Record<string, string> | undefined {
  const names = [...url.searchParams.keys()];
  return new Set(names).size === names.length ? Object.fromEntries(url.searchParams) : undefined;
}

const without = <Value extends object>(value: Value) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;

async function reserve(
  provider: TeeTimeProvider,
  text: string,
  ids: { person: string; teeTimeId: string },
): Promise<Answer> {
  const wanted = parseBody(text);
  if (wanted === undefined) return problem(400, 'invalid_request');
  try {
    const request = { ...ids, players: wanted.players, ...priceOf(wanted.price) };
    const { reservation, replayed } = await provider.reserve(request, AbortSignal.timeout(5000));
    return { status: replayed ? 200 : 201, value: reservationJson(reservation) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'not_found') return problem(404, 'not_found');
    return problem(409, String(error.details?.['reason']), error.message);
  }
}

async function reservationRoute(
  provider: TeeTimeProvider,
  method: string,
  text: string,
  ids: { person: string; teeTimeId: string },
): Promise<Answer> {
  if (!MEMBER.test(ids.person) || !TEE_TIME.test(ids.teeTimeId)) return problem(400, 'invalid_request');
  if (method === 'PUT') return reserve(provider, text, ids);
  if (method !== 'GET') return problem(405, 'method_not_allowed');
  const found = await provider.reservation(ids.person, ids.teeTimeId, AbortSignal.timeout(5000));
  return found === undefined ? problem(404, 'not_found') : { status: 200, value: reservationJson(found) };
}

async function teeTimesRoute(provider: TeeTimeProvider, url: URL, teeTimeId: string | undefined): Promise<Answer> {
  const signal = AbortSignal.timeout(5000);
  if (teeTimeId !== undefined) {
    if (!TEE_TIME.test(teeTimeId)) return problem(400, 'invalid_request');
    const found = await provider.find(teeTimeId, signal);
    return found === undefined ? problem(404, 'not_found') : { status: 200, value: teeTimeJson(found) };
  }
  const query = searchQuery.safeParse(queryOf(url));
  if (!query.success) return problem(400, 'invalid_request');
  const { teeTimes, more } = await provider.search(without(query.data), signal);
  return { status: 200, value: { tee_times: teeTimes.map(teeTimeJson), more } };
}

async function route(provider: TeeTimeProvider, request: IncomingMessage, text: string): Promise<Answer> {
  const { method = '' } = request;
  const url = new URL(request.url ?? '', 'http://localhost');
  let parts: string[];
  try {
    parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return problem(400, 'invalid_request');
  }
  const [version, kind, id, sub, teeTimeId] = parts;
  if (version !== 'v1') return problem(404, 'not_found');
  if (kind === 'tee-times' && parts.length <= 3) {
    return method === 'GET' ? teeTimesRoute(provider, url, id) : problem(405, 'method_not_allowed');
  }
  if (kind !== 'members' || id === undefined || sub !== 'reservations') return problem(404, 'not_found');
  if (teeTimeId !== undefined && parts.length === 5)
    return reservationRoute(provider, method, text, { person: id, teeTimeId });
  if (parts.length !== 4) return problem(404, 'not_found');
  if (method !== 'GET') return problem(405, 'method_not_allowed');
  const query = listQuery.safeParse(queryOf(url));
  if (!MEMBER.test(id) || !query.success) return problem(400, 'invalid_request');
  const found = await provider.reservations(id, query.data.from, AbortSignal.timeout(5000));
  return { status: 200, value: { reservations: found.map(reservationJson) } };
}

export async function startTeeTimeService(options: {
  readonly provider: TeeTimeProvider;
  readonly key?: string;
}): Promise<TeeTimeService> {
  const seen: { method: string; path: string; body: string }[] = [];
  const failures: ServiceFailure[] = [];

  /** True when the request needs no answer any more. */
  function failed(request: IncomingMessage, response: ServerResponse, afterwards: boolean): boolean {
    const at = failures.findIndex((one) => one.method === request.method && (one.afterwards ?? false) === afterwards);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    if (failure === undefined) return false;
    if (failure.how === 'lost') request.socket.destroy();
    else if (failure.how !== 'silent') response.writeHead(failure.how.status).end(failure.how.body ?? '');
    return true;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    seen.push({ method: request.method ?? '', path: request.url ?? '', body: text });
    if (failed(request, response, false)) return;
    const welcome = options.key === undefined || request.headers.authorization === `Bearer ${options.key}`;
    const { status, value } = welcome ? await route(options.provider, request, text) : problem(401, 'unauthenticated');
    if (failed(request, response, true)) return;
    const allow = status === 405 ? { allow: 'GET, PUT' } : {};
    response.writeHead(status, { 'content-type': 'application/json', ...allow }).end(JSON.stringify(value));
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    fail: (failure) => {
      for (let time = 0; time < (failure.times ?? 1); time += 1) failures.push(failure);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
