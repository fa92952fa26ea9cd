import type {
  Conversation,
  ConversationSummary,
  ConversationTurn,
  ConversationTurnStatus,
} from '../ports/conversation-store.ts';
import { readMessages } from './conversation.ts';
import type { StoredMessage } from './turn-record.ts';

// Conversations as the API shows them to their owner.

/** `interrupted`: its process is gone. Continuing it goes on where it stopped, for as long as the turn itself is kept. */
export const shownTurnStatuses = [
  'running',
  'approval_required',
  'completed',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type ShownTurnStatus = ConversationTurnStatus | 'interrupted';

export interface SummaryView {
  readonly conversation_id: string;
  readonly title: string;
  /** ISO 8601, as the other times. */
  readonly created_at: string;
  readonly updated_at: string;
  /** When it is deleted unless something is said in it. */
  readonly expires_at: string;
  readonly turn_count: number;
  /** Turns at its beginning that are not kept any more. */
  readonly dropped_turns: number;
}

export type MessageView =
  | { readonly role: 'user'; readonly text: string }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly tool_calls: readonly {
        readonly id: string;
        readonly tool: string;
        readonly arguments: Readonly<Record<string, unknown>>;
      }[];
    }
  | {
      readonly role: 'tool';
      readonly call_id: string;
      readonly tool: string;
      readonly text: string;
      readonly is_error: boolean;
    };

export interface TurnInConversation {
  readonly turn: string;
  readonly status: ShownTurnStatus;
  readonly asked_at: string;
  readonly messages: readonly MessageView[];
}

export interface ConversationView extends SummaryView {
  readonly turns: readonly TurnInConversation[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function viewSummary(summary: ConversationSummary): SummaryView {
  return {
    conversation_id: summary.id,
    title: summary.title,
    created_at: iso(summary.createdAtMs),
    updated_at: iso(summary.updatedAtMs),
    expires_at: iso(summary.expiresAtMs),
    turn_count: summary.turnCount,
    dropped_turns: summary.droppedTurns,
  };
}

/** Words of ours in the person's place are for the model alone. */
const isTheirs = (message: StoredMessage): boolean => message.role !== 'user' || message.ours !== true;

function viewMessage(message: StoredMessage): MessageView {
  switch (message.role) {
    case 'user':
      return { role: 'user', text: message.text };
    case 'assistant':
      return {
        role: 'assistant',
        text: message.text,
        tool_calls: message.calls.map((call) => ({ id: call.id, tool: call.name, arguments: call.arguments ?? {} })),
      };
    case 'tool': {
      const { role, call_id, name, text, is_error } = message;
      return { role, call_id, tool: name, text, is_error };
    }
  }
}

/** A turn as it stands now, which may be another way than it was last written into its conversation. */
export interface StandingTurn {
  readonly turn: ConversationTurn;
  readonly status: ShownTurnStatus;
  /** In place of the turn's own. */
  readonly messages?: readonly StoredMessage[];
}

export function viewConversation(conversation: Conversation, turns: readonly StandingTurn[]): ConversationView {
  return {
    ...viewSummary(conversation),
    turns: turns.map(({ turn, status, messages }) => ({
      turn: turn.turn,
      status,
      asked_at: iso(turn.asked_at),
      messages: (messages ?? readMessages(turn)).filter(isTheirs).map(viewMessage),
    })),
  };
}
