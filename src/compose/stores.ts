import { readFile } from 'node:fs/promises';
import { createStoreView } from '../adapters/embedded/store-view.ts';
import type { Config } from '../config/load.ts';
import type { Service } from '../config/settings.ts';
import { storeAccess } from '../config/store-access.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Platform } from './service-handler.ts';

// Opens the store that the configuration names and narrows it to what one service may touch.

async function openStore(config: Config<Service>, platform: Platform, log: Log): Promise<KeyValueStore> {
  const { settings, secrets } = config;
  if (settings.SALLYPORT_STORE === 'redis') {
    const { createRedisStore } = await import('../adapters/redis/redis-store.ts');
    const ca = settings.REDIS_CA_FILE === undefined ? undefined : await readFile(settings.REDIS_CA_FILE, 'utf8');
    return createRedisStore({ url: await secrets.read('REDIS_URL'), log, ...(ca === undefined ? {} : { ca }) });
  }
  if (platform.embeddedStore !== undefined) return platform.embeddedStore;
  if (settings.SALLYPORT_STORE_FILE === undefined) {
    const { createMemoryStore } = await import('../adapters/embedded/memory-store.ts');
    return createMemoryStore({ clock: platform.clock });
  }
  const { createSqliteStore } = await import('../adapters/embedded/sqlite-store.ts');
  return createSqliteStore({ file: settings.SALLYPORT_STORE_FILE, clock: platform.clock });
}

/** The service sees its own prefixes only; every other key is refused before it reaches the store. */
export async function openServiceStore(
  service: Service,
  config: Config<Service>,
  platform: Platform,
  log: Log,
): Promise<KeyValueStore> {
  return createStoreView(await openStore(config, platform, log), storeAccess[service]);
}
