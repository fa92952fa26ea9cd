import * as z from 'zod';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { readRecord } from '../../trust/record.ts';
import { CONVERSATION_ID_PATTERN, TURN_ID_PATTERN } from '../turn-record.ts';

// Where in Slack something belongs, each under its person, so that nobody's thread leads to another one's conversation:
// `slackthread:<person>:<channel>:<thread>` → conversation, `slackturn:<person>:<turn>` → the messages that stand for a turn.

const threadRecord = z.object({
  v: z.literal(1),
  /** Absent where the person began anew and has said nothing yet. */
  conversation: z.string().regex(CONVERSATION_ID_PATTERN).optional(),
});

const ref = z.object({ channel: z.string(), ts: z.string() });

const turnPlace = z.object({
  v: z.literal(1),
  turn: z.string().regex(TURN_ID_PATTERN),
  user: z.string(),
  /** As which that user asked; without it, or once it is another person's, nothing more is shown there. */
  identity: z.string().optional(),
  /** Its one message, which is edited as it goes on. */
  message: ref,
  thread: z.string().optional(),
  /** Questions that were asked about it: `<approval id>.<digest>` names one asking. */
  questions: z.array(z.object({ value: z.string(), id: z.string(), summary: z.string(), message: ref })),
});
export type TurnPlace = z.infer<typeof turnPlace>;

/** A thread is remembered as long as its conversation; direct messages outside threads begin anew after half a day without a word. */
const THREAD_SECONDS = 30 * 86_400;
const MAIN_SECONDS = 12 * 3600;
/** As the turn itself. */
const TURN_SECONDS = 86_400;

/** The direct messages themselves, outside their threads. */
export const MAIN = 'main';

const threadKey = (person: string, channel: string, thread: string): string =>
  `slackthread:${person}:${channel}:${thread}`;
const turnKey = (person: string, turn: string): string => `slackturn:${person}:${turn}`;

export interface ThreadOf {
  readonly channel: string;
  readonly thread: string;
}

export interface SlackPlaces {
  conversationOf(person: string, thread: ThreadOf): Promise<string | undefined>;
  /** From now on the thread goes on with this conversation; without one it begins anew. */
  bind(person: string, thread: ThreadOf, conversation: string | undefined): Promise<void>;
  placeOf(person: string, turn: string): Promise<TurnPlace | undefined>;
  keep(person: string, place: Omit<TurnPlace, 'v'>): Promise<void>;
}

export function createSlackPlaces(store: Pick<KeyValueStore, 'get' | 'set'>): SlackPlaces {
  return {
    async conversationOf(person, { channel, thread }) {
      const raw = await store.get(threadKey(person, channel, thread));
      return raw === undefined ? undefined : readRecord(threadRecord, raw, 'thread').conversation;
    },
    async bind(person, { channel, thread }, conversation) {
      const record = { v: 1, ...(conversation !== undefined && { conversation }) };
      const ttlSeconds = thread === MAIN ? MAIN_SECONDS : THREAD_SECONDS;
      await store.set(threadKey(person, channel, thread), JSON.stringify(record), { ttlSeconds });
    },
    async placeOf(person, turn) {
      const raw = await store.get(turnKey(person, turn));
      return raw === undefined ? undefined : readRecord(turnPlace, raw, 'turn in Slack');
    },
    async keep(person, place) {
      await store.set(turnKey(person, place.turn), JSON.stringify({ v: 1, ...place }), { ttlSeconds: TURN_SECONDS });
    },
  };
}
