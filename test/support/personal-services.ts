import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// Open-Meteo's forecast and gazetteer and an ntfy server, as far as we use them, in the shape that their documentation shows:
// https://open-meteo.com/en/docs, https://open-meteo.com/en/docs/geocoding-api, https://docs.ntfy.sh/publish/#publish-as-json
// Nothing of theirs can be had where tests run without the internet. Every request is kept, for whoever looks for what went out.

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization?: string;
  readonly body: string;
}

export interface PersonalServices {
  readonly seen: readonly SeenRequest[];
  /** Up to and with `/v1`, for both of Open-Meteo's. */
  readonly weatherUrl: string;
  readonly ntfyUrl: string;
  /** The environment that leads a local machine here. */
  readonly environment: Readonly<Record<string, string>>;
  /** The next requests get this answer in place of their own. */
  fail(answer: { readonly status: number; readonly body?: string; readonly times?: number }): void;
  close(): Promise<void>;
}

export interface StandInPlace {
  readonly id: number;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly admin1?: string;
  readonly country?: string;
}

const PLACES: readonly StandInPlace[] = [
  {
    id: 2_267_057,
    name: 'Lisbon',
    latitude: 38.716_67,
    longitude: -9.133_33,
    admin1: 'Lisbon District',
    country: 'Portugal',
  },
  {
    id: 5_090_046,
    name: 'Lisbon',
    latitude: 44.031_46,
    longitude: -70.104_5,
    admin1: 'Maine',
    country: 'United States',
  },
  { id: 2_950_159, name: 'Berlin', latitude: 52.524_37, longitude: 13.410_53, admin1: 'Berlin', country: 'Germany' },
];

function search(url: URL, places: readonly StandInPlace[]): unknown {
  const name = url.searchParams.get('name')?.toLowerCase();
  const results = [...PLACES, ...places].filter((place) => place.name.toLowerCase() === name);
  // The real one leaves `results` out when it found nothing.
  return results.length === 0 ? { generationtime_ms: 0.4 } : { results, generationtime_ms: 0.6 };
}

function forecast(url: URL): unknown {
  const days = Number(url.searchParams.get('forecast_days'));
  const dates = Array.from({ length: days }, (_, day) => `2026-11-${21 + day}`);
  const fahrenheit = url.searchParams.get('temperature_unit') === 'fahrenheit';
  const degrees = (celsius: number): number => (fahrenheit ? Math.round(celsius * 18 + 320) / 10 : celsius);
  return {
    latitude: Number(url.searchParams.get('latitude')),
    longitude: Number(url.searchParams.get('longitude')),
    timezone: 'Europe/Lisbon',
    timezone_abbreviation: 'WET',
    current_units: { temperature_2m: fahrenheit ? '°F' : '°C' },
    current: {
      time: '2026-11-21T09:15',
      interval: 900,
      temperature_2m: degrees(14.2),
      apparent_temperature: degrees(13.1),
      relative_humidity_2m: 71,
      precipitation: 0,
      weather_code: 2,
      wind_speed_10m: 11.5,
      wind_direction_10m: 310,
    },
    daily: {
      time: dates,
      weather_code: dates.map((_, day) => [61, 3, 0][day % 3]),
      temperature_2m_min: dates.map(() => degrees(11)),
      temperature_2m_max: dates.map(() => degrees(17)),
      precipitation_sum: dates.map(() => 1.4),
      // The last day has no figure, as happens towards a forecast's end.
      precipitation_probability_max: dates.map((_, day) => (day === days - 1 ? null : 55)),
      wind_speed_10m_max: dates.map(() => 20),
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answerFor(
  { method, url, body }: SeenRequest,
  places: readonly StandInPlace[],
): { status: number; value: unknown } {
  if (method === 'GET' && url.pathname === '/v1/search') return { status: 200, value: search(url, places) };
  if (method === 'GET' && url.pathname === '/v1/forecast') return { status: 200, value: forecast(url) };
  if (method === 'POST' && url.pathname === '/') {
    const message = JSON.parse(body) as Record<string, unknown>;
    return { status: 200, value: { id: 'sPs71M8A2T', time: 1_795_252_800, event: 'message', ...message } };
  }
  return { status: 404, value: { error: 'not found' } };
}

/** `places` are known to the gazetteer beside its own. */
export async function startPersonalServices(places: readonly StandInPlace[] = []): Promise<PersonalServices> {
  const seen: SeenRequest[] = [];
  const failures: { status: number; body: string }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    const noted: SeenRequest = {
      method: request.method ?? '',
      url: new URL(request.url ?? '', 'http://localhost'),
      body: await readBody(request),
      ...(authorization !== undefined && { authorization }),
    };
    seen.push(noted);
    const failure = failures.shift();
    const { status, value } =
      failure === undefined ? answerFor(noted, places) : { status: failure.status, value: failure.body };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    seen,
    weatherUrl: `${base}/v1`,
    ntfyUrl: base,
    environment: {
      OPEN_METEO_URL: `${base}/v1`,
      OPEN_METEO_GEOCODING_URL: `${base}/v1`,
      NTFY_URL: base,
      NTFY_TOPIC: 'alex-phone-7Qm2',
      SALLYPORT_TOOLSETS: 'calendar,weather,notify',
    },
    fail: ({ status, body = '{}', times = 1 }) => {
      for (let time = 0; time < times; time += 1) failures.push({ status, body });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
