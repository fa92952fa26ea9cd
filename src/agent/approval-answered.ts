import * as z from 'zod';
import { APPROVAL_ID_PATTERN } from '../trust/approval.ts';
import type { JobRecord } from '../trust/job.ts';
import type { PausedTurns } from './paused-turns.ts';
import type { TellTurn } from './turn-events.ts';
import type { TurnRecord } from './turn-record.ts';
import type { Exchange, TurnService } from './turn-service.ts';
import { claimable } from './turn-store.ts';
import type { JobExchange, JobHandler, JobResult } from './worker.ts';

// The person has answered a question: the turn that waits for it goes on, with the scopes it was asked with and no others. Whether the
// answer was a yes is not looked at here: the turn makes its call again, and the MCP API decides.

/** Somebody who is told how a turn goes on: where the person asked, in Slack for one. */
export interface Follower {
  readonly tell?: TellTurn;
  /** Told once it has ended, waits again, or goes on elsewhere. What it throws is the job's failure. */
  stopped(record: TurnRecord): Promise<void>;
}

/** Undefined when nobody follows that turn. */
export type FollowTurn = (record: TurnRecord, exchange: JobExchange) => Promise<Follower | undefined>;

export interface ApprovalAnsweredDeps {
  readonly turns: Pick<TurnService, 'peek' | 'resume'>;
  readonly paused: PausedTurns;
  readonly clock: { nowMs(): number };
  readonly follow?: FollowTurn;
}

const payload = z.object({ approval: z.string().regex(APPROVAL_ID_PATTERN) });

/** For the records that are still to be written when the time is up. */
const MARGIN_MS = 5_000;
/** As long as a lease that nobody renews is in force. */
const AGAIN_MS = 60_000;

export function createApprovalAnswered(deps: ApprovalAnsweredDeps): JobHandler {
  const { turns, paused, clock, follow } = deps;

  /** The turn that waits for this very answer, and that nobody else is at. */
  async function waitingTurn(job: JobRecord): Promise<TurnRecord | undefined> {
    const { approval } = payload.parse(job.payload);
    const { person } = job;
    const id = person === undefined ? undefined : await paused.find(person, approval);
    // A client of the MCP API asked, and makes the call again by itself.
    if (person === undefined || id === undefined) return undefined;
    const record = await turns.peek(person, id);
    if (record === undefined || !claimable(record, clock.nowMs())) return undefined;
    const waits = record.status === 'running' || record.approvals.some((asked) => asked.id === approval);
    return waits ? record : undefined;
  }

  return async (job, exchange): Promise<JobResult> => {
    const record = await waitingTurn(job);
    if (record === undefined) {
      exchange.log.info('approval.nothing_waits');
      return undefined;
    }
    const follower = await follow?.(record, exchange);
    const { traceparent, log, remainingMs } = exchange;
    const tell = follower?.tell;
    const turn: Exchange = { traceparent, log, waitMs: remainingMs - MARGIN_MS, ...(tell !== undefined && { tell }) };
    const after = await turns.resume({ person: record.person, scopes: record.scopes }, record.id, turn);
    // Not ended in the time there was, or somebody else's meanwhile: if it is left alone, it is taken over.
    if (after.status === 'running') return { status: 'again', afterMs: AGAIN_MS };
    await follower?.stopped(after);
    return undefined;
  };
}
