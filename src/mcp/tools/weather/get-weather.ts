import { AppError } from '../../../kernel/app-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Place, Weather, WeatherService, WeatherUnits } from '../../../ports/weather.ts';
import { answering } from '../answering.ts';
import { count, optionalChoice, text } from '../arguments.ts';
import { createRemembered } from '../remembered.ts';
import type { Tool, ToolContext, ToolDeclaration } from '../tool.ts';
import { choosePlace, parseCoordinates, placeInWords } from './places.ts';

// The weather at a place, now and for some days. The place goes out of the house: once private data is in a conversation, the person is
// asked first (`openWorldHint`). The same question within ten minutes is answered from memory.

export interface WeatherToolDeps {
  readonly weather: WeatherService;
  readonly clock: Clock;
}

const UNITS = ['metric', 'imperial'] as const satisfies readonly WeatherUnits[];
const MAX_DAYS = 7;
const DEFAULT_DAYS = 3;
const FORECAST_SECONDS = 600;
/** Places do not move; a gazetteer that learns a name is believed a day later. */
const PLACES_SECONDS = 86_400;

const UNIT_WORDS = {
  metric: { temperature: '°C', wind: 'km/h', precipitation: 'mm' },
  imperial: { temperature: '°F', wind: 'mph', precipitation: 'in' },
} as const;

const NUMBER = { type: 'number' } as const;
const TEXT = { type: 'string' } as const;

export const getWeatherDeclaration: ToolDeclaration = {
  name: 'get_weather',
  title: 'See the weather',
  description: 'Weather at a place, now and for the next days.',
  inputSchema: {
    type: 'object',
    properties: {
      location: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'Town, with region or country if it may be meant twice; or latitude,longitude.',
      },
      units: { type: 'string', enum: [...UNITS], description: 'Default metric.' },
      days: { type: 'integer', minimum: 1, maximum: MAX_DAYS, description: 'Default 3, today included.' },
    },
    required: ['location'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      place: {
        type: 'object',
        properties: { name: TEXT, region: TEXT, country: TEXT, latitude: NUMBER, longitude: NUMBER },
        required: ['name', 'latitude', 'longitude'],
        additionalProperties: false,
      },
      otherPlaces: { type: 'array', items: TEXT },
      timeZone: TEXT,
      units: {
        type: 'object',
        properties: { temperature: TEXT, wind: TEXT, precipitation: TEXT },
        required: ['temperature', 'wind', 'precipitation'],
        additionalProperties: false,
      },
      now: {
        type: 'object',
        properties: {
          time: TEXT,
          conditions: TEXT,
          temperature: NUMBER,
          feelsLike: NUMBER,
          humidity: NUMBER,
          precipitation: NUMBER,
          windSpeed: NUMBER,
          windDirection: NUMBER,
        },
        required: ['time', 'conditions', 'temperature'],
        additionalProperties: false,
      },
      days: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            date: TEXT,
            conditions: TEXT,
            temperatureMin: NUMBER,
            temperatureMax: NUMBER,
            precipitation: NUMBER,
            precipitationProbability: NUMBER,
            windSpeedMax: NUMBER,
          },
          required: ['date', 'conditions', 'temperatureMin', 'temperatureMax'],
          additionalProperties: false,
        },
      },
    },
    required: ['place', 'otherPlaces', 'timeZone', 'units', 'now', 'days'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  scopes: ['weather.read'],
  toolset: 'weather',
};

function inWords(place: Place, weather: Weather, units: WeatherUnits): string {
  const { temperature } = UNIT_WORDS[units];
  const { now, days } = weather;
  const forecast = days.map(
    (day) => `${day.date}: ${day.conditions}, ${day.temperatureMin} to ${day.temperatureMax} ${temperature}`,
  );
  const line = `${placeInWords(place)}, ${now.time} there: ${now.conditions}, ${now.temperature} ${temperature}.`;
  return [line, ...forecast].join('\n');
}

export function createGetWeather(deps: WeatherToolDeps): Tool {
  const { weather, clock } = deps;
  const places = createRemembered<readonly Place[]>({ clock, maxEntries: 500, ttlSeconds: PLACES_SECONDS });
  const forecasts = createRemembered<Weather>({ clock, maxEntries: 500, ttlSeconds: FORECAST_SECONDS });

  async function find(location: string, context: ToolContext): Promise<{ place: Place; others: readonly Place[] }> {
    const coordinates = parseCoordinates(location);
    if (coordinates !== undefined) return { place: coordinates, others: [] };
    const [name = '', ...qualifiers] = location.split(',').map((part) => part.trim());
    const found = await places.get(name.toLowerCase(), () => weather.findPlaces(name, context.signal));
    const chosen = choosePlace(found, qualifiers);
    if (chosen !== undefined) return chosen;
    throw new AppError('not_found', `No place called "${location}" is known. Name a town, with its country.`);
  }

  return {
    declaration: getWeatherDeclaration,
    run: answering(async (args, context) => {
      const units = optionalChoice(args, 'units', UNITS) ?? 'metric';
      const days = count(args, 'days', DEFAULT_DAYS);
      const { place, others } = await find(text(args, 'location'), context);
      const { latitude, longitude } = place;
      const found = await forecasts.get(JSON.stringify([latitude, longitude, units, days]), () =>
        weather.forecast({ latitude, longitude, units, days, signal: context.signal }),
      );
      const structuredContent = { place, otherPlaces: others.map(placeInWords), units: UNIT_WORDS[units], ...found };
      return { structuredContent, text: inWords(place, found, units) };
    }),
  };
}
