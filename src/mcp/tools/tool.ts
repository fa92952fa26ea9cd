import type { Log } from '../../ports/log.ts';

// What a tool is: a declaration that clients see and that is hashed, and a function that runs once every check has passed.

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ToolDeclaration {
  readonly name: string;
  readonly title: string;
  /** For the model: lean, no examples that look like instructions. */
  readonly description: string;
  /** JSON Schema 2020-12 objects; `additionalProperties: false` on the input. */
  readonly inputSchema: JsonObject;
  /** Only a tool of another server may have none. */
  readonly outputSchema?: JsonObject;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** Every one of these must be held (`calendar.read`, …). */
  readonly scopes: readonly string[];
  readonly toolset: string;
  /**
   * How long it takes (MCP's word, which clients of 2025-11-25 are shown): `forbidden`, always less than a request may; `optional`, often more, so
   * that it is done behind the answer where the client can look for it later; `required`, never less. Without it, it is done at once, and
   * behind the answer only when it runs out of time and may be made again.
   */
  readonly execution?: { readonly taskSupport: 'forbidden' | 'optional' | 'required' };
}

export interface ToolContext {
  /** For whom: from the door, never from an argument. */
  readonly person: string;
  /** `agent/<name>`, `bridge/<person>` or `token/<id>`. */
  readonly agent: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What the caller may do, for a tool that tells of other tools. */
  readonly scopes?: readonly string[];
  /** W3C Trace Context, for a tool that asks somebody else. */
  readonly traceparent?: string;
  /** Tells whoever waits how far it is. There is nobody to tell where a call is done at once. */
  readonly progress?: (said: { readonly progress: number; readonly total?: number; readonly message?: string }) => void;
}

export interface ToolResult {
  /** Fits `outputSchema`. Absent on errors. */
  readonly structuredContent?: JsonObject;
  /** Short, for a reader that does not read structured content. On errors: what went wrong and what to do. */
  readonly text: string;
  /** MCP content blocks sent after the text: images, audio, embedded resources (revision 2025-06-18 and later). */
  readonly content?: readonly JsonObject[];
  readonly isError?: boolean;
  /** A stable code on errors, such as `reconnect_required`; for logs, metrics and `_meta`. */
  readonly code?: string;
}

/** The line for the person, or the answer when no yes could make these arguments right. */
export type Preparation = { readonly summary: string } | { readonly refusal: ToolResult };

/** Of a tool of another server behind this one. Its schemas were not known when this was built, so it checks by itself. */
export interface ToolOrigin {
  readonly server: string;
  /** As that server calls it. */
  readonly tool: string;
  /** Nothing when the arguments fit; otherwise a sentence for each problem. What the server answers is checked in `run`. */
  readonly checkArguments: (args: JsonObject) => Promise<readonly string[] | undefined>;
}

export interface Tool {
  readonly declaration: ToolDeclaration;
  readonly origin?: ToolOrigin;
  /** One line in words for the person who is asked for a yes. Only for tools that write. */
  readonly summarize?: (args: JsonObject) => string;
  /** How the person takes back what was done, in words. Only for tools that write; absent where nothing takes it back. */
  readonly undo?: string;
  /** It only reads, but what nobody may see without the person's yes, whatever is in the conversation. */
  readonly delicate?: true;
  /** Runs before a person is asked, and only reads: an opaque id becomes the event it names, and nobody is asked in vain. */
  readonly prepare?: (args: JsonObject, context: ToolContext) => Promise<Preparation>;
  /** Arguments have passed `inputSchema`. Rejects only with faults; expected failures are results with `isError`. */
  readonly run: (args: JsonObject, context: ToolContext) => Promise<ToolResult>;
}
