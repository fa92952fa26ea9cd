import type { JobQueue } from '../../ports/job-queue.ts';

// The queue of one machine: in this process, without a file. What was sent and not done when the process ended is found again by its
// records, which the store kept: whoever opens the queue hands it their ids (`send`), and what was done already is not done twice.

export interface EmbeddedJobQueue extends JobQueue {
  /** Who does the jobs. What came before waits for it. */
  attach(work: (jobId: string) => Promise<JobAnswer>): void;
  /** Takes no more, and waits for what is being done. */
  close(): Promise<void>;
}

export type JobAnswer =
  | { readonly status: 'done' | 'dropped' }
  | { readonly status: 'again'; readonly afterMs: number };

export interface EmbeddedJobQueueOptions {
  /** Told of a job that was given up, with how its last try ended. */
  readonly onGivenUp: (jobId: string, cause: unknown) => void;
  /** Tries, as a queue of SQS has them (`maxReceiveCount`). */
  readonly maxTries?: number;
  /** The shortest wait before the next try, milliseconds. */
  readonly retryMs?: number;
}

const MAX_TRIES = 5;
const RETRY_MS = 1_000;
/** The longest that a timer takes; longer, it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createEmbeddedJobQueue(options: EmbeddedJobQueueOptions): EmbeddedJobQueue {
  const { onGivenUp, maxTries = MAX_TRIES, retryMs = RETRY_MS } = options;
  const timers = new Set<NodeJS.Timeout>();
  const atWork = new Set<Promise<void>>();
  const early: string[] = [];
  let work: ((jobId: string) => Promise<JobAnswer>) | undefined;
  let closed = false;

  function later(ms: number, run: () => void): void {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        run();
      },
      Math.min(Math.max(0, ms), MAX_TIMER_MS),
    );
    // What waits for its time keeps no process alive: its record does.
    timer.unref();
    timers.add(timer);
  }

  function start(jobId: string, attempt: number): void {
    if (closed) return;
    if (work === undefined) {
      early.push(jobId);
      return;
    }
    const done = tryOnce(work, jobId, attempt).finally(() => atWork.delete(done));
    atWork.add(done);
  }

  async function tryOnce(run: (jobId: string) => Promise<JobAnswer>, jobId: string, attempt: number): Promise<void> {
    let cause: unknown;
    let afterMs = retryMs;
    try {
      const answer = await run(jobId);
      if (answer.status !== 'again') return;
      afterMs = Math.max(retryMs, answer.afterMs);
    } catch (error) {
      cause = error;
    }
    if (attempt >= maxTries) onGivenUp(jobId, cause);
    else if (!closed) later(afterMs, () => start(jobId, attempt + 1));
  }

  return {
    async send(jobId, { delaySeconds = 0 } = {}) {
      if (closed) return;
      later(delaySeconds * 1000, () => start(jobId, 1));
    },
    attach(run) {
      work = run;
      for (const jobId of early.splice(0)) start(jobId, 1);
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      while (atWork.size > 0) await Promise.all(atWork);
    },
  };
}
