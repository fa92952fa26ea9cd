import { randomUUID } from 'node:crypto';
import { createEmbeddedJobQueue } from '../adapters/embedded/job-queue.ts';
import type { Platform } from '../compose/service-handler.ts';
import { createLazyWorker } from '../compose/worker.ts';
import type { Environment } from '../config/load.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { jobKey } from '../trust/job.ts';
import { listKeys } from '../trust/list-keys.ts';

// The queue of jobs and its worker on one machine. Jobs that a run left undone are found by their records and done at the next start.

export interface LocalJobs {
  readonly queue: JobQueue;
  /** Begins to work, with what was left from the last run first. */
  start(environment: Environment, platform: Platform): Promise<void>;
  /** Takes no more, and waits for what is being done. */
  close(): Promise<void>;
}

/** As long as a function has on AWS. */
const JOB_MS = 300_000;

export function createLocalJobs(deps: { readonly store: KeyValueStore; readonly log: Log }): LocalJobs {
  const { store, log } = deps;
  const queue = createEmbeddedJobQueue({ onGivenUp: (job) => log.error('job.given_up', { job }) });
  return {
    queue,
    async start(environment, platform) {
      const worker = createLazyWorker(environment, platform);
      queue.attach((jobId) => worker.run(jobId, { remainingMs: JOB_MS, requestId: randomUUID() }));
      const prefix = jobKey('');
      for (const key of await listKeys(store, prefix)) await queue.send(key.slice(prefix.length));
    },
    close: () => queue.close(),
  };
}
