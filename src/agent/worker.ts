import { AppError } from '../kernel/app-error.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { isOpenJob, JOB_ID_PATTERN, type JobRecord, jobKey, jobRecord } from '../trust/job.ts';
import { readRecord } from '../trust/record.ts';
import { createJobClaims } from './job-claim.ts';

// Does jobs, each once. A queue hands out an id at least once, perhaps twice at the same time, perhaps again after a worker died: whoever
// takes the claim works, and what is done is done. The queue's message is believed in nothing but the id; the record says the rest.

export interface JobExchange {
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** How long this worker may still work. */
  readonly remainingMs: number;
  readonly log: Log;
}

/** Nothing when the job is done. */
export type JobResult = undefined | { readonly status: 'again'; readonly afterMs: number };

/**
 * Does one job. What it throws as `unavailable`, `rate_limited`, `timed_out` or `upstream_failed` is tried again later; any other fault
 * is the job's end.
 */
export type JobHandler = (job: JobRecord, exchange: JobExchange) => Promise<JobResult>;

/** By kind. A job of another kind is not done. */
export type JobHandlers = Readonly<Record<string, JobHandler>>;

export type JobOutcome =
  /** Done, now or before, or nothing that can be done: the message is of no more use. */
  | { readonly status: 'done' | 'dropped' }
  /** To be handed out again, not before so long. */
  | Exclude<JobResult, undefined>;

export interface Worker {
  /** Rejects only when the store cannot be asked: then the message has to come again too. */
  run(jobId: string, exchange: { readonly remainingMs: number; readonly requestId: string }): Promise<JobOutcome>;
}

/** Faults that may have passed when the job comes again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'rate_limited', 'timed_out', 'upstream_failed']);
const RETRY_MS = 15_000;

export interface WorkerDeps {
  readonly store: KeyValueStore;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Found {
  readonly job: JobRecord;
  readonly handler: JobHandler;
}

/** A fault's name and place in our code; its words may hold what was said. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = error.stack?.split('\n').find((line) => line.includes('/src/'));
  return `${error.name} ${place?.trim() ?? ''}`.trim();
}

export function createWorker(deps: WorkerDeps): Worker {
  const { store, handlers, clock, random, log } = deps;
  const claims = createJobClaims({ store, clock, owner: encodeUlid(clock.nowMs(), random.bytes(10)) });

  async function find(jobId: string, jobLog: Log): Promise<Found | undefined> {
    const drop = (reason: string): undefined => {
      jobLog.warn('job.dropped', { reason });
    };
    const raw = JOB_ID_PATTERN.test(jobId) ? await store.get(jobKey(jobId)) : undefined;
    if (raw === undefined) return drop('unknown');
    const job = readRecord(jobRecord, raw, 'job');
    if (job.id !== jobId) return drop('misplaced');
    if (!isOpenJob(job, clock.nowMs())) return drop('expired');
    const handler = Object.hasOwn(handlers, job.kind) ? handlers[job.kind] : undefined;
    return handler === undefined ? drop('kind') : { job, handler };
  }

  function traceparent(): string {
    const hex = Buffer.from(random.bytes(24)).toString('hex');
    return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
  }

  async function attempt({ job, handler }: Found, exchange: JobExchange): Promise<JobOutcome> {
    const count = (outcome: string): void => exchange.log.metric('Job', { kind: job.kind, outcome });
    try {
      const result = await handler(job, exchange);
      count(result === undefined ? 'done' : 'again');
      return result ?? { status: 'done' };
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      const fields = { code, cause: faultOf(error) };
      if (!PASSING.has(code)) {
        exchange.log.error('job.failed', fields);
        count('failed');
        return { status: 'done' };
      }
      exchange.log.warn('job.put_off', fields);
      count('again');
      const seconds = error instanceof AppError ? error.retryAfterSeconds : undefined;
      return { status: 'again', afterMs: seconds === undefined ? RETRY_MS : seconds * 1000 };
    }
  }

  return {
    async run(jobId, { remainingMs, requestId }) {
      const trace = traceparent();
      const named = JOB_ID_PATTERN.test(jobId) ? { job: jobId } : {};
      const requestLog = log.child({ request_id: requestId, traceparent: trace, ...named });
      const found = await find(jobId, requestLog);
      if (found === undefined) return { status: 'dropped' };
      const claim = await claims.take(jobId);
      if (claim.status === 'done') return { status: 'done' };
      if (claim.status === 'busy') return { status: 'again', afterMs: claim.afterMs };
      const jobLog = requestLog.child({ kind: found.job.kind });
      const startedMs = clock.nowMs();
      const outcome = await attempt(found, { traceparent: trace, remainingMs, log: jobLog });
      await claim.release(outcome.status === 'again' ? 'free' : 'done');
      jobLog.info(`job.${outcome.status}`, { ms: clock.nowMs() - startedMs });
      return outcome;
    },
  };
}
