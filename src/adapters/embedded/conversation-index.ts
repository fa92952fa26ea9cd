import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConversationSummary } from '../../ports/conversation-store.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Random } from '../../ports/random.ts';
import { readRecord } from '../../trust/record.ts';
import { CONVERSATION_TTL_SECONDS, type ListPosition } from '../conversations/conversation-records.ts';

// Which conversations a person has: one record for each person, `conversations:<person>`, written behind the conversations themselves. A process
// that dies between the two leaves a conversation out of the list until it is written to again; it never makes up one.

const entry = z.object({
  id: z.string(),
  version: z.number().int(),
  title: z.string(),
  tainted: z.boolean(),
  dropped_turns: z.number().int(),
  turn_count: z.number().int(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
  expires_at: z.number().int(),
});
type Entry = z.infer<typeof entry>;
const indexRecord = z.object({ v: z.literal(1), conversations: z.array(entry) });

/** The newest ones. Five hundred with the longest titles fit a record; older ones can be opened by their ids as long as they last. */
const MAX_LISTED = 500;
const TRIES = 30;
const LONGEST_PAUSE_MS = 200;

const toEntry = (summary: ConversationSummary): Entry => ({
  id: summary.id,
  version: summary.version,
  title: summary.title,
  tainted: summary.tainted,
  dropped_turns: summary.droppedTurns,
  turn_count: summary.turnCount,
  created_at: summary.createdAtMs,
  updated_at: summary.updatedAtMs,
  expires_at: summary.expiresAtMs,
});

const toSummary = (known: Entry): ConversationSummary => ({
  id: known.id,
  version: known.version,
  title: known.title,
  tainted: known.tainted,
  droppedTurns: known.dropped_turns,
  turnCount: known.turn_count,
  createdAtMs: known.created_at,
  updatedAtMs: known.updated_at,
  expiresAtMs: known.expires_at,
});

const byText = (left: string, right: string): number => Number(left < right) - Number(left > right);
/** The one written last first; of two at the same time, the one that began later. */
const newestFirst = (left: Entry, right: Entry): number =>
  right.updated_at - left.updated_at || byText(left.id, right.id);

const isBehind = ({ updatedAtMs, id }: ListPosition, other: Entry): boolean =>
  other.updated_at < updatedAtMs || (other.updated_at === updatedAtMs && other.id < id);

export interface ConversationIndex {
  /** Whether it was listed before. An older version than the listed one changes nothing. */
  put(person: string, summary: ConversationSummary): Promise<boolean>;
  drop(person: string, id: string): Promise<void>;
  list(
    person: string,
    page: { readonly after: ListPosition | undefined; readonly limit: number },
  ): Promise<readonly ConversationSummary[]>;
}

export function createConversationIndex(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): ConversationIndex {
  const { store, clock, random } = deps;
  const keyOf = (person: string): string => `conversations:${person}`;
  /** Writers of this process wait for each other, so that they never get into each other's way. */
  const queues = new Map<string, Promise<unknown>>();

  function inTurn<Value>(person: string, work: () => Promise<Value>): Promise<Value> {
    const before = queues.get(person) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => {},
      () => {},
    );
    queues.set(person, settled);
    void settled.then(() => {
      if (queues.get(person) === settled) queues.delete(person);
    });
    return mine;
  }

  async function read(person: string): Promise<{ readonly raw: string | undefined; readonly entries: Entry[] }> {
    const raw = await store.get(keyOf(person));
    const record = raw === undefined ? undefined : readRecord(indexRecord, raw, 'list of conversations');
    const nowMs = clock.nowMs();
    return { raw, entries: (record?.conversations ?? []).filter((known) => known.expires_at > nowMs) };
  }

  /** Writes what `change` makes of the entries; nothing when it answers undefined. */
  async function change(person: string, apply: (entries: readonly Entry[]) => Entry[] | undefined): Promise<void> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await pause((Math.min(LONGEST_PAUSE_MS, 2 ** tried) * (random.bytes(1)[0] ?? 0)) / 255);
      const { raw, entries } = await read(person);
      const wanted = apply(entries)?.sort(newestFirst).slice(0, MAX_LISTED);
      if (wanted === undefined) return;
      const text = JSON.stringify({ v: 1, conversations: wanted });
      const expiry = { ttlSeconds: CONVERSATION_TTL_SECONDS };
      const written = await (raw === undefined
        ? store.setIfAbsent(keyOf(person), text, expiry)
        : store.compareAndSet(keyOf(person), raw, text, expiry));
      if (written) return;
    }
    throw new AppError('conflict', 'The list of conversations keeps changing. Try again.', { retryAfterSeconds: 1 });
  }

  return {
    put: (person, summary) =>
      inTurn(person, async () => {
        let listed = false;
        await change(person, (entries) => {
          const known = entries.find(({ id }) => id === summary.id);
          listed = known !== undefined;
          if (known !== undefined && known.version >= summary.version) return undefined;
          return [toEntry(summary), ...entries.filter(({ id }) => id !== summary.id)];
        });
        return listed;
      }),

    drop: (person, dropped) =>
      inTurn(person, () =>
        change(person, (entries) => {
          const rest = entries.filter(({ id }) => id !== dropped);
          return rest.length === entries.length ? undefined : rest;
        }),
      ),

    async list(person, { after, limit }) {
      const { entries } = await read(person);
      const ordered = entries.sort(newestFirst);
      const behind = after === undefined ? ordered : ordered.filter((known) => isBehind(after, known));
      return behind.slice(0, limit + 1).map(toSummary);
    },
  };
}
