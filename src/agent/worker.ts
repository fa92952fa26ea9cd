import { AppError } from '../kernel/app-error.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import {
  isOpenJob,
  JOB_ID_PATTERN,
  type JobClaim,
  type JobRecord,
  jobClaim,
  jobClaimKey,
  jobKey,
  jobRecord,
  MAX_JOB_SECONDS,
} from '../trust/job.ts';
import { readRecord } from '../trust/record.ts';

// Does jobs, each once. A queue hands out an id at least once, perhaps twice at the same time, perhaps again after a worker died: whoever
// takes the claim works, and what is done is done. The queue's message is believed in nothing but the id; the record says the rest.

export interface JobExchange {
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** How long this worker may still work. */
  readonly remainingMs: number;
  readonly log: Log;
}

/** Does one job. What it throws as `unavailable`, `rate_limited`, `timed_out` or `upstream_failed` is tried again later; any other fault is the job's end. */
export type JobHandler = (job: JobRecord, exchange: JobExchange) => Promise<void>;

/** By kind. A job of another kind is not done. */
export type JobHandlers = Readonly<Record<string, JobHandler>>;

export type JobOutcome =
  /** Done, now or before, or nothing that can be done: the message is of no more use. */
  | { readonly status: 'done' | 'dropped' }
  /** To be handed out again, not before so long. */
  | { readonly status: 'again'; readonly afterMs: number };

export interface Worker {
  /** Rejects only when the store cannot be asked: then the message has to come again too. */
  run(jobId: string, exchange: { readonly remainingMs: number; readonly requestId: string }): Promise<JobOutcome>;
}

/** Faults that may have passed when the job comes again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'rate_limited', 'timed_out', 'upstream_failed']);
const RETRY_MS = 15_000;
/** A claim is written anew no more often; a worker that was frozen longer than its time is overtaken. */
const CLAIM_MARGIN_MS = 5_000;
const CLAIM_TTL = { ttlSeconds: MAX_JOB_SECONDS };

export interface WorkerDeps {
  readonly store: KeyValueStore;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type Taken = { readonly raw: string } | { readonly outcome: JobOutcome };

export function createWorker(deps: WorkerDeps): Worker {
  const { store, handlers, clock, random, log } = deps;
  const owner = encodeUlid(clock.nowMs(), random.bytes(10));

  async function take(jobId: string, remainingMs: number): Promise<Taken> {
    const key = jobClaimKey(jobId);
    const until = clock.nowMs() + remainingMs + CLAIM_MARGIN_MS;
    const mine = JSON.stringify({ v: 1, state: 'taken', owner, until } satisfies JobClaim);
    const raw = await store.get(key);
    if (raw === undefined) {
      return (await store.setIfAbsent(key, mine, CLAIM_TTL)) ? { raw: mine } : busy(RETRY_MS);
    }
    const claim = readRecord(jobClaim, raw, 'job claim');
    if (claim.state === 'done') return { outcome: { status: 'done' } };
    const leftMs = claim.state === 'taken' ? claim.until - clock.nowMs() : 0;
    if (leftMs > 0) return busy(leftMs);
    return (await store.compareAndSet(key, raw, mine, CLAIM_TTL)) ? { raw: mine } : busy(RETRY_MS);
  }

  const busy = (afterMs: number): Taken => ({ outcome: { status: 'again', afterMs } });

  async function note(jobId: string, mine: string, claim: JobClaim): Promise<void> {
    // False when somebody overtook us: then the note is theirs to write.
    await store.compareAndSet(jobClaimKey(jobId), mine, JSON.stringify(claim), CLAIM_TTL);
  }

  async function find(jobId: string, jobLog: Log): Promise<{ job: JobRecord; handler: JobHandler } | undefined> {
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

  return {
    async run(jobId, { remainingMs, requestId }) {
      const trace = traceparent();
      const named = JOB_ID_PATTERN.test(jobId) ? { job: jobId } : {};
      const requestLog = log.child({ request_id: requestId, traceparent: trace, ...named });
      const found = await find(jobId, requestLog);
      if (found === undefined) return { status: 'dropped' };
      const { job, handler } = found;
      const taken = await take(jobId, remainingMs);
      if ('outcome' in taken) return taken.outcome;
      const jobLog = requestLog.child({ kind: job.kind });
      const startedMs = clock.nowMs();
      try {
        await handler(job, { traceparent: trace, remainingMs, log: jobLog });
      } catch (error) {
        const code = error instanceof AppError ? error.code : 'internal';
        jobLog.error('job.failed', { code, cause: error instanceof Error ? error.name : typeof error });
        jobLog.metric('Job', { kind: job.kind, outcome: 'failed' });
        if (!PASSING.has(code)) {
          await note(jobId, taken.raw, { v: 1, state: 'done' });
          return { status: 'done' };
        }
        await note(jobId, taken.raw, { v: 1, state: 'free' });
        const seconds = error instanceof AppError ? error.retryAfterSeconds : undefined;
        return { status: 'again', afterMs: seconds === undefined ? RETRY_MS : seconds * 1000 };
      }
      await note(jobId, taken.raw, { v: 1, state: 'done' });
      jobLog.info('job.done', { ms: clock.nowMs() - startedMs });
      jobLog.metric('Job', { kind: job.kind, outcome: 'done' });
      return { status: 'done' };
    },
  };
}
