import { createGoogleCalendar } from '../adapters/google/google-calendar.ts';
import type { Config, Environment } from '../config/load.ts';
import type { ToolsetName } from '../config/settings.ts';
import { fixedTools, type ToolSource } from '../mcp/tool-source.ts';
import { createCalendarTools } from '../mcp/tools/calendar/calendar-tools.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import type { GoogleTokens } from '../ports/google-tokens.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { Platform } from './service-handler.ts';

// The tools of the toolsets that are switched on. Every one but the calendar is imported only where it is on.

export interface ToolParts {
  readonly config: Config<'mcp'>;
  readonly platform: Platform;
  readonly http: OutsideClient;
  readonly tokens: GoogleTokens;
  readonly store: KeyValueStore;
}

function composeCalendar({ config, platform, http, tokens }: ToolParts): readonly Tool[] {
  const { settings } = config;
  const connectUrl = `${settings.SALLYPORT_OAUTH_URL}/connect/google`;
  const calendar = createGoogleCalendar({ http, tokens, baseUrl: settings.GOOGLE_CALENDAR_URL, connectUrl });
  return createCalendarTools({ calendar, clock: platform.clock, random: platform.random });
}

async function composeWeather({ config, platform, http }: ToolParts): Promise<readonly Tool[]> {
  const { OPEN_METEO_URL: forecastUrl, OPEN_METEO_GEOCODING_URL: geocodingUrl } = config.settings;
  const { createOpenMeteo } = await import('../adapters/weather/open-meteo.ts');
  const { createGetWeather } = await import('../mcp/tools/weather/get-weather.ts');
  return [createGetWeather({ weather: createOpenMeteo({ http, forecastUrl, geocodingUrl }), clock: platform.clock })];
}

async function composeNotify({ config, http }: ToolParts): Promise<readonly Tool[]> {
  const { settings, secrets } = config;
  const { createNtfy } = await import('../adapters/notify/ntfy.ts');
  const { parsePushTopics } = await import('../adapters/notify/push-topics.ts');
  const { createSendPushNotification } = await import('../mcp/tools/notify/send-push-notification.ts');
  const topics = parsePushTopics(await secrets.read('NTFY_TOPIC'));
  const token = secrets.has('NTFY_TOKEN') ? { token: await secrets.read('NTFY_TOKEN') } : {};
  return [createSendPushNotification({ notifier: createNtfy({ http, url: settings.NTFY_URL, topics, ...token }) })];
}

const composers: Readonly<Record<ToolsetName, (parts: ToolParts) => readonly Tool[] | Promise<readonly Tool[]>>> = {
  calendar: composeCalendar,
  weather: composeWeather,
  notify: composeNotify,
  golf: async (parts) => (await import('./golf.ts')).composeGolf(parts),
  aws: async (parts) => (await import('./aws.ts')).composeAws(parts),
  'aws-writes': async (parts) => (await import('./aws.ts')).composeAwsWrites(parts),
};

/** Those tools, and where other servers are configured theirs beside them: the one source behind every door. */
export async function composeToolSource(parts: ToolParts, environment: Environment, log: Log): Promise<ToolSource> {
  const own = fixedTools(await composeTools(parts));
  const directory = parts.config.settings.SALLYPORT_SERVERS_DIR;
  if (directory === undefined) return own;
  const { config, platform, http } = parts;
  return (await import('./upstreams.ts')).withGateway(own, { config, environment, directory, platform, http, log });
}

export async function composeTools(parts: ToolParts): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  for (const name of new Set(parts.config.settings.SALLYPORT_TOOLSETS)) tools.push(...(await composers[name](parts)));
  return tools;
}
