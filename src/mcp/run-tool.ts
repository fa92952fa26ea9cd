import { AppError, isExpected } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';
import type { CallOutcome } from './protocol/seam.ts';
import type { SchemaValidators } from './schema-validators.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from './tools/tool.ts';

// The last step of a call, wherever it is done: the tool itself, its answer held against its schema, and what went wrong said in words for the
// caller or kept for the log. Whether it may run has been decided before.

/** An outcome with the word for the audit line. */
export interface Settled {
  readonly outcome: CallOutcome;
  readonly word: string;
}

export interface ToolRunner {
  run(tool: Tool, args: JsonObject, context: ToolContext): Promise<Settled>;
  /** What a tool answered, once its answer fits what it declares. */
  settleResult(tool: Tool, result: ToolResult, log: Log): Promise<Settled>;
}

export function failure(code: string, text: string, details?: JsonObject): CallOutcome {
  return { kind: 'result', result: { isError: true, code, text }, ...(details !== undefined && { details }) };
}

/** Rejects when the platform is about to give up, whatever the tool does with its signal. */
export function untilAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AppError('timed_out', 'The tool took too long. It may still have done its work.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Where a fault of ours happened; its message may quote a person's data and stays out of the log. */
function describeFault(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const { name, message, stack = '' } = cause;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return `${name} ${frames.trimStart().split('\n', 1)[0] ?? ''}`.trimEnd();
}

/** An AppError's message is written for the caller; any other error is a fault of ours and tells them nothing. */
export function settleError(tool: Tool, error: unknown, log: Log): Settled {
  const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  const fields = { tool: tool.declaration.name, cause: cause instanceof Error ? cause.name : typeof cause };
  if (isExpected(error)) {
    log.warn('tool_failed', { ...fields, code: error.code });
    return { outcome: failure(error.code, error.message, error.details), word: error.code };
  }
  log.error('tool_fault', { ...fields, cause: describeFault(cause) });
  return { outcome: { kind: 'fault' }, word: 'internal' };
}

export function createToolRunner(deps: { readonly schemas: SchemaValidators }): ToolRunner {
  async function settleResult(tool: Tool, result: ToolResult, log: Log): Promise<Settled> {
    if (result.isError === true) return { outcome: { kind: 'result', result }, word: result.code ?? 'tool_error' };
    // A tool of another server has checked it against what that server declared.
    const problems =
      tool.origin === undefined
        ? await deps.schemas.check(tool.declaration, 'output', result.structuredContent)
        : undefined;
    if (problems === undefined) return { outcome: { kind: 'result', result }, word: 'completed' };
    log.error('tool_output_invalid', { tool: tool.declaration.name, problems });
    return { outcome: { kind: 'fault' }, word: 'output_invalid' };
  }
  return {
    settleResult,
    run: async (tool, args, context) =>
      settleResult(tool, await untilAborted(context.signal, tool.run(args, context)), context.log),
  };
}
