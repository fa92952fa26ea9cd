import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { boundedProgress, hasEnded, LEASE_MS, type Progress, type TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';

// One worker's hold on one task: taken in one atomic step, renewed while it works, so that a task whose worker died is free within a minute. The same
// beat writes how far it is, and sees whether its owner wants it to end.

const BEAT_MS = 1_000;
/** Of a lease of 60 s: two renewals may fail. */
const RENEW_MS = 20_000;
/** A store that is away for a moment must not cost a result. */
const END_TRIES = 5;
const END_RETRY_MS = 500;

export interface HeldTask {
  /** Aborts when the owner asks for the end, or when somebody else has taken the task over. */
  readonly signal: AbortSignal;
  readonly cancelled: () => boolean;
  tell(progress: Progress): void;
  /** Ends it as `change` says, or leaves it as it is where it is not ours any more. Rejects when the store stays away. */
  end(change: Partial<TaskRecord>): Promise<void>;
  /** Gives it back as if it had not been begun. */
  giveBack(): Promise<void>;
}

export interface HoldDeps {
  readonly tasks: TaskStore;
  readonly clock: Clock;
  readonly owner: string;
  readonly log: Log;
}

export function holdTask({ tasks, clock, owner, log }: HoldDeps, { person, id, work }: TaskRecord): HeldTask {
  const abort = new AbortController();
  let cancelled = false;
  let told: Progress | undefined;
  let renewedAtMs = clock.nowMs();
  let beating: Promise<void> = Promise.resolve();
  const mine = (record: TaskRecord): boolean => !hasEnded(record) && record.work?.owner === owner;

  async function beat(): Promise<void> {
    const nowMs = clock.nowMs();
    const progress = told;
    const due = nowMs - renewedAtMs >= RENEW_MS;
    let lost = false;
    const now = await tasks.change(person, id, (record) => {
      lost = !mine(record);
      if (lost || (progress === undefined && !due)) return undefined;
      const next = { owner, until_ms: nowMs + LEASE_MS, tries: record.work?.tries ?? 1 };
      return { work: next, ...(progress !== undefined && { progress }) };
    });
    if (progress !== undefined && told === progress) told = undefined;
    if (due) renewedAtMs = nowMs;
    if (now === undefined || lost) abort.abort();
    else if (now.cancel === true) {
      cancelled = true;
      abort.abort();
    }
  }

  const timer = setInterval(() => {
    beating = beating.then(beat).catch(() => log.warn('task.beat_missed'));
  }, BEAT_MS);
  timer.unref();

  async function stop(): Promise<void> {
    clearInterval(timer);
    await beating;
  }

  async function change(difference: Partial<TaskRecord>): Promise<void> {
    await stop();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await tasks.change(person, id, (record) => (mine(record) ? difference : undefined));
        return;
      } catch (error) {
        if (attempt === END_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, END_RETRY_MS * attempt));
      }
    }
  }

  return {
    signal: abort.signal,
    cancelled: () => cancelled,
    tell: (progress) => {
      told = boundedProgress(progress);
    },
    end: change,
    giveBack: () => {
      const tries = (work?.tries ?? 1) - 1;
      return change({ status: 'queued', work: tries > 0 ? { owner: '', until_ms: 0, tries } : undefined });
    },
  };
}
