import { randomUUID } from 'node:crypto';
import { createEmbeddedJobQueue } from '../adapters/embedded/job-queue.ts';
import { createLazyCallsWorker } from '../compose/calls-worker.ts';
import type { Platform } from '../compose/service-handler.ts';
import { createLazyWorker } from '../compose/worker.ts';
import type { Environment } from '../config/load.ts';
import { TASK_PREFIX } from '../mcp/tasks/task-record.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { jobKey } from '../trust/job.ts';
import { listKeys } from '../trust/list-keys.ts';

// The queue of jobs and its worker on one machine. Jobs that a run left undone are found by their records and done at the next start.

export interface LocalJobs {
  /** Of the agent's worker. */
  readonly queue: JobQueue;
  /** Of the doors' worker, which does the calls that take longer than one answer may. */
  readonly calls: JobQueue;
  /** Begins to work, with what was left from the last run first. */
  start(environments: { readonly worker: Environment; readonly calls: Environment }, platform: Platform): Promise<void>;
  /** Takes no more, and waits for what is being done. */
  close(): Promise<void>;
}

/** As long as a function has on AWS. */
const JOB_MS = 300_000;
/** As long as any function may. */
const CALL_MS = 900_000;
/** Nobody waits for such a call when they stop their machine. */
const CLOSE_MS = 2_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

export function createLocalJobs(deps: { readonly store: KeyValueStore; readonly log: Log }): LocalJobs {
  const { store, log } = deps;
  const queue = createEmbeddedJobQueue({ onGivenUp: (job) => log.error('job.given_up', { job }) });
  const calls = createEmbeddedJobQueue({ onGivenUp: () => log.error('task.given_up') });
  return {
    queue,
    calls,
    async start(environments, platform) {
      const worker = createLazyWorker(environments.worker, platform);
      queue.attach((jobId) => worker.run(jobId, { remainingMs: JOB_MS, requestId: randomUUID() }));
      const prefix = jobKey('');
      for (const key of await listKeys(store, prefix)) await queue.send(key.slice(prefix.length));
      const doorsWorker = createLazyCallsWorker(environments.calls, platform);
      calls.attach((name) => doorsWorker.run(name, { remainingMs: CALL_MS, requestId: randomUUID() }));
      // Whatever has ended is known to have ended by its record.
      for (const key of await listKeys(store, TASK_PREFIX)) await calls.send(key.slice(TASK_PREFIX.length));
    },
    async close() {
      // A long call goes on when the machine is started again, as far as that does no harm.
      await Promise.all([queue.close(), Promise.race([calls.close(), pause(CLOSE_MS)])]);
    },
  };
}
