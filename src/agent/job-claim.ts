import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { type JobClaim, jobClaim, jobClaimKey, MAX_JOB_SECONDS } from '../trust/job.ts';
import { readRecord } from '../trust/record.ts';

// Who does a job: one worker at a time, and nobody any more once it is done. A claim runs out soon unless it is renewed, so that a job
// whose worker died is taken over within a minute, however long jobs may take.

export const CLAIM_MS = 60_000;
const RENEW_MS = 20_000;
/** Of two that came at the same moment, one comes again after this. */
const RACE_MS = 1_000;
const TTL = { ttlSeconds: MAX_JOB_SECONDS };

export interface HeldClaim {
  readonly status: 'taken';
  /** Ends the claim: the job is done, or anybody may take it. Nothing is written when somebody else has overtaken us. */
  release(state: 'done' | 'free'): Promise<void>;
}

export type ClaimAnswer =
  | HeldClaim
  | { readonly status: 'done' }
  | { readonly status: 'busy'; readonly afterMs: number };

export interface JobClaims {
  take(jobId: string): Promise<ClaimAnswer>;
}

export function createJobClaims(deps: {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent' | 'compareAndSet'>;
  readonly clock: Clock;
  /** Names this process in claims. */
  readonly owner: string;
}): JobClaims {
  const { store, clock, owner } = deps;
  const written = (claim: JobClaim): string => JSON.stringify(claim);
  const mine = (): string => written({ v: 1, state: 'taken', owner, until: clock.nowMs() + CLAIM_MS });

  function hold(key: string, first: string): HeldClaim {
    let raw = first;
    let renewal = Promise.resolve();
    const renew = async (): Promise<void> => {
      const next = mine();
      if (await store.compareAndSet(key, raw, next, TTL)) raw = next;
    };
    // A store that is away for a moment costs one renewal, of which the claim outlives two.
    const timer = setInterval(() => {
      renewal = renewal.then(renew).catch(() => {});
    }, RENEW_MS);
    timer.unref();
    return {
      status: 'taken',
      async release(state) {
        clearInterval(timer);
        await renewal;
        await store.compareAndSet(key, raw, written({ v: 1, state }), TTL);
      },
    };
  }

  return {
    async take(jobId) {
      const key = jobClaimKey(jobId);
      const first = mine();
      const raw = await store.get(key);
      if (raw === undefined) {
        return (await store.setIfAbsent(key, first, TTL)) ? hold(key, first) : { status: 'busy', afterMs: RACE_MS };
      }
      const claim = readRecord(jobClaim, raw, 'job claim');
      if (claim.state === 'done') return { status: 'done' };
      const leftMs = claim.state === 'taken' ? claim.until - clock.nowMs() : 0;
      if (leftMs > 0) return { status: 'busy', afterMs: leftMs };
      const taken = await store.compareAndSet(key, raw, first, TTL);
      return taken ? hold(key, first) : { status: 'busy', afterMs: RACE_MS };
    },
  };
}
