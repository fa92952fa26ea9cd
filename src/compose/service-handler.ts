import { randomBytes } from 'node:crypto';
import { type ApiGatewayHandler, createApiGatewayHandler, toApiGatewayResult } from '../adapters/http/api-gateway.ts';
import { createEdge, errorResponse } from '../adapters/http/error-response.ts';
import { createJsonLog, describeFault, type LogLevel } from '../adapters/log/json-log.ts';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpApp } from '../ports/http.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';

// What Lambda and the local machine share: an API, composed once from an environment, behind API Gateway's events.

/** What a service finds around it. On one machine the services share an embedded store and a log. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly writeLog: (line: string) => void;
  /** Used in place of an embedded store of one's own. */
  readonly embeddedStore?: KeyValueStore;
}

export type Compose = (environment: Environment, platform: Platform, log: Log) => Promise<HttpApp>;

export const systemPlatform: Platform = {
  clock: { nowMs: () => Date.now() },
  random: { bytes: (count) => randomBytes(count) },
  writeLog: (line) => void process.stdout.write(`${line}\n`),
};

export interface ServiceHandlerOptions {
  readonly service: string;
  readonly compose: Compose;
  readonly environment: Environment;
  readonly platform?: Platform;
  /** How long the front door waits; 29 s behind an HTTP API when left out. */
  readonly limitMs?: number;
}

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

function logLevel(environment: Environment): LogLevel {
  const level = environment['SALLYPORT_LOG_LEVEL'] ?? '';
  return LEVELS.includes(level) ? (level as LogLevel) : 'info';
}

/** The app is composed at the first request and kept; a composition that failed is tried again at the next one. */
export function createServiceHandler(options: ServiceHandlerOptions): ApiGatewayHandler {
  const platform = options.platform ?? systemPlatform;
  const log = createJsonLog({
    clock: platform.clock,
    write: platform.writeLog,
    level: logLevel(options.environment),
    fields: { service: options.service, environment: options.environment['SALLYPORT_ENVIRONMENT'] ?? 'local' },
  });
  let composed: Promise<ApiGatewayHandler> | undefined;
  const ready = (): Promise<ApiGatewayHandler> => {
    composed ??= options
      .compose(options.environment, platform, log)
      .then((app) => createApiGatewayHandler(createEdge(app, log), options.limitMs))
      .catch((error: unknown) => {
        composed = undefined;
        throw error;
      });
    return composed;
  };
  return async (event, context) => {
    try {
      const handler = await ready();
      return await handler(event, context);
    } catch (error) {
      log.error('service.failed', { cause: describeFault(error) });
      // A broken configuration is the operator's business: the log has it, the caller gets the vague answer.
      const shown = error instanceof AppError && error.code !== 'misconfigured' ? error : undefined;
      return toApiGatewayResult(errorResponse(shown, ''));
    }
  };
}
