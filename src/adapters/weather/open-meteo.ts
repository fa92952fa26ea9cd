import * as z from 'zod';
import type { OutsideClient } from '../../ports/outside-client.ts';
import type { ForecastRequest, Place, Weather, WeatherDay, WeatherService, WeatherUnits } from '../../ports/weather.ts';
import { readAnswer } from '../http/outside-answer.ts';
import { describeWeatherCode } from './weather-codes.ts';

// Open-Meteo: a forecast and a gazetteer that want no key. https://open-meteo.com/en/docs, https://open-meteo.com/en/docs/geocoding-api
// Both may be servers of one's own.

export interface OpenMeteoOptions {
  readonly http: OutsideClient;
  /** Up to and with `/v1`. */
  readonly forecastUrl: string;
  readonly geocodingUrl: string;
}

const SERVICE = 'The weather service';
const TIMEOUT_MS = 8000;
/** Enough to choose from by region or country. */
const PLACES = 20;
const MAX_NAME = 200;

const CURRENT = [
  'temperature_2m',
  'apparent_temperature',
  'relative_humidity_2m',
  'precipitation',
  'weather_code',
  'wind_speed_10m',
  'wind_direction_10m',
];
const DAILY = [
  'weather_code',
  'temperature_2m_min',
  'temperature_2m_max',
  'precipitation_sum',
  'precipitation_probability_max',
  'wind_speed_10m_max',
];
const UNITS: Readonly<Record<WeatherUnits, Readonly<Record<string, string>>>> = {
  metric: {},
  imperial: { temperature_unit: 'fahrenheit', wind_speed_unit: 'mph', precipitation_unit: 'inch' },
};

const name = z.string().min(1).max(MAX_NAME);
const places = z.object({
  results: z
    .array(
      z.object({
        name,
        latitude: z.number().min(-90).max(90),
        longitude: z.number().min(-180).max(180),
        admin1: name.optional(),
        country: name.optional(),
      }),
    )
    .max(100)
    .optional(),
});

const numbers = z.array(z.number().nullable()).max(16);
const forecast = z.object({
  timezone: z.string().regex(/^[A-Za-z0-9_+\-/]{1,64}$/),
  current: z.object({
    time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/),
    temperature_2m: z.number(),
    apparent_temperature: z.number(),
    relative_humidity_2m: z.number(),
    precipitation: z.number(),
    weather_code: z.number(),
    wind_speed_10m: z.number(),
    wind_direction_10m: z.number(),
  }),
  daily: z.object({
    time: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/)).max(16),
    weather_code: numbers,
    temperature_2m_min: numbers,
    temperature_2m_max: numbers,
    precipitation_sum: numbers,
    precipitation_probability_max: numbers,
    wind_speed_10m_max: numbers,
  }),
});

type Forecast = z.output<typeof forecast>;

/** The days whose figures are all there: a forecast thins out towards its end. */
function daysOf({ daily }: Forecast): readonly WeatherDay[] {
  return daily.time.flatMap((date, index) => {
    const code = daily.weather_code[index];
    const temperatureMin = daily.temperature_2m_min[index];
    const temperatureMax = daily.temperature_2m_max[index];
    const windSpeedMax = daily.wind_speed_10m_max[index];
    const probability = daily.precipitation_probability_max[index];
    if (code == null || temperatureMin == null || temperatureMax == null || windSpeedMax == null) return [];
    const precipitation = daily.precipitation_sum[index] ?? 0;
    const conditions = describeWeatherCode(code);
    const day = { date, conditions, temperatureMin, temperatureMax, precipitation, windSpeedMax };
    return [probability == null ? day : { ...day, precipitationProbability: probability }];
  });
}

function toWeather(answer: Forecast): Weather {
  const { current } = answer;
  return {
    timeZone: answer.timezone,
    now: {
      time: current.time,
      conditions: describeWeatherCode(current.weather_code),
      temperature: current.temperature_2m,
      feelsLike: current.apparent_temperature,
      humidity: current.relative_humidity_2m,
      precipitation: current.precipitation,
      windSpeed: current.wind_speed_10m,
      windDirection: current.wind_direction_10m,
    },
    days: daysOf(answer),
  };
}

function address(base: string, path: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(`${base.replace(/\/$/, '')}${path}`);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.href;
}

export function createOpenMeteo(options: OpenMeteoOptions): WeatherService {
  const { http } = options;
  return {
    async findPlaces(wanted, signal) {
      const query = { name: wanted, count: String(PLACES), language: 'en', format: 'json' };
      const url = address(options.geocodingUrl, '/search', query);
      const answer = readAnswer(
        await http.send({ method: 'GET', url, signal, timeoutMs: TIMEOUT_MS }),
        places,
        SERVICE,
      );
      return (answer.results ?? []).map(
        ({ admin1, country, ...place }): Place => ({
          ...place,
          ...(admin1 !== undefined && { region: admin1 }),
          ...(country !== undefined && { country }),
        }),
      );
    },

    async forecast({ latitude, longitude, units, days, signal }: ForecastRequest) {
      const url = address(options.forecastUrl, '/forecast', {
        latitude: String(latitude),
        longitude: String(longitude),
        current: CURRENT.join(','),
        daily: DAILY.join(','),
        timezone: 'auto',
        forecast_days: String(days),
        ...UNITS[units],
      });
      return toWeather(
        readAnswer(await http.send({ method: 'GET', url, signal, timeoutMs: TIMEOUT_MS }), forecast, SERVICE),
      );
    },
  };
}
