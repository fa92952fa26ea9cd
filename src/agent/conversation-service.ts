import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Conversation, ConversationStore, ConversationTurn } from '../ports/conversation-store.ts';
import type { Log } from '../ports/log.ts';
import type { Conversations } from './conversation.ts';
import {
  type ConversationView,
  type StandingTurn,
  type SummaryView,
  viewConversation,
  viewSummary,
} from './conversation-view.ts';
import { remember } from './turn-end.ts';
import { CONVERSATION_ID_PATTERN, type StoredMessage } from './turn-record.ts';
import { BROKEN_OFF, rememberedMessages, spoken } from './turn-remembered.ts';
import type { TurnService } from './turn-service.ts';
import { claimable } from './turn-store.ts';

// A person's conversations as their owner has them: listed, read, named, deleted. Whoever is not the owner learns no more than that there
// is no such conversation.

export interface ConversationService {
  list(
    person: string,
    page: { readonly cursor?: string; readonly limit: number },
  ): Promise<{ readonly conversations: readonly SummaryView[]; readonly cursor?: string }>;
  read(person: string, id: string, log: Log): Promise<ConversationView>;
  rename(person: string, id: string, title: string): Promise<SummaryView>;
  /** With the turns in it; those that run are stopped. */
  remove(person: string, id: string): Promise<void>;
}

const FORGET_AT_ONCE = 20;

const missing = (): AppError => new AppError('not_found', 'There is no such conversation of yours.');

function demandId(id: string): void {
  if (!CONVERSATION_ID_PATTERN.test(id)) throw missing();
}

const isOpen = ({ status }: ConversationTurn): boolean => status === 'running' || status === 'approval_required';

export function createConversationService(deps: {
  readonly store: ConversationStore;
  readonly conversations: Conversations;
  readonly turns: Pick<TurnService, 'peek' | 'forget'>;
  readonly clock: Clock;
}): ConversationService {
  const { store, conversations, turns, clock } = deps;

  function interrupted(turn: ConversationTurn): StandingTurn {
    const question = turn.messages[0] as StoredMessage | undefined;
    const messages = [...(question === undefined ? [] : [question]), spoken(BROKEN_OFF)];
    return { turn, status: 'interrupted', messages };
  }

  /** An open turn may have gone on since, or its process may have died: its own record says. */
  async function standing(person: string, turn: ConversationTurn, log: Log): Promise<StandingTurn> {
    if (!isOpen(turn)) return { turn, status: turn.status };
    const record = await turns.peek(person, turn.turn);
    if (record === undefined) return interrupted(turn);
    if (record.status === 'running') {
      const live = !claimable(record, clock.nowMs());
      return live
        ? { turn, status: 'running', messages: record.messages.slice(0, 1) }
        : { turn, status: 'interrupted', messages: rememberedMessages(record) };
    }
    // It ended, and died before it told its conversation.
    if (record.status !== turn.status) await remember(conversations, record, log);
    return { turn, status: record.status, messages: rememberedMessages(record) };
  }

  async function find(person: string, id: string): Promise<Conversation> {
    demandId(id);
    const found = await store.read(person, id);
    if (found === undefined) throw missing();
    return found;
  }

  return {
    async list(person, page) {
      const { conversations: found, cursor } = await store.list(person, page);
      return { conversations: found.map(viewSummary), ...(cursor !== undefined && { cursor }) };
    },

    async read(person, id, log) {
      const found = await find(person, id);
      const stand = await Promise.all(found.turns.map((turn) => standing(person, turn, log)));
      return viewConversation(found, stand);
    },

    async rename(person, id, title) {
      demandId(id);
      const renamed = await store.update(person, id, (content) => ({ ...content, title }));
      if (renamed === undefined) throw missing();
      return viewSummary(renamed);
    },

    async remove(person, id) {
      demandId(id);
      const removed = await store.remove(person, id);
      if (removed === undefined) throw missing();
      const forgotten = removed.turns.map(({ turn }) => turn);
      // The newest first: of those one may be running. A few at a time: a long conversation is no flood for the store.
      for (let end = forgotten.length; end > 0; end -= FORGET_AT_ONCE) {
        const some = forgotten.slice(Math.max(0, end - FORGET_AT_ONCE), end);
        await Promise.all(some.map((turn) => turns.forget(person, turn)));
      }
    },
  };
}
