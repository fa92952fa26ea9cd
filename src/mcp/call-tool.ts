import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { holdsScopes } from '../trust/scope.ts';
import { type Approvals, type ApprovalVerdict, summaryOf } from './approvals.ts';
import { writeAudit } from './audit.ts';
import { isRepeatable, type LongCalls, wayOf } from './long-calls.ts';
import type { CallTool, ToolCall } from './protocol/seam.ts';
import { createToolRunner, failure, type Settled as Ran, settleError, untilAborted } from './run-tool.ts';
import type { SchemaValidators } from './schema-validators.ts';
import { type ApprovalWord, unmeasured } from './stages.ts';
import type { ToolSource } from './tool-source.ts';
import type { Preparation, Tool, ToolContext } from './tools/tool.ts';

// One call behind the door: scope → arguments → approval → tool → answer → audit line. Each step refuses in its own
// way, and nothing after a refusal runs. The approval comes last before the tool, because looking for a yes uses it up.

export interface CallToolDeps {
  readonly tools: ToolSource;
  readonly schemas: SchemaValidators;
  readonly approvals: Approvals;
  /** Calls that go on behind their answer; without it each is done while its caller waits. */
  readonly longCalls?: LongCalls;
  readonly clock: Clock;
}

interface Settled extends Ran {
  readonly approvalId?: string;
}

/** Why a call's signal aborts when its request has no time left, and not because its client went away. */
export const OUT_OF_TIME = 'out of time';

function approvalWord(verdict: ApprovalVerdict): ApprovalWord {
  if (verdict.kind === 'required') return 'asked';
  if (verdict.kind === 'refused') return 'refused';
  return verdict.kind === 'allowed' && verdict.id !== undefined ? 'given' : 'not_needed';
}

export function createCallTool(deps: CallToolDeps): CallTool {
  const runner = createToolRunner(deps);

  function contextOf(call: ToolCall, log: Log): ToolContext {
    const { person, agent, scopes } = call.caller;
    const { requestId, signal, traceparent } = call;
    return { person, agent, scopes, requestId, signal, log, ...(traceparent !== undefined && { traceparent }) };
  }

  /** Out of time, a call that may be made again is made again behind the answer. Any other may have done its work, and is said to be unclear. */
  async function goOn(tool: Tool, call: ToolCall, error: unknown, approvalId?: string): Promise<Settled | undefined> {
    const { longCalls } = deps;
    if (longCalls === undefined || call.signal.reason !== OUT_OF_TIME || call.caller.standing === undefined)
      return undefined;
    if (tool.declaration.execution?.taskSupport === 'forbidden' || !isRepeatable(tool, call.arguments))
      return undefined;
    if (!(error instanceof AppError) || error.code !== 'timed_out') return undefined;
    return { outcome: await longCalls.begin(tool, call, approvalId), word: 'queued' };
  }

  async function run(tool: Tool, call: ToolCall, log: Log, approvalId?: string): Promise<Settled> {
    const { stages = unmeasured } = call;
    if (deps.longCalls !== undefined && wayOf(tool, call) === 'later') {
      return { outcome: await deps.longCalls.begin(tool, call, approvalId), word: 'queued' };
    }
    try {
      return await stages.time('tool', () => runner.run(tool, call.arguments, contextOf(call, log)));
    } catch (error) {
      return (await goOn(tool, call, error, approvalId)) ?? settleError(tool, error, log);
    }
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
    if (verdict.kind === 'unfit') return runner.settleResult(tool, verdict.result, log);
    if (verdict.kind === 'allowed') {
      const { id } = verdict;
      if (id === undefined) return run(tool, call, log);
      try {
        return { ...(await run(tool, call, log, id)), approvalId: id };
      } catch (error) {
        return { ...settleError(tool, error, log), approvalId: id };
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

  /** What can be said before the person is asked for anything: that it takes too long for this client, or that it was taken on before. */
  async function knownBefore(tool: Tool, call: ToolCall): Promise<Settled | undefined> {
    const way = deps.longCalls === undefined ? 'now' : wayOf(tool, call);
    if (way === 'refused') return { outcome: { kind: 'tasks_needed' }, word: 'tasks_needed' };
    const known = way === 'later' ? await deps.longCalls?.known(tool, call) : undefined;
    return known === undefined ? undefined : { outcome: known, word: 'queued_before' };
  }

  async function settle(tool: Tool | undefined, call: ToolCall, log: Log): Promise<Settled> {
    if (tool === undefined) return { outcome: { kind: 'unknown_tool' }, word: 'unknown_tool' };
    const { scopes } = tool.declaration;
    if (!holdsScopes(call.caller.scopes, scopes)) {
      return { outcome: { kind: 'insufficient_scope', scopes }, word: 'insufficient_scope' };
    }
    try {
      const problems = await (tool.origin === undefined
        ? deps.schemas.check(tool.declaration, 'input', call.arguments)
        : tool.origin.checkArguments(call.arguments));
      if (problems === undefined) return (await knownBefore(tool, call)) ?? (await runApproved(tool, call, log));
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
      ...(tool?.origin !== undefined && { origin: tool.origin }),
      arguments: call.arguments,
      ...(approvalId !== undefined && { approvalId }),
      outcome: word,
      milliseconds: deps.clock.nowMs() - startedMs,
    });
    return outcome;
  };
}
