import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import {
  APPROVAL_ID_PATTERN,
  type ApprovalRecord,
  approvalKey,
  approvalRecord,
  type DecisionRecord,
  decisionKey,
  decisionRecord,
} from '../trust/approval.ts';
import { listKeys } from '../trust/list-keys.ts';
import { readRecord } from '../trust/record.ts';
import type { TellAnswer } from './answer-notice.ts';

// The person's answers. The question belongs to the MCP API and is only read here; the answer is written once for each time
// the question was asked (`instance`) and never changed after: a yes cannot become a no, nor a no a yes.

export type Decision = DecisionRecord['decision'];

export interface Question {
  readonly record: ApprovalRecord;
  readonly status: 'pending' | Decision;
}

export interface Answer {
  readonly person: string;
  readonly id: string;
  /** The asking that the person saw; left out by a client that names none. */
  readonly instance?: string | undefined;
  readonly decision: Decision;
  readonly by: string;
  /** From a program of the person's, which goes on with the turn itself. */
  readonly viaClient?: boolean;
}

export interface Approvals {
  /** Unanswered questions, oldest first. */
  pending(person: string): Promise<readonly Question[]>;
  /** Rejects with `not_found` (also for another person's) or `gone`. */
  read(person: string, id: string): Promise<Question>;
  /** Idempotent. Rejects with `conflict` when the other answer was given before, or when it was asked again since the person saw it. */
  decide(answer: Answer): Promise<Question>;
}

const ATTEMPTS = 5;

export interface ApprovalsDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** Told of each answer once it is written; absent where nobody waits to hear. */
  readonly tell?: TellAnswer | undefined;
}

export function createApprovals({ store, clock, tell }: ApprovalsDeps): Approvals {
  async function statusOf(record: ApprovalRecord): Promise<Question['status']> {
    const raw = await store.get(decisionKey(record.person, record.id));
    if (raw === undefined) return 'pending';
    const decision = readRecord(decisionRecord, raw, 'decision');
    return decision.instance === record.instance ? decision.decision : 'pending';
  }

  async function readOpen(person: string, id: string): Promise<ApprovalRecord> {
    const raw = APPROVAL_ID_PATTERN.test(id) ? await store.get(approvalKey(person, id)) : undefined;
    if (raw === undefined) {
      throw new AppError(
        'not_found',
        'There is no such question for you. It was never asked, has been used already, or was asked over 10 minutes ago.',
      );
    }
    const record = readRecord(approvalRecord, raw, 'approval');
    if (record.expires_at * 1000 <= clock.nowMs()) {
      throw new AppError(
        'gone',
        'This question was open for 10 minutes and is closed now. Nothing was done. Ask the agent again.',
      );
    }
    return record;
  }

  /** Writes the answer, or finds the one that is there. `undefined` when another write came between. */
  async function settle(record: ApprovalRecord, answer: Answer): Promise<Decision | undefined> {
    const key = decisionKey(record.person, record.id);
    const now = Math.floor(clock.nowMs() / 1000);
    const next: DecisionRecord = {
      v: 1,
      id: record.id,
      instance: record.instance,
      decision: answer.decision,
      decided_at: now,
      by: answer.by,
    };
    const ttlSeconds = Math.max(1, record.expires_at - now);
    const raw = await store.get(key);
    if (raw === undefined) {
      return (await store.setIfAbsent(key, JSON.stringify(next), { ttlSeconds })) ? answer.decision : undefined;
    }
    const given = readRecord(decisionRecord, raw, 'decision');
    if (given.instance === record.instance) return given.decision;
    // An answer to an earlier asking of the same question: it says nothing about this one.
    return (await store.compareAndSet(key, raw, JSON.stringify(next), { ttlSeconds })) ? answer.decision : undefined;
  }

  return {
    async pending(person) {
      const raws = await Promise.all((await listKeys(store, approvalKey(person, ''))).map((key) => store.get(key)));
      const records = raws
        .filter((raw) => raw !== undefined)
        .map((raw) => readRecord(approvalRecord, raw, 'approval'))
        .filter((record) => record.expires_at * 1000 > clock.nowMs())
        .sort((left, right) => left.created_at - right.created_at);
      const questions = await Promise.all(records.map(async (record) => ({ record, status: await statusOf(record) })));
      return questions.filter(({ status }) => status === 'pending');
    },
    async read(person, id) {
      const record = await readOpen(person, id);
      return { record, status: await statusOf(record) };
    },
    async decide(answer) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        // Read anew each time: the agent may have asked again in between.
        const record = await readOpen(answer.person, answer.id);
        // The arguments are the same, but what they do may not be: an event's id names another title by now.
        if (answer.instance !== undefined && answer.instance !== record.instance) {
          throw new AppError(
            'conflict',
            'This was asked again since you saw it. Nothing was answered. Look at it again.',
          );
        }
        const settled = await settle(record, answer);
        if (settled === answer.decision) {
          await tell?.(record, answer.viaClient === true);
          return { record, status: settled };
        }
        if (settled !== undefined) {
          throw new AppError('conflict', `You have already said ${settled} to this. An answer cannot be changed.`);
        }
      }
      throw new AppError('unavailable', 'Your answer could not be written just now. Try again.');
    },
  };
}
