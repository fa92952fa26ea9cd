import { randomBytes } from 'node:crypto';
import {
  type ApiGatewayHandler,
  createEventApp,
  type EventApp,
  findRequestId,
  inOnePiece,
} from '../adapters/http/api-gateway.ts';
import { createEdge, errorResponse } from '../adapters/http/error-response.ts';
import { createJsonLog, describeFault, type LogLevel } from '../adapters/log/json-log.ts';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpApp } from '../ports/http.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { GatewayShare } from './upstreams.ts';

// What Lambda and the local machine share: an API, composed once from an environment, behind API Gateway's events.

/** What a service finds around it. On one machine the services share an embedded store and a log. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly writeLog: (line: string) => void;
  /** Used in place of an embedded store of one's own. */
  readonly embeddedStore?: KeyValueStore;
  /** The agent's credentials document as it is now, in place of SALLYPORT_CREDENTIALS. */
  readonly credentials?: () => Promise<string>;
  /** To the worker of this machine, where no other queue is configured. */
  readonly jobQueue?: JobQueue;
  /** Other servers behind this one, opened once for all doors. */
  readonly gateway?: GatewayShare;
  /** To the doors' worker of this machine, where no other queue is configured. */
  readonly callsQueue?: JobQueue;
}

export type Compose = (environment: Environment, platform: Platform, log: Log) => Promise<HttpApp>;

const STDOUT = 1;

/**
 * A line to standard output at once, so that a function that is frozen after its answer has written it. `process.stdout` would load
 * node:net for a pipe, and a static import of node:fs its streams: milliseconds of every cold start.
 */
function writeLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  let written = 0;
  try {
    const { writeSync } = process.getBuiltinModule('node:fs');
    while (written < bytes.length) written += writeSync(STDOUT, bytes, written);
  } catch {
    // A pipe that somebody made non-blocking is full (EAGAIN): `process.stdout` waits for it.
    process.stdout.write(bytes.subarray(written));
  }
}

export const systemPlatform: Platform = {
  clock: { nowMs: () => Date.now(), elapsedMs: () => performance.now() },
  random: { bytes: (count) => randomBytes(count) },
  writeLog: writeLine,
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

export function logLevel(environment: Environment): LogLevel {
  const level = environment['SALLYPORT_LOG_LEVEL'] ?? '';
  return LEVELS.includes(level) ? (level as LogLevel) : 'info';
}

export type ServiceHandler = ApiGatewayHandler & {
  /**
   * Composes the app ahead of the first request, for Lambda's initialisation, which has a whole processor to itself. Resolves in any
   * case: what is wrong is logged, and the first request tries again.
   */
  readonly prepare: () => Promise<void>;
  /** The same for whoever can tell a person what is wrong: rejects with it. */
  readonly compose: () => Promise<void>;
  /** The same answer, which a front door that can may pass on in pieces. */
  readonly respond: EventApp;
};

function createComposition(options: ServiceHandlerOptions, platform: Platform, log: Log) {
  let composed: Promise<EventApp> | undefined;
  const compose = async (): Promise<EventApp> => {
    const app = await options.compose(options.environment, platform, log);
    return createEventApp(createEdge(app, log), options.limitMs);
  };
  return (): Promise<EventApp> => {
    composed ??= compose().catch((error: unknown) => {
      composed = undefined;
      throw error;
    });
    return composed;
  };
}

/** The app is composed once and kept; a composition that failed is tried again at the next request. */
export function createServiceHandler(options: ServiceHandlerOptions): ServiceHandler {
  const platform = options.platform ?? systemPlatform;
  const log = createJsonLog({
    clock: platform.clock,
    write: platform.writeLog,
    level: logLevel(options.environment),
    fields: { service: options.service, environment: options.environment['SALLYPORT_ENVIRONMENT'] ?? 'local' },
  });
  const ready = createComposition(options, platform, log);

  const respond: EventApp = async (event, context) => {
    try {
      return await (await ready())(event, context);
    } catch (error) {
      // The app answers its own faults: what ends here is an event that is no request, or a service that could not be composed.
      const requestId = findRequestId(event, context);
      const fields = { request_id: requestId, cause: describeFault(error) };
      if (error instanceof AppError && error.code === 'invalid_request') log.warn('event.refused', fields);
      else log.error('service.failed', fields);
      const response = errorResponse(error, requestId);
      return { ...response, headers: { ...response.headers, 'x-request-id': requestId } };
    }
  };
  const compose = async (): Promise<void> => void (await ready());
  const prepare = (): Promise<void> =>
    compose().catch((error: unknown) => log.error('service.failed', { cause: describeFault(error) }));
  return Object.assign(inOnePiece(respond), { prepare, compose, respond });
}
