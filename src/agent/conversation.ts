import * as z from 'zod';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { readRecord } from '../trust/record.ts';
import { type StoredMessage, storedMessage } from './turn-record.ts';

// What was said before, for the model's memory. Kept as whole turns: what grows too long loses its oldest turns, never half of one,
// so that no tool call ever stands without its result. Key: `conversation:<person>:<id>`.

const conversationRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  updated_at: z.number().int(),
  turns: z.array(z.object({ turn: z.string(), messages: z.array(storedMessage) })),
});
type ConversationRecord = z.infer<typeof conversationRecord>;

const TTL = { ttlSeconds: 30 * 86_400 };
const MAX_TURNS = 20;
/** In characters of JSON: about 12,000 tokens, which every model in use can spare. */
const MAX_CHARACTERS = 48_000;
/** A tool's answer of an earlier turn is remembered, not replayed. */
const MAX_RESULT_CHARACTERS = 3000;
const ATTEMPTS = 5;

export interface Conversations {
  /** Stores a new one, in which nothing has been said, and answers its id. */
  start(person: string): Promise<string>;
  /** What was said in it outside the turn `except`. Undefined when this person has no such conversation. */
  load(person: string, id: string, except?: string): Promise<readonly StoredMessage[] | undefined>;
  /** Adds a turn that has ended or waits for the person; the same turn again takes its earlier place. */
  remember(person: string, id: string, turn: string, messages: readonly StoredMessage[]): Promise<void>;
}

function compact(message: StoredMessage): StoredMessage {
  if (message.role !== 'tool') return message;
  const { data, ...rest } = message;
  const small = data !== undefined && JSON.stringify(data).length <= MAX_RESULT_CHARACTERS;
  const text =
    rest.text.length > MAX_RESULT_CHARACTERS ? `${rest.text.slice(0, MAX_RESULT_CHARACTERS)} … (shortened)` : rest.text;
  return small ? { ...rest, text, data } : { ...rest, text };
}

/** The newest turns that fit; the newest one always. */
export function boundTurns<Turn extends { readonly messages: readonly StoredMessage[] }>(
  turns: readonly Turn[],
): Turn[] {
  const kept: Turn[] = [];
  let characters = 0;
  for (const turn of turns.slice(-MAX_TURNS).reverse()) {
    characters += JSON.stringify(turn.messages).length;
    if (kept.length > 0 && characters > MAX_CHARACTERS) break;
    kept.unshift(turn);
  }
  return kept;
}

export function createConversations(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): Conversations {
  const { store, clock, random } = deps;
  const keyOf = (person: string, id: string): string => `conversation:${person}:${id}`;

  function withTurn(record: ConversationRecord, turn: string, messages: readonly StoredMessage[]): ConversationRecord {
    const entry = { turn, messages: messages.map(compact) };
    const known = record.turns.some((other) => other.turn === turn);
    const turns = known ? record.turns.map((other) => (other.turn === turn ? entry : other)) : [...record.turns, entry];
    return { ...record, updated_at: clock.nowMs(), turns: boundTurns(turns) };
  }

  return {
    async start(person) {
      const id = `c_${encodeUlid(clock.nowMs(), random.bytes(10))}`;
      const record: ConversationRecord = { v: 1, id, updated_at: clock.nowMs(), turns: [] };
      await store.setIfAbsent(keyOf(person, id), JSON.stringify(record), TTL);
      return id;
    },

    async load(person, id, except) {
      const raw = await store.get(keyOf(person, id));
      if (raw === undefined) return undefined;
      const { turns } = readRecord(conversationRecord, raw, 'conversation');
      return turns.filter((turn) => turn.turn !== except).flatMap((turn) => turn.messages);
    },

    async remember(person, id, turn, messages) {
      const key = keyOf(person, id);
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const raw = await store.get(key);
        const empty: ConversationRecord = { v: 1, id, updated_at: 0, turns: [] };
        const record = raw === undefined ? empty : readRecord(conversationRecord, raw, 'conversation');
        const text = JSON.stringify(withTurn(record, turn, messages));
        const written =
          raw === undefined ? await store.setIfAbsent(key, text, TTL) : await store.compareAndSet(key, raw, text, TTL);
        if (written) return;
      }
    },
  };
}
