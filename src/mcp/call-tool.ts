import { AppError, isExpected } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { holdsScopes } from '../trust/scope.ts';
import { type Approvals, type ApprovalVerdict, summaryOf } from './approvals.ts';
import { writeAudit } from './audit.ts';
import type { CallOutcome, CallTool, ToolCall } from './protocol/seam.ts';
import type { SchemaValidators } from './schema-validators.ts';
import { type ApprovalWord, unmeasured } from './stages.ts';
import type { ToolSource } from './tool-source.ts';
import type { JsonObject, Preparation, Tool, ToolContext, ToolResult } from './tools/tool.ts';

// One call behind the door: scope → arguments → approval → tool → answer → audit line. Each step refuses in its own
// way, and nothing after a refusal runs. The approval comes last before the tool, because looking for a yes uses it up.

export interface CallToolDeps {
  readonly tools: ToolSource;
  readonly schemas: SchemaValidators;
  readonly approvals: Approvals;
  readonly clock: Clock;
}

/** An outcome with what only the audit line needs. */
interface Settled {
  readonly outcome: CallOutcome;
  /** The word for the log. */
  readonly word: string;
  readonly approvalId?: string;
}

function failure(code: string, text: string, details?: JsonObject): CallOutcome {
  return { kind: 'result', result: { isError: true, code, text }, ...(details !== undefined && { details }) };
}

/** Rejects when the platform is about to give up, whatever the tool does with its signal. */
function untilAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AppError('timed_out', 'The tool took too long. It may still have done its work.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function approvalWord(verdict: ApprovalVerdict): ApprovalWord {
  if (verdict.kind === 'required') return 'asked';
  if (verdict.kind === 'refused') return 'refused';
  return verdict.kind === 'allowed' && verdict.id !== undefined ? 'given' : 'not_needed';
}

export function createCallTool(deps: CallToolDeps): CallTool {
  async function settleResult(tool: Tool, result: ToolResult, log: Log): Promise<Settled> {
    if (result.isError === true) return { outcome: { kind: 'result', result }, word: result.code ?? 'tool_error' };
    const problems = await deps.schemas.check(tool.declaration, 'output', result.structuredContent);
    if (problems === undefined) return { outcome: { kind: 'result', result }, word: 'completed' };
    log.error('tool_output_invalid', { tool: tool.declaration.name, problems });
    return { outcome: { kind: 'fault' }, word: 'output_invalid' };
  }

  function contextOf(call: ToolCall, log: Log): ToolContext {
    const { person, agent } = call.caller;
    return { person, agent, requestId: call.requestId, signal: call.signal, log };
  }

  async function run(tool: Tool, call: ToolCall, log: Log): Promise<Settled> {
    const { stages = unmeasured } = call;
    const work = () => tool.run(call.arguments, contextOf(call, log));
    return settleResult(tool, await stages.time('tool', () => untilAborted(call.signal, work())), log);
  }

  async function prepare(tool: Tool, call: ToolCall, log: Log): Promise<Preparation> {
    if (tool.prepare === undefined) return { summary: summaryOf(tool, call.arguments) };
    return untilAborted(call.signal, tool.prepare(call.arguments, contextOf(call, log)));
  }

  async function runApproved(tool: Tool, call: ToolCall, log: Log): Promise<Settled> {
    const { stages = unmeasured } = call;
    const verdict = await stages.time('approval', () =>
      deps.approvals.decide(tool, call.arguments, call.caller, () => prepare(tool, call, log)),
    );
    stages.approval(approvalWord(verdict));
    if (verdict.kind === 'unfit') return settleResult(tool, verdict.result, log);
    if (verdict.kind === 'allowed') {
      const approval = verdict.id === undefined ? {} : { approvalId: verdict.id };
      try {
        return { ...(await run(tool, call, log)), ...approval };
      } catch (error) {
        return { ...settleError(tool, error, log), ...approval };
      }
    }
    if (verdict.kind === 'refused') {
      const outcome = failure('approval_refused', 'The person said no to this. Do not try again; ask them what to do.');
      return { outcome, word: 'approval_refused', approvalId: verdict.id };
    }
    const { question } = verdict;
    if (call.declined) {
      const text = `Nothing was done: "${question.summary}" was not approved.`;
      return { outcome: failure('approval_declined', text), word: 'approval_declined', approvalId: question.id };
    }
    return { outcome: { kind: 'approval_required', question }, word: 'approval_required', approvalId: question.id };
  }

  /** An AppError's message is written for the caller; any other error is a fault of ours and tells them nothing. */
  function settleError(tool: Tool, error: unknown, log: Log): Settled {
    const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
    const fields = { tool: tool.declaration.name, cause: cause instanceof Error ? cause.name : typeof cause };
    if (isExpected(error)) {
      log.warn('tool_failed', { ...fields, code: error.code });
      return { outcome: failure(error.code, error.message, error.details), word: error.code };
    }
    log.error('tool_fault', { ...fields, cause: describeFault(cause) });
    return { outcome: { kind: 'fault' }, word: 'internal' };
  }

  async function settle(tool: Tool | undefined, call: ToolCall, log: Log): Promise<Settled> {
    if (tool === undefined) return { outcome: { kind: 'unknown_tool' }, word: 'unknown_tool' };
    const { scopes } = tool.declaration;
    if (!holdsScopes(call.caller.scopes, scopes)) {
      return { outcome: { kind: 'insufficient_scope', scopes }, word: 'insufficient_scope' };
    }
    try {
      const problems = await deps.schemas.check(tool.declaration, 'input', call.arguments);
      if (problems === undefined) return await runApproved(tool, call, log);
      const text = `Nothing was done: the arguments of ${tool.declaration.name} need mending.\n- ${problems.join('\n- ')}`;
      return { outcome: failure('invalid_arguments', text, { problems }), word: 'invalid_arguments' };
    } catch (error) {
      return settleError(tool, error, log);
    }
  }

  return async (call) => {
    const startedMs = deps.clock.nowMs();
    const { log } = call;
    const tool = deps.tools.find(call.name);
    const { outcome, word, approvalId } = await settle(tool, call, log);
    writeAudit(log, {
      caller: call.caller,
      tool: call.name,
      known: tool !== undefined,
      arguments: call.arguments,
      ...(approvalId !== undefined && { approvalId }),
      outcome: word,
      milliseconds: deps.clock.nowMs() - startedMs,
    });
    return outcome;
  };
}

/** Where a fault of ours happened; its message may quote a person's data and stays out of the log. */
function describeFault(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const { name, message, stack = '' } = cause;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return `${name} ${frames.trimStart().split('\n', 1)[0] ?? ''}`.trimEnd();
}
