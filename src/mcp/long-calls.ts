import type { Caller } from './caller.ts';
import type { CallOutcome, ToolCall } from './protocol/seam.ts';
import type { Tool } from './tools/tool.ts';

// The seam to calls that go on behind their answer. What does them (`tasks/`) is loaded only where a queue is configured, and then when the
// first such call comes; here is only which calls those are.

/** A task as its owner sees it, before any protocol has a word for it. */
export interface TaskView {
  readonly id: string;
  readonly tool: string;
  readonly status: 'queued' | 'working' | 'completed' | 'failed' | 'cancelled';
  readonly progress?: { readonly progress: number; readonly total?: number; readonly message?: string };
  /** Unix milliseconds. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
  /** When it is worth looking again. */
  readonly pollMs: number;
  /** How it ended: `result` or `fault`. */
  readonly outcome?: Extract<CallOutcome, { kind: 'result' | 'fault' }>;
  /** Of the request that brought it: under it the log has what went wrong. */
  readonly requestId: string;
}

export type TaskFound =
  | { readonly kind: 'found'; readonly task: TaskView }
  /** There is none, or it is somebody else's. */
  | { readonly kind: 'missing' }
  /** It is theirs, and they may no longer read what this tool tells. */
  | { readonly kind: 'insufficient_scope'; readonly scopes: readonly string[] };

export interface LongCalls {
  /** The very same call, asked with the same idempotency key, that was taken on before. */
  known(tool: Tool, call: ToolCall): Promise<CallOutcome | undefined>;
  /** Takes the call on. `approval` is the question that was said yes to. Rejects when nothing was taken on. */
  begin(tool: Tool, call: ToolCall, approval?: string): Promise<CallOutcome>;
  look(caller: Caller, id: string): Promise<TaskFound>;
  /** Where a client without tasks looks for it. */
  urlOf(id: string): string;
  /** Asks for its end, which need not come. */
  cancel(caller: Caller, id: string): Promise<TaskFound>;
}

/** May be begun again though nobody knows how far it came. */
export function isRepeatable(tool: Tool, args: ToolCall['arguments']): boolean {
  const { readOnlyHint, idempotentHint } = tool.declaration.annotations;
  return readOnlyHint || idempotentHint || typeof args['idempotencyKey'] === 'string';
}

/**
 * Whether a call is done at once, while its caller waits; later, behind the answer; or not at all, because this tool takes longer than any
 * answer may and the client has no word for that.
 */
export function wayOf(tool: Tool, { later, caller }: ToolCall): 'now' | 'later' | 'refused' {
  const { taskSupport } = tool.declaration.execution ?? {};
  if (taskSupport === 'forbidden' || caller.standing === undefined) return 'now';
  if (taskSupport === 'required') return later?.handle === true ? 'later' : 'refused';
  return later?.asked === true || (taskSupport === 'optional' && later?.handle === true) ? 'later' : 'now';
}
