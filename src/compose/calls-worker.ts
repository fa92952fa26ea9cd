import { createJsonLog, describeFault } from '../adapters/log/json-log.ts';
import type { Environment } from '../config/load.ts';
import { lazily } from '../kernel/lazily.ts';
import { createApprovals } from '../mcp/approvals.ts';
import { createSchemaValidators } from '../mcp/schema-validators.ts';
import { createTaskWorker, type TaskWorker } from '../mcp/tasks/task-worker.ts';
import type { Log } from '../ports/log.ts';
import { readConfig } from './config.ts';
import { composeGoogleTokens } from './google.ts';
import { composeOutsideClient } from './outside.ts';
import { logLevel, type Platform, systemPlatform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';
import { composeToolSource } from './tools.ts';

// Builds the worker of calls that the doors have taken on: the same tools as behind the doors, and no door.

/** The worker of all doors, with the tools that stand behind them. Its environment is theirs, with `SALLYPORT_DOOR=none`. */
async function composeCallsWorker(environment: Environment, platform: Platform, log: Log): Promise<TaskWorker> {
  const config = readConfig('mcp', environment, platform);
  const { settings } = config;
  const { clock, random } = platform;
  const store = await openServiceStore('mcp', config, platform, log);
  const http = composeOutsideClient({ clock, random, log, allow: { hosts: settings.SALLYPORT_ALLOWED_HOSTS } });
  const tokens = await composeGoogleTokens({ config, store, platform, log, http });
  const tools = await composeToolSource({ config, platform, http, tokens, store }, environment, log);
  const approvalUrl = (id: string): string => `${settings.SALLYPORT_OAUTH_URL}/approvals/${id}`;
  const approvals = createApprovals({ store, clock, random, confirm: settings.SALLYPORT_CONFIRM, approvalUrl });
  return createTaskWorker({ store, tools, schemas: createSchemaValidators(), approvals, clock, random, log });
}

/** A worker that is composed at its first call, and again when that failed. */
export function createLazyCallsWorker(
  environment: Environment,
  platform: Platform = systemPlatform,
): TaskWorker & { log: Log } {
  const log = createJsonLog({
    clock: platform.clock,
    write: platform.writeLog,
    level: logLevel(environment),
    fields: { service: 'calls', environment: environment['SALLYPORT_ENVIRONMENT'] ?? 'local' },
  });
  const composed = lazily(() => composeCallsWorker(environment, platform, log));
  return {
    log,
    async run(name, exchange) {
      const worker = await composed().catch((error: unknown) => {
        log.error('service.failed', { request_id: exchange.requestId, cause: describeFault(error) });
        throw error;
      });
      return worker.run(name, exchange);
    },
  };
}
