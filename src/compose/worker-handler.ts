import type { Environment } from '../config/load.ts';
import { createQueueHandler, type QueueHandler } from './queue-handler.ts';
import { type Platform, systemPlatform } from './service-handler.ts';
import { createLazyWorker } from './worker.ts';

// The agent's worker behind its queue.

export interface WorkerHandlerOptions {
  readonly environment: Environment;
  readonly platform?: Platform;
}

export function createWorkerHandler({ environment, platform = systemPlatform }: WorkerHandlerOptions): QueueHandler {
  return createQueueHandler(createLazyWorker(environment, platform), environment['SALLYPORT_JOBS_QUEUE_URL']);
}
