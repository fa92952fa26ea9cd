import { createJsonLog, describeFault } from '../adapters/log/json-log.ts';
import { createApprovalAnswered } from '../agent/approval-answered.ts';
import { createSlackHandlers } from '../agent/slack/slack-handlers.ts';
import { createTurnParts } from '../agent/turns.ts';
import { createWorker, type JobHandlers, type Worker } from '../agent/worker.ts';
import type { Environment } from '../config/load.ts';
import { lazily } from '../kernel/lazily.ts';
import type { Log } from '../ports/log.ts';
import { readConfig } from './config.ts';
import { logLevel, type Platform, systemPlatform } from './service-handler.ts';
import { composeSlack } from './slack.ts';
import { composeTurnDeps } from './turns.ts';

// Builds the agent's worker: the same turns as behind the Agent API, and what sets them going without a client.

export async function composeWorker(environment: Environment, platform: Platform, log: Log): Promise<Worker> {
  const config = readConfig('worker', environment, platform);
  const deps = await composeTurnDeps('worker', config, platform, log);
  const { turns, paused } = createTurnParts(deps);
  const { store, clock, random } = deps;
  const slack = createSlackHandlers({ slack: await composeSlack(config, platform, log), store, turns, clock });
  const handlers: JobHandlers = {
    'approval.answered': createApprovalAnswered({ turns, paused, clock, follow: slack.follow }),
    ...slack.handlers,
  };
  return createWorker({ store, handlers, clock, random, log });
}

/** A worker that is composed at its first job, and again when that failed. */
export function createLazyWorker(environment: Environment, platform: Platform = systemPlatform): Worker & { log: Log } {
  const log = createJsonLog({
    clock: platform.clock,
    write: platform.writeLog,
    level: logLevel(environment),
    fields: { service: 'worker', environment: environment['SALLYPORT_ENVIRONMENT'] ?? 'local' },
  });
  const composed = lazily(() => composeWorker(environment, platform, log));
  return {
    log,
    async run(jobId, exchange) {
      const worker = await composed().catch((error: unknown) => {
        log.error('service.failed', { request_id: exchange.requestId, cause: describeFault(error) });
        throw error;
      });
      return worker.run(jobId, exchange);
    },
  };
}
