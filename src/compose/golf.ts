import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createGolfTools } from '../mcp/tools/golf/golf-tools.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { TeeTimeProvider } from '../ports/tee-times.ts';
import type { Platform } from './service-handler.ts';

// The golf tools over the one provider that the configuration names: a service behind HTTP, or the tee sheet in our own store.

export interface GolfParts {
  readonly config: Config<'mcp'>;
  readonly platform: Platform;
  readonly http: OutsideClient;
  readonly store: KeyValueStore;
}

async function composeTeeTimes({ config, platform, http, store }: GolfParts): Promise<TeeTimeProvider> {
  const { settings, secrets } = config;
  const { SALLYPORT_TEE_TIMES_URL: url, SALLYPORT_TEE_SHEET: sheet } = settings;
  if ((url === undefined) === (sheet === undefined)) {
    throw new AppError(
      'misconfigured',
      'The toolset golf needs SALLYPORT_TEE_TIMES_URL or SALLYPORT_TEE_SHEET, and not both.',
    );
  }
  if (url !== undefined) {
    const { createHttpTeeTimes } = await import('../adapters/golf/http-tee-times.ts');
    const key = secrets.has('SALLYPORT_TEE_TIMES_KEY') ? { key: await secrets.read('SALLYPORT_TEE_TIMES_KEY') } : {};
    return createHttpTeeTimes({ http, url, ...key });
  }
  const { parseCourses } = await import('../adapters/golf/courses.ts');
  const { createTeeSheet } = await import('../adapters/golf/tee-sheet.ts');
  return createTeeSheet({ store, clock: platform.clock, random: platform.random, courses: parseCourses(sheet ?? '') });
}

export async function composeGolf(parts: GolfParts): Promise<readonly Tool[]> {
  return createGolfTools({ teeTimes: await composeTeeTimes(parts) });
}
