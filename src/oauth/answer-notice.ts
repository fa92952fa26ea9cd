import type { Log } from '../ports/log.ts';
import { APPROVAL_TTL_SECONDS, type ApprovalRecord } from '../trust/approval.ts';
import { jobIdOf } from '../trust/job.ts';
import type { Jobs } from './jobs.ts';

// Tells the agent's worker that a question is answered, so that the turn behind it goes on by itself. Nothing depends on it: the answer is
// written before, and a client that asks for the turn to go on does the same.

/** A job of this kind has `{approval}` as its payload, and the answer's person. */
const KIND = 'approval.answered';
/** A program that answers goes on with the turn itself and shows how; the worker comes after it. */
const AFTER_CLIENT_SECONDS = 3;

/** `viaClient`: the answer came from a program of the person's, not from a page or a button. Never rejects. */
export type TellAnswer = (question: ApprovalRecord, viaClient: boolean) => Promise<void>;

export function createAnswerNotice(deps: { readonly jobs: Jobs; readonly log: Log }): TellAnswer {
  const { jobs, log } = deps;
  return async ({ id, instance, person, agent }, viaClient) => {
    // Other callers of the MCP API have no turns: they make their call again by themselves.
    if (!agent.startsWith('agent/')) return;
    const job = { id: jobIdOf(KIND, person, id, instance), kind: KIND, person, payload: { approval: id } };
    const delay = viaClient ? { delaySeconds: AFTER_CLIENT_SECONDS } : {};
    try {
      await jobs.enqueue({ ...job, ttlSeconds: APPROVAL_TTL_SECONDS }, delay);
    } catch (error) {
      log.error('approval.nobody_told', { cause: error instanceof Error ? error.name : typeof error });
    }
  };
}
