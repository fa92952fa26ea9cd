import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createAwsTools } from '../src/mcp/tools/aws/aws-tools.ts';
import { createReadSecretValue } from '../src/mcp/tools/aws/secrets/read-secret-value.ts';
import { createAwsWriteTools } from '../src/mcp/tools/aws/writes/aws-write-tools.ts';
import { createCalendarTools } from '../src/mcp/tools/calendar/calendar-tools.ts';
import { createGolfTools } from '../src/mcp/tools/golf/golf-tools.ts';
import { createSendPushNotification } from '../src/mcp/tools/notify/send-push-notification.ts';
import type { Tool } from '../src/mcp/tools/tool.ts';
import { createGetWeather } from '../src/mcp/tools/weather/get-weather.ts';
import { toolHash } from '../src/trust/tool-hash.ts';

// Writes `src/agent/tool-hashes.json`: the hash of every tool this checkout declares, which ships with the agent. The agent believes a
// listed tool only if its hash is in there, so this runs whenever a declaration changes; a test says when it was forgotten.

export const HASHES_FILE = 'src/agent/tool-hashes.json';

/** Stands in for what tools need to run: declarations are read here, nothing is ever called. */
const nothing = new Proxy(Object.freeze({}), {
  get(_target, name) {
    throw new Error(`a tool used ${String(name)} while it was only being declared`);
  },
});

export function declaredTools(): readonly Tool[] {
  const inert = nothing as never;
  return [
    ...createCalendarTools({ calendar: inert, clock: inert, random: inert }),
    createGetWeather({ weather: inert, clock: inert }),
    createSendPushNotification({ notifier: inert }),
    ...createGolfTools({ teeTimes: inert }),
    ...createAwsTools({ reader: inert, places: inert, clock: inert }),
    createReadSecretValue({ allowed: inert, read: inert, places: inert }),
    ...createAwsWriteTools({ reader: inert, writer: inert, places: inert }),
  ];
}

/** Name → hash, by name. */
export function hashTools(tools: readonly Tool[]): Readonly<Record<string, string>> {
  const entries = tools.map(({ declaration }) => [declaration.name, toolHash(declaration)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

export function renderHashes(): string {
  return `${JSON.stringify(hashTools(declaredTools()), null, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = renderHashes();
  if (process.argv.includes('--check')) {
    if (readFileSync(HASHES_FILE, 'utf8') !== text) {
      console.error(`${HASHES_FILE} is out of date: run node build/tool-hashes.ts`);
      process.exitCode = 1;
    }
  } else writeFileSync(HASHES_FILE, text);
}
