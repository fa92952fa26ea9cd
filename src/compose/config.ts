import { type Config, type Environment, loadConfig } from '../config/load.ts';
import type { Service } from '../config/settings.ts';
import type { Platform } from './service-handler.ts';

// Loads a service's configuration; Parameter Store is imported only where a parameter's name was given.

export function readConfig<Name extends Service>(
  service: Name,
  environment: Environment,
  platform: Platform,
): Config<Name> {
  return loadConfig(service, environment, async (ttlSeconds) => {
    const { createParameterStore } = await import('../adapters/aws/parameter-store.ts');
    return createParameterStore({ ttlSeconds, clock: platform.clock });
  });
}
