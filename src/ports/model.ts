// A language model that may call tools. Provider adapters translate to and from this shape; nothing else knows a provider.

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface ModelToolCall {
  /** Unique within the turn; made up by the adapter when the provider gives none. */
  readonly id: string;
  readonly name: string;
  /** Parsed JSON, or `undefined` with `malformed` set when the provider's text was not JSON. */
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
  readonly malformed?: string;
  /** What its provider wants to see again beside the call, unread. */
  readonly signature?: string;
}

export type ModelMessage =
  | { readonly role: 'user'; readonly text: string }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly toolCalls: readonly ModelToolCall[];
      /** As the reply's. */
      readonly reasoning?: string;
    }
  /** What a tool answered: data, never instructions. */
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly text: string;
      readonly isError: boolean;
      /** The same answer as plain data, for a planner that reads structure; the text is marked up for a language model. */
      readonly data?: Readonly<Record<string, unknown>>;
    };

export interface ModelContact {
  readonly name: string;
  readonly address: string;
}

export interface ModelRequest {
  readonly instructions: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  /** Facts the offline planner needs as data and a language model reads in `instructions`. */
  readonly context: {
    readonly nowMs: number;
    readonly timeZone: string;
    /** People the agent can put an address to. Absent or without a match: nobody is invited. */
    readonly contacts?: readonly ModelContact[];
  };
  readonly maxOutputTokens: number;
  /** The turn's: it ended, and nobody wants an answer any more. */
  readonly signal: AbortSignal;
  /** Told each piece of text as it arrives. The reply holds all of it again. */
  readonly onText?: (piece: string) => void;
}

export interface ModelUsage {
  /** All of them, those read from the provider's cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The part of `inputTokens` that came from the provider's cache. */
  readonly cachedInputTokens?: number;
}

export interface ModelReply {
  readonly text: string;
  readonly toolCalls: readonly ModelToolCall[];
  /** What the model thought before its calls, where its provider wants to see that again. Nobody else is shown it. */
  readonly reasoning?: string;
  readonly usage: ModelUsage;
  /** `length` when the provider cut the answer off: tool calls of a cut answer are never run. */
  readonly stop: 'end' | 'tools' | 'length' | 'refused';
  /** Who answered, when it was not the model that was asked first. */
  readonly answeredBy?: string;
}

/** Rejects with AppError `model_failed`, `rate_limited` or `timed_out`; keeps a time of its own for an answer. */
export interface Model {
  /** `<provider>:<model>`, as in answers and logs. */
  readonly name: string;
  complete(request: ModelRequest): Promise<ModelReply>;
}
