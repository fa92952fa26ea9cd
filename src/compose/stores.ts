import { createStoreView } from '../adapters/embedded/store-view.ts';
import type { Config, Environment } from '../config/load.ts';
import type { Service } from '../config/settings.ts';
import { type StoreUser, storeAccess } from '../config/store-access.ts';
import { ALONE, placeRecord } from '../config/store-tables.ts';
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

interface RedisAuthority {
  readonly REDIS_CA?: string | undefined;
  readonly REDIS_CA_FILE?: string | undefined;
}

/** PEM of the authority behind the server's certificate, given as itself or as a file's name. */
async function redisAuthority({ REDIS_CA: text, REDIS_CA_FILE: file }: RedisAuthority): Promise<{ ca?: string }> {
  if (text !== undefined && text !== '') return { ca: text };
  return file === undefined || file === '' ? {} : { ca: await readText(file) };
}

/** Region, credentials and the endpoint of an emulator come from the environment, as the SDK reads it. */
async function openDynamoDb(tablePrefix: string, clock: Clock, log: Log): Promise<KeyValueStore> {
  const { createDynamoDbStore } = await import('../adapters/aws/dynamodb-store.ts');
  return createDynamoDbStore({ tablePrefix, place: placeRecord, alone: ALONE, clock, log });
}

async function openStore(config: Config<Service>, platform: Platform, log: Log): Promise<KeyValueStore> {
  const { settings, secrets } = config;
  if (settings.SALLYPORT_STORE === 'redis') {
    const { createRedisStore } = await import('../adapters/redis/redis-store.ts');
    const url = await secrets.read('REDIS_URL');
    return createRedisStore({ url, clock: platform.clock, log, ...(await redisAuthority(settings)) });
  }
  if (settings.SALLYPORT_STORE === 'dynamodb') {
    return openDynamoDb(settings.SALLYPORT_TABLE_PREFIX ?? '', platform.clock, log);
  }
  if (platform.embeddedStore !== undefined) return platform.embeddedStore;
  if (settings.SALLYPORT_STORE_FILE === undefined) {
    const { createMemoryStore } = await import('../adapters/embedded/memory-store.ts');
    return createMemoryStore({ clock: platform.clock });
  }
  const { createSqliteStore } = await import('../adapters/embedded/sqlite-store.ts');
  return createSqliteStore({ file: settings.SALLYPORT_STORE_FILE, clock: platform.clock });
}

/** Which column of the list of access this function is: each door of the MCP API is a function of its own. */
function storeUser(service: Service, { settings }: Config<Service>): StoreUser {
  if (!('SALLYPORT_DOOR' in settings)) return service;
  return ({ agent: 'mcp', key: 'mcp-key', oauth: 'mcp-oauth', none: 'calls' } as const)[settings.SALLYPORT_DOOR];
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
    const { REDIS_URL: url = '' } = environment;
    if (url === '') throw new AppError('misconfigured', 'REDIS_URL is needed when SALLYPORT_STORE is redis.');
    return createRedisStore({ url: createSecret(url), clock, log: silent, ...(await redisAuthority(environment)) });
  }
  if (environment['SALLYPORT_STORE'] === 'dynamodb') {
    const { SALLYPORT_TABLE_PREFIX: prefix = '' } = environment;
    if (prefix === '') {
      throw new AppError('misconfigured', 'SALLYPORT_TABLE_PREFIX is needed when SALLYPORT_STORE is dynamodb.');
    }
    return openDynamoDb(prefix, clock, silent);
  }
  const file = environment['SALLYPORT_STORE_FILE'];
  if (file === undefined) {
    throw new AppError(
      'misconfigured',
      'Set SALLYPORT_STORE_FILE, or SALLYPORT_STORE=redis and REDIS_URL, or SALLYPORT_STORE=dynamodb and SALLYPORT_TABLE_PREFIX.',
    );
  }
  const { createSqliteStore } = await import('../adapters/embedded/sqlite-store.ts');
  return createSqliteStore({ file, clock });
}
