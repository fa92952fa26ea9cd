import type { ErrorCode } from '../kernel/app-error.ts';

// The agent's way to the tools of the MCP API, for one person at a time. What comes back is data: who calls decides what it means.

type JsonObject = Readonly<Record<string, unknown>>;

/** A tool as the MCP API lists it. Nobody has checked it against a hash yet. */
export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  /** What a call of it needs, as the MCP API says. */
  readonly scopes?: readonly string[];
  readonly annotations?: {
    readonly readOnlyHint?: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
    readonly openWorldHint?: boolean;
  };
}

/** For whom a request is made, and the most it may do. */
export interface ToolPrincipal {
  /** `p_<ulid>` */
  readonly person: string;
  /** What the person's token allows; a call is delegated no more than this, and only reading when its tool only reads. */
  readonly scopes: readonly string[];
  /** W3C Trace Context; joins the log lines of both APIs. */
  readonly traceparent: string;
  readonly signal: AbortSignal;
}

export interface ToolCallRequest extends ToolPrincipal {
  readonly tool: ListedTool;
  readonly arguments: JsonObject;
  /**
   * Private or untrusted data may have shaped this call: the MCP API is told so and may ask the person first. Only a caller who knows
   * better says `false`.
   */
  readonly tainted?: boolean;
  readonly timeoutMs?: number;
  /** How long a call that goes on behind its answer is waited for; `timeoutMs` when left out. */
  readonly waitMs?: number;
  /** The task that an earlier sending of this very call became. */
  readonly task?: string;
  /** Told once that the call goes on as a task, and then how far that is, in words. */
  readonly onTask?: (said: TaskNews) => void;
}

export interface TaskNews {
  /** Finds the task again, for this person through this agent. */
  readonly id: string;
  readonly words?: string;
}

/** A question only the person can answer, at `url`, before the very same call is sent again. */
export interface PendingApproval {
  readonly id: string;
  readonly url: string;
  readonly tool: string;
  readonly summary: string;
  /** In words: what kind of thing a yes lets happen, and how the person takes it back. */
  readonly effect?: string | undefined;
  readonly undo?: string | undefined;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** One check that the MCP API says this call passed. */
export interface PassedDoor {
  /** `certificate`, `signature`, `nonce`, `delegation`, `grant`, `approval`, `tool`. */
  readonly name: string;
  readonly ms: number;
  /** Of an approval: `not_needed`, `asked`, `given` or `refused`. */
  readonly note?: string;
}

/** How a call ended, and the checks it passed on its way where the MCP API told. */
export type ToolOutcome = ToolEnd & { readonly doors?: readonly PassedDoor[] };

type ToolEnd =
  /** The tool ran. `isError` with `code` when it could not do what was asked. */
  | {
      readonly kind: 'result';
      readonly text: string;
      readonly structuredContent?: JsonObject;
      readonly isError: boolean;
      readonly code?: string;
    }
  | { readonly kind: 'approval'; readonly approval: PendingApproval }
  /** A door or the protocol refused: the tool did not run. `message` says what the person can do. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterSeconds?: number;
      readonly details?: JsonObject;
    }
  /** The request was sent and no answer came: it may have run or not. */
  | { readonly kind: 'unclear'; readonly message: string };

export interface ToolClient {
  /** Rejects with AppError (`forbidden`, `rate_limited`, `unavailable`, `timed_out`, `misconfigured`, `upstream_failed`). */
  list(principal: ToolPrincipal): Promise<readonly ListedTool[]>;
  /** Every refusal and failure is an outcome; rejects only when `signal` was aborted. */
  call(request: ToolCallRequest): Promise<ToolOutcome>;
  close(): Promise<void>;
}
