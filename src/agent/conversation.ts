import { AppError } from '../kernel/app-error.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ConversationContent,
  ConversationStore,
  ConversationTurn,
  ConversationTurnStatus,
} from '../ports/conversation-store.ts';
import type { Random } from '../ports/random.ts';
import { titleFrom } from './conversation-title.ts';
import { type StoredMessage, storedMessage } from './turn-record.ts';

// What was said before, for the model's memory, and for the person to read again. Kept as whole turns, so that no tool call ever stands
// without its result. A turn is in its conversation from its beginning: whatever becomes of it, the question is there, and that it was
// not answered.

/** What one conversation may hold, in turns and in characters of JSON: all of it goes out in one answer. */
const MAX_KEPT_TURNS = 500;
const MAX_KEPT_CHARACTERS = 2_000_000;
/** What is read back for a turn, in characters of JSON. `compaction.ts` cuts it to the model's window, and writes a line for what it leaves out. */
const MAX_TURNS = 200;
const MAX_CHARACTERS = 400_000;
/** A tool's answer of an earlier turn is remembered, not replayed. */
const MAX_RESULT_CHARACTERS = 3000;

const UNANSWERED = '(This has not been answered: it waits, is still being worked on, or was broken off.)';

export interface Remembered {
  /** `completed` when left out. */
  readonly status?: ConversationTurnStatus;
  /** Private or untrusted data came into the turn. */
  readonly tainted?: boolean;
}

export interface Loaded {
  readonly messages: readonly StoredMessage[];
  /** Private or untrusted data came into it, in whichever turn, be that one still kept or not. */
  readonly tainted: boolean;
}

export interface Opening {
  readonly turn: string;
  readonly question: string;
}

export interface Conversations {
  /** Stores a new one, in which nothing has been said but the question that opens it, and answers its id. */
  start(person: string, opening?: Opening & { readonly id: string }): Promise<string>;
  /** Puts a question into a conversation, before work on it begins. False when this person has no such conversation. */
  ask(person: string, id: string, opening: Opening): Promise<boolean>;
  /** What was said in it outside the turn `except`. Undefined when this person has no such conversation. */
  load(person: string, id: string, except?: string): Promise<Loaded | undefined>;
  /** Adds a turn that has ended or waits for the person; the same turn again takes its earlier place. Nothing, where the person has deleted it. */
  remember(
    person: string,
    id: string,
    turn: string,
    messages: readonly StoredMessage[],
    state?: Remembered,
  ): Promise<void>;
}

export function newConversationId(clock: Clock, random: Random): string {
  return `c_${encodeUlid(clock.nowMs(), random.bytes(10))}`;
}

/** Thoughts are wanted back within their turn. */
const withoutThoughts = ({ role, text, calls }: Extract<StoredMessage, { role: 'assistant' }>): StoredMessage => ({
  role,
  text,
  calls: calls.map(({ signature: _gone, ...call }) => call),
});

function compact(message: StoredMessage): StoredMessage {
  if (message.role === 'assistant') return withoutThoughts(message);
  if (message.role === 'user') return message;
  const { data, ...rest } = message;
  const small = data !== undefined && JSON.stringify(data).length <= MAX_RESULT_CHARACTERS;
  const text =
    rest.text.length > MAX_RESULT_CHARACTERS ? `${rest.text.slice(0, MAX_RESULT_CHARACTERS)} … (shortened)` : rest.text;
  return small ? { ...rest, text, data } : { ...rest, text };
}

interface Bounds {
  readonly turns: number;
  readonly characters: number;
}

/** The newest turns that fit; the newest one always. */
export function boundTurns<Turn extends { readonly messages: readonly object[] }>(
  turns: readonly Turn[],
  bounds: Bounds = { turns: MAX_TURNS, characters: MAX_CHARACTERS },
): Turn[] {
  const kept: Turn[] = [];
  let characters = 0;
  for (const turn of turns.slice(-bounds.turns).reverse()) {
    characters += JSON.stringify(turn.messages).length;
    if (kept.length > 0 && characters > bounds.characters) break;
    kept.unshift(turn);
  }
  return kept;
}

/** Messages as they lie in a conversation, checked. One that cannot be read is a fault, never an absent one. */
export function readMessages(turn: ConversationTurn): readonly StoredMessage[] {
  const parsed = storedMessage.array().safeParse(turn.messages);
  if (parsed.success) return parsed.data;
  throw new AppError('internal', 'A stored conversation cannot be read. Ask your operator to look at the log.', {
    cause: parsed.error,
  });
}

/** For the model: a question without an answer says so. */
function spokenIn(turn: ConversationTurn): readonly StoredMessage[] {
  const messages = readMessages(turn);
  const last = messages.at(-1);
  const answered = last === undefined || (last.role === 'assistant' && last.calls.length === 0);
  return answered ? messages : [...messages, { role: 'assistant', text: UNANSWERED, calls: [] }];
}

const nothing: ConversationContent = { title: '', tainted: false, droppedTurns: 0, turns: [] };

/** In the place of the same turn, or at the end; what no longer fits goes from the beginning. */
function withTurn(content: ConversationContent, entry: ConversationTurn): ConversationContent {
  const known = content.turns.some((other) => other.turn === entry.turn);
  const all = known
    ? content.turns.map((other) => (other.turn === entry.turn ? entry : other))
    : [...content.turns, entry];
  const turns = boundTurns(all, { turns: MAX_KEPT_TURNS, characters: MAX_KEPT_CHARACTERS });
  return {
    ...content,
    tainted: content.tainted || entry.tainted,
    droppedTurns: content.droppedTurns + all.length - turns.length,
    turns,
  };
}

export function createConversations(deps: {
  readonly store: ConversationStore;
  readonly clock: Clock;
  readonly random: Random;
}): Conversations {
  const { store, clock, random } = deps;

  function opened(content: ConversationContent, { turn, question }: Opening): ConversationContent {
    // The same request once more: its turn may be further by now.
    if (content.turns.some((other) => other.turn === turn)) return content;
    const messages: readonly StoredMessage[] = [{ role: 'user', text: question }];
    const entry: ConversationTurn = { turn, status: 'running', asked_at: clock.nowMs(), tainted: false, messages };
    const title = content.title === '' ? titleFrom(question) : content.title;
    return { ...withTurn(content, entry), title };
  }

  return {
    async start(person, opening) {
      const id = opening?.id ?? newConversationId(clock, random);
      await store.create(person, id, opening === undefined ? nothing : opened(nothing, opening));
      return id;
    },

    async ask(person, id, opening) {
      return (await store.update(person, id, (content) => opened(content, opening))) !== undefined;
    },

    async load(person, id, except) {
      const conversation = await store.read(person, id);
      if (conversation === undefined) return undefined;
      const turns = boundTurns(conversation.turns.filter(({ turn }) => turn !== except));
      return { messages: turns.flatMap(spokenIn), tainted: conversation.tainted };
    },

    async remember(person, id, turn, messages, { status = 'completed', tainted = false } = {}) {
      const kept = messages.map(compact);
      await store.update(person, id, (content) => {
        const known = content.turns.find((other) => other.turn === turn);
        const asked_at = known?.asked_at ?? clock.nowMs();
        return withTurn(content, {
          turn,
          status,
          asked_at,
          tainted: tainted || known?.tainted === true,
          messages: kept,
        });
      });
    },
  };
}
