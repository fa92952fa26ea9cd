import type { Log } from '../../ports/log.ts';
import type { ApprovalQuestion } from '../approvals.ts';
import type { Caller } from '../caller.ts';
import type { LongCalls, TaskView } from '../long-calls.ts';
import type { Stages } from '../stages.ts';
import type { ToolSource } from '../tool-source.ts';
import type { JsonObject, ToolResult } from '../tools/tool.ts';

// The seam between the protocol and everything else. On this side stands the official SDK, which can be swapped;
// on the other the rules of Sallyport, which know nothing of JSON-RPC, revisions or transports.

/** One posted message, already JSON, on behalf of a caller whom the door has proved. */
export interface ProtocolRequest {
  readonly message: unknown;
  /** Lower-case names, as in `HttpRequest`. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly caller: Caller;
  readonly requestId: string;
  /** Carries the request's id on each line. */
  readonly log: Log;
  /** Aborts when the platform is about to give up on the request. */
  readonly signal: AbortSignal;
  /** Takes how long the approval and the tool took. */
  readonly stages?: Stages;
  /** W3C Trace Context, valid. */
  readonly traceparent?: string;
}

export interface ProtocolResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Resolves for every message, whatever it holds; rejects never. */
export type Serve = (request: ProtocolRequest) => Promise<ProtocolResponse>;

/** What one `tools/call` asks for, as the protocol understood it. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly caller: Caller;
  readonly requestId: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly stages?: Stages;
  readonly traceparent?: string;
  /** The client's own dialog was declined or closed: the call ends there instead of asking once more. */
  readonly declined: boolean;
  /** How this caller can take an answer that comes later. */
  readonly later?: LaterAnswer;
}

export interface LaterAnswer {
  /** Their client knows tasks: it takes a handle in place of the answer, and looks for it. */
  readonly handle: boolean;
  /** They would rather not wait (RFC 7240 `respond-async`, or `task` of 2025-11-25). */
  readonly asked: boolean;
}

/** How a call ended. Each has one spelling per protocol era (`tool-answers.ts`). */
export type CallOutcome =
  | { readonly kind: 'result'; readonly result: ToolResult; readonly details?: JsonObject }
  | { readonly kind: 'approval_required'; readonly question: ApprovalQuestion }
  | { readonly kind: 'insufficient_scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'unknown_tool' }
  /** It goes on behind this answer. */
  | { readonly kind: 'task'; readonly task: TaskView }
  /** It can only be answered later, and this client knows no tasks. */
  | { readonly kind: 'tasks_needed' }
  /** Ours to mend; the cause is in the log under this request's id. */
  | { readonly kind: 'fault' };

/** Runs the checks of one call in their order and then the tool. Rejects never. */
export type CallTool = (call: ToolCall) => Promise<CallOutcome>;

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

export interface ProtocolDeps {
  readonly serverInfo: ServerInfo;
  /** One paragraph for the model; sent at `initialize` and `server/discover`. */
  readonly instructions?: string;
  readonly tools: ToolSource;
  /** What a caller's scopes do not let them call is not listed to them. */
  readonly listByScopes?: boolean;
  readonly callTool: CallTool;
  /** Without it no client is told of tasks. */
  readonly longCalls?: LongCalls;
  /** Awaited before tools are listed. */
  readonly beforeList?: () => Promise<void>;
  /** Told of what the SDK reports out of band, without contents. */
  readonly onFault: (error: Error) => void;
}
