import { createStoreView } from '../adapters/embedded/store-view.ts';
import type { Config, Environment } from '../config/load.ts';
import type { Service } from '../config/settings.ts';
import { type StoreUser, storeAccess } from '../config/store-access.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Platform } from './service-handler.ts';

// Opens the store that the configuration names and narrows it to what one service may touch.

async function readText(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(file, 'utf8');
}

async function openStore(config: Config<Service>, platform: Platform, log: Log): Promise<KeyValueStore> {
  const { settings, secrets } = config;
  if (settings.SALLYPORT_STORE === 'redis') {
    const { createRedisStore } = await import('../adapters/redis/redis-store.ts');
    const ca = settings.REDIS_CA_FILE === undefined ? undefined : await readText(settings.REDIS_CA_FILE);
    return createRedisStore({
      url: await secrets.read('REDIS_URL'),
      clock: platform.clock,
      log,
      ...(ca === undefined ? {} : { ca }),
    });
  }
  if (platform.embeddedStore !== undefined) return platform.embeddedStore;
  if (settings.SALLYPORT_STORE_FILE === undefined) {
    const { createMemoryStore } = await import('../adapters/embedded/memory-store.ts');
    return createMemoryStore({ clock: platform.clock });
  }
  const { createSqliteStore } = await import('../adapters/embedded/sqlite-store.ts');
  return createSqliteStore({ file: settings.SALLYPORT_STORE_FILE, clock: platform.clock });
}

/** Which column of the list of access this function is: the MCP API's two doors are two functions. */
function storeUser(service: Service, { settings }: Config<Service>): StoreUser {
  return 'SALLYPORT_DOOR' in settings && settings.SALLYPORT_DOOR === 'key' ? 'mcp-key' : service;
}

/** The function does what the list allows it; everything else is refused before it reaches the store. */
export async function openServiceStore(
  service: Service,
  config: Config<Service>,
  platform: Platform,
  log: Log,
): Promise<KeyValueStore> {
  return createStoreView(await openStore(config, platform, log), storeAccess[storeUser(service, config)]);
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => silent, metric: () => {} };

/** The whole store, for an operator at a terminal, who holds the store's own rights. */
export async function openOperatorStore(environment: Environment, clock: Clock): Promise<KeyValueStore> {
  if (environment['SALLYPORT_STORE'] === 'redis') {
    const { createRedisStore } = await import('../adapters/redis/redis-store.ts');
    const { REDIS_URL: url = '', REDIS_CA_FILE: caFile } = environment;
    if (url === '') throw new AppError('misconfigured', 'REDIS_URL is needed when SALLYPORT_STORE is redis.');
    const ca = caFile === undefined ? {} : { ca: await readText(caFile) };
    return createRedisStore({ url: createSecret(url), clock, log: silent, ...ca });
  }
  const file = environment['SALLYPORT_STORE_FILE'];
  if (file === undefined)
    throw new AppError('misconfigured', 'Set SALLYPORT_STORE_FILE, or SALLYPORT_STORE=redis and REDIS_URL.');
  const { createSqliteStore } = await import('../adapters/embedded/sqlite-store.ts');
  return createSqliteStore({ file, clock });
}
