// The weather of a place, from whoever forecasts it. What comes back is data of an outsider.

export interface Place {
  readonly name: string;
  /** State, province or county, where the service knows it. */
  readonly region?: string;
  readonly country?: string;
  /** Degrees, WGS 84. */
  readonly latitude: number;
  readonly longitude: number;
}

export const weatherUnits = ['metric', 'imperial'] as const;
export type WeatherUnits = (typeof weatherUnits)[number];

export interface WeatherNow {
  /** Local time at the place, `YYYY-MM-DDTHH:MM`. */
  readonly time: string;
  readonly conditions: string;
  readonly temperature: number;
  readonly feelsLike: number;
  /** Percent. */
  readonly humidity: number;
  readonly precipitation: number;
  readonly windSpeed: number;
  /** Degrees, where the wind comes from. */
  readonly windDirection: number;
}

export interface WeatherDay {
  /** `YYYY-MM-DD` at the place. */
  readonly date: string;
  readonly conditions: string;
  readonly temperatureMin: number;
  readonly temperatureMax: number;
  readonly precipitation: number;
  /** Percent. */
  readonly precipitationProbability?: number;
  readonly windSpeedMax: number;
}

export interface Weather {
  /** IANA. */
  readonly timeZone: string;
  readonly now: WeatherNow;
  readonly days: readonly WeatherDay[];
}

export interface ForecastRequest {
  readonly latitude: number;
  readonly longitude: number;
  readonly units: WeatherUnits;
  /** 1 to 16, today included. */
  readonly days: number;
  readonly signal: AbortSignal;
}

/** Rejects with AppError `upstream_failed`, `rate_limited` or `timed_out`. */
export interface WeatherService {
  /** Places of that name, the likeliest first; none when nobody knows it. */
  findPlaces(name: string, signal: AbortSignal): Promise<readonly Place[]>;
  forecast(request: ForecastRequest): Promise<Weather>;
}
