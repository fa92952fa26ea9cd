import type { ListedTool, TaskNews, ToolClient, ToolOutcome, ToolPrincipal } from '../ports/tool-client.ts';
import type { PausedTurns } from './paused-turns.ts';
import { taints } from './taint.ts';
import { type ToolCatalog, takesIdempotencyKey } from './tool-catalog.ts';
import type { TellTurn } from './turn-events.ts';
import type { TurnCall, TurnRecord } from './turn-record.ts';
import type { TurnHandle } from './turn-store.ts';
import { type Waiting, whileWaiting } from './turn-wait.ts';

// Makes the calls of one step, in the model's order: neighbours that only read go together, each write goes alone and is noted as sent
// before it leaves. A write that waits for the person stops the step; what stands behind it waits, too.

export interface StepDeps {
  readonly tools: ToolClient;
  readonly catalog: ToolCatalog;
  readonly principal: ToolPrincipal;
  readonly paused: PausedTurns;
  readonly callTimeoutMs: number;
  /** How long a call that goes on behind its answer is waited for. */
  readonly waitMs: number;
  readonly tell?: TellTurn;
}

const open = (call: TurnCall): boolean =>
  call.outcome === 'waiting' || call.outcome === 'approval_required' || call.outcome === 'sent';

/**
 * After another worker died: what it had sent is sent again where that does no harm (it reads, carries an idempotency
 * key, or goes on as a task, which is then looked for); any other write may have run, and is said to be unclear.
 */
export function recoverCalls(calls: readonly TurnCall[], catalog: ToolCatalog): TurnCall[] {
  return calls.map((call) => {
    if (call.outcome !== 'sent') return call;
    const tool = catalog.tools.get(call.tool);
    const repeatable = !call.writes || (tool !== undefined && takesIdempotencyKey(tool));
    const harmless = repeatable || call.task !== undefined;
    return harmless ? { ...call, outcome: 'waiting' } : unclear(call);
  });
}

const UNCLEAR = 'No answer came. It is not known whether this was done. Do not repeat it; tell the person.';

export function unclear(call: TurnCall): TurnCall {
  return { ...call, outcome: 'unclear', message: UNCLEAR, result: { text: UNCLEAR } };
}

/**
 * In characters: a turn of eight steps stays below what a store takes as one record (350 kB in DynamoDB), and below what a model reads with
 * attention.
 */
const MAX_RESULT_CHARACTERS = 40_000;

type ToolData = Readonly<Record<string, unknown>> | undefined;

/** A text that is too long is cut, which `model-messages.ts` says; data that are too long cannot be, so they are left out. */
function boundedResult(text: string, data: ToolData): NonNullable<TurnCall['result']> {
  const words = text.slice(0, MAX_RESULT_CHARACTERS);
  if (data === undefined) return { text: words };
  if (JSON.stringify(data).length <= MAX_RESULT_CHARACTERS) return { text: words, data: { ...data } };
  return { text: `(The answer was too long to keep its data. Ask for less.)\n${words}` };
}

function settled(call: TurnCall, outcome: ToolOutcome): TurnCall {
  const { code: _code, message: _message, result: _result, task: _task, ...rest } = call;
  switch (outcome.kind) {
    case 'approval':
      return { ...rest, outcome: 'approval_required' };
    case 'unclear':
      return call.writes
        ? unclear(rest)
        : { ...rest, outcome: 'failed', message: outcome.message, result: { text: outcome.message } };
    case 'refused':
      return {
        ...rest,
        outcome: 'refused',
        code: outcome.code,
        message: outcome.message,
        result: { text: outcome.message },
      };
    case 'result': {
      const result = boundedResult(outcome.text, outcome.structuredContent);
      if (!outcome.isError) return { ...rest, outcome: 'completed', result };
      // It was stopped in its work: what it had done by then nobody knows.
      if (call.writes && outcome.code === 'timed_out') return unclear(rest);
      const refused = outcome.code === 'approval_refused' || outcome.code === 'approval_declined';
      return {
        ...rest,
        outcome: refused ? 'refused' : 'failed',
        ...(outcome.code === undefined ? {} : { code: outcome.code }),
        message: outcome.text.slice(0, 1000),
        result,
      };
    }
  }
}

/** With the checks that the call passed the last time it was made. */
function shown({ doors: _before, ...call }: TurnCall, { doors }: ToolOutcome): TurnCall {
  return doors === undefined ? call : { ...call, doors: [...doors] };
}

/** The next calls that may go together: one write, or all reads up to the next write. */
function nextBatch(calls: readonly TurnCall[], start: number): readonly number[] {
  const first = calls.findIndex((call, index) => index >= start && open(call));
  if (first === -1) return [];
  if (calls[first]?.writes === true) return [first];
  const end = calls.findIndex((call, index) => index > first && open(call) && call.writes);
  return calls.flatMap((call, index) => (index >= first && (end === -1 || index < end) && open(call) ? [index] : []));
}

type OnTask = (said: TaskNews) => void;

async function send(deps: StepDeps, call: TurnCall, onTask: OnTask): Promise<ToolOutcome> {
  const tool: ListedTool | undefined = deps.catalog.tools.get(call.tool);
  if (tool === undefined) {
    const message = `The tool ${call.tool} is not offered any more.`;
    return { kind: 'refused', code: 'not_found', message };
  }
  const { arguments: args, tainted = true, task } = call;
  const { callTimeoutMs: timeoutMs, waitMs } = deps;
  const known = task === undefined ? {} : { task };
  return deps.tools.call({ ...deps.principal, tool, arguments: args, tainted, timeoutMs, waitMs, ...known, onTask });
}

/** Notes which task a call became, so that whoever takes the turn over looks for it instead of calling again; and tells how far it is. */
function noteTask({ tell }: StepDeps, { index, call }: Due, { save }: Waiting): OnTask {
  return ({ id, words }) => {
    if (words === undefined)
      save(({ calls }) => ({ calls: calls.map((now, at) => (at === index ? { ...now, task: id } : now)) }));
    else tell?.({ type: 'tool.progress', id: call.id, tool: call.tool, message: words });
  };
}

interface Due {
  readonly index: number;
  readonly call: TurnCall;
}

function replace(calls: readonly TurnCall[], changed: ReadonlyMap<number, TurnCall>): TurnCall[] {
  return calls.map((call, index) => changed.get(index) ?? call);
}

/** True when every call of the step has its outcome; false when the turn now waits for the person. Throws TurnLost. */
export async function makeCalls(deps: StepDeps, handle: TurnHandle): Promise<boolean> {
  for (;;) {
    const { calls, step_start } = handle.record;
    const batch = nextBatch(calls, step_start);
    if (batch.length === 0) return true;
    const due = batch.flatMap((index) => (calls[index] === undefined ? [] : [{ index, call: calls[index] }]));
    if (due.some(({ call }) => call.writes)) {
      const sent = new Map(due.map(({ index, call }) => [index, { ...call, outcome: 'sent' as const }]));
      await handle.save({ calls: replace(calls, sent), approvals: [] });
    }
    const outcomes = await whileWaiting(handle, deps.principal.signal, (waiting) => {
      const within = { ...deps, principal: { ...deps.principal, signal: waiting.signal } };
      const sending = async (item: Due) => ({
        ...item,
        outcome: await send(within, item.call, noteTask(deps, item, waiting)),
      });
      return Promise.all(due.map(sending));
    });
    const after = new Map(outcomes.map(({ index, call, outcome }) => [index, shown(settled(call, outcome), outcome)]));
    const tainted = handle.record.tainted || outcomes.some(({ call, outcome }) => taints(outcome, call.tool));
    const change: Partial<TurnRecord> = { calls: replace(calls, after), tainted };
    const approvals = outcomes.flatMap(({ outcome }) => (outcome.kind === 'approval' ? [outcome.approval] : []));
    if (approvals.length > 0) {
      const { person, id } = handle.record;
      // Before anybody is told of the question: a yes that comes at once finds its turn.
      await deps.paused.note(
        person,
        approvals.map((approval) => approval.id),
        id,
      );
      await handle.save({
        ...change,
        status: 'approval_required',
        approvals: approvals.map(({ expiresAt, ...approval }) => ({ ...approval, expires_at: expiresAt })),
      });
      return false;
    }
    await handle.save(change);
  }
}
