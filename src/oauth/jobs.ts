import type { Clock } from '../ports/clock.ts';
import type { JobQueue, SendOptions } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { type JobRecord, jobKey, jobRecord, MAX_JOB_SECONDS } from '../trust/job.ts';

// Work that the OAuth API leaves to the agent's worker. The record is written before the message is sent, so that a worker never finds
// nothing; a job that is there already is sent again and stays as it was first written: the worker does it once.

export interface NewJob {
  /** From `jobIdOf`: what comes twice is one job. */
  readonly id: string;
  readonly kind: string;
  readonly person?: string;
  readonly identity?: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ttlSeconds: number;
}

export interface Jobs {
  /** Rejects with AppError `unavailable` when the store or the queue does not take it; trying again does no harm. */
  enqueue(job: NewJob, options?: SendOptions): Promise<void>;
}

export function createJobs(deps: {
  readonly store: KeyValueStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
}): Jobs {
  const { store, queue, clock } = deps;
  return {
    async enqueue({ ttlSeconds, ...job }, options) {
      const now = Math.floor(clock.nowMs() / 1000);
      const seconds = Math.min(ttlSeconds, MAX_JOB_SECONDS);
      const record: JobRecord = jobRecord.parse({ v: 1, ...job, created_at: now, expires_at: now + seconds });
      await store.setIfAbsent(jobKey(job.id), JSON.stringify(record), { ttlSeconds: seconds });
      await queue.send(job.id, options);
    },
  };
}
