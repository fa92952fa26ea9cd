import * as z from 'zod';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { APPROVAL_TTL_SECONDS } from '../trust/approval.ts';
import { readRecord } from '../trust/record.ts';
import { TURN_ID_PATTERN } from './turn-record.ts';

// Which turn waits for an answer of the person's, so that it can go on without a client: `paused:<person>:<approval>` → turn. A question is
// named by what it asks (docs/decisions/0005), so two turns can wait for one answer; it is used once, by the turn that asked last.

const pausedRecord = z.object({ v: z.literal(1), turn: z.string().regex(TURN_ID_PATTERN) });

const pausedKey = (person: string, approval: string): string => `paused:${person}:${approval}`;

export interface PausedTurns {
  note(person: string, approvals: readonly string[], turn: string): Promise<void>;
  /** The turn that waits for it; undefined for a question that no turn asked. */
  find(person: string, approval: string): Promise<string | undefined>;
}

export function createPausedTurns(store: Pick<KeyValueStore, 'get' | 'set'>): PausedTurns {
  return {
    async note(person, approvals, turn) {
      const text = JSON.stringify({ v: 1, turn } satisfies z.infer<typeof pausedRecord>);
      const expiry = { ttlSeconds: APPROVAL_TTL_SECONDS };
      await Promise.all(approvals.map((approval) => store.set(pausedKey(person, approval), text, expiry)));
    },
    async find(person, approval) {
      const raw = await store.get(pausedKey(person, approval));
      return raw === undefined ? undefined : readRecord(pausedRecord, raw, 'paused turn').turn;
    },
  };
}
