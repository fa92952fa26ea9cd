// Conversations of persons: whole turns with what was said in them, and what is known about each conversation. DynamoDB and any
// `KeyValueStore` keep the same promises under one contract suite.
// Whoever asks names a person, and reaches that person's conversations only. What a conversation has not been written to for thirty days
// is absent. Every method rejects with AppError `unavailable` when the store cannot be reached in time.

type JsonObject = Readonly<Record<string, unknown>>;

/** How a turn stood when it was last written here. */
export type ConversationTurnStatus = 'running' | 'approval_required' | 'completed' | 'failed' | 'cancelled';

export interface ConversationTurn {
  readonly turn: string;
  readonly status: ConversationTurnStatus;
  /** Unix milliseconds. */
  readonly asked_at: number;
  /** Private or untrusted data came into it. */
  readonly tainted: boolean;
  /** JSON as the agent writes and reads it. */
  readonly messages: readonly JsonObject[];
}

/** What its owner and the agent decide about a conversation. */
export interface ConversationContent {
  readonly title: string;
  /** Once it is, it stays so, whatever is dropped. */
  readonly tainted: boolean;
  /** How many of its oldest turns are no longer kept. */
  readonly droppedTurns: number;
  /** In the order in which they began. */
  readonly turns: readonly ConversationTurn[];
}

export interface ConversationSummary extends Omit<ConversationContent, 'turns'> {
  readonly id: string;
  readonly turnCount: number;
  /** One more with each write. */
  readonly version: number;
  /** Unix milliseconds. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
}

export interface Conversation extends ConversationSummary {
  readonly turns: readonly ConversationTurn[];
}

export interface ConversationPage {
  /** The one written last comes first. */
  readonly conversations: readonly ConversationSummary[];
  /** Pass it back to go on; absent on the last page. One that is written meanwhile moves to the front, and so off later pages. */
  readonly cursor?: string;
}

export interface ConversationStore {
  /** Rejects with AppError `conflict` when the person has one of this id. */
  create(person: string, id: string, content: ConversationContent): Promise<void>;
  read(person: string, id: string): Promise<Conversation | undefined>;
  /**
   * Writes what `change` makes of the conversation. When another writer comes first, `change` is applied anew to what that one wrote: it says
   * what is to be different, so that neither writer undoes the other. Nothing is written when it answers undefined. Answers the
   * conversation as it is then, or undefined where there is none; rejects with AppError `conflict` when it keeps changing.
   */
  update(
    person: string,
    id: string,
    change: (content: ConversationContent) => ConversationContent | undefined,
  ): Promise<Conversation | undefined>;
  /** Answers what was removed. */
  remove(person: string, id: string): Promise<Conversation | undefined>;
  /** Rejects with AppError `invalid_request` for a cursor that is not one of ours. */
  list(person: string, page: { readonly cursor?: string; readonly limit: number }): Promise<ConversationPage>;
  close(): Promise<void>;
}
