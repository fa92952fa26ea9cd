import { AppError } from '../../kernel/app-error.ts';
import { encodeUlid } from '../../kernel/ulid.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Approvals } from '../approvals.ts';
import { writeAudit } from '../audit.ts';
import type { Caller } from '../caller.ts';
import { isRepeatable } from '../long-calls.ts';
import { createToolRunner, failure, type Settled, settleError } from '../run-tool.ts';
import type { SchemaValidators } from '../schema-validators.ts';
import type { ToolSource } from '../tool-source.ts';
import type { Tool } from '../tools/tool.ts';
import { createFreshCheck } from './fresh-check.ts';
import { type HeldTask, holdTask } from './task-claim.ts';
import {
  boundedOutcome,
  hasEnded,
  LEASE_MS,
  MAX_TRIES,
  parseTaskName,
  TASK_TTL_SECONDS,
  type TaskRecord,
} from './task-record.ts';
import { createTaskStore } from './task-store.ts';

// Does calls that were taken on, each once. A queue hands out a name at least once, perhaps twice at the same time, perhaps again after a worker
// died: whoever takes the task works. A task whose worker died is begun again only where that does no harm; any other is ended as unclear, and
// its owner told to look before they ask again.

export type TaskJobOutcome =
  /** Done, now or before, or nothing that can be done. */
  | { readonly status: 'done' | 'dropped' }
  /** To be handed out again, not before so long. */
  | { readonly status: 'again'; readonly afterMs: number };

export interface TaskWorker {
  /** Rejects only when the store cannot be asked: then the message has to come again too. */
  run(name: string, exchange: { readonly remainingMs: number; readonly requestId: string }): Promise<TaskJobOutcome>;
}

export interface TaskWorkerDeps {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent' | 'compareAndSet'>;
  readonly tools: ToolSource;
  readonly schemas: SchemaValidators;
  readonly approvals: Pick<Approvals, 'needsAnswer'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Kept back from the time there is, to write down how it ended. */
const MARGIN_MS = 5_000;
/** The longest that one call may take. */
const MAX_CALL_MS = 15 * 60_000;
/** When what the check needs is away for a moment. */
const RETRY_MS = 15_000;

const REFUSED =
  'Nothing was done: what allowed this call was taken back, or has ended. Ask the person, then call again.';
const LATE = 'Nothing was done: it was not begun in time. Call again.';
const UNCLEAR =
  'The work broke off. It is not known whether this was done: look before you call again, and tell the person.';
const CANCELLED_BY = 'cancelled';

const callerOf = (task: TaskRecord): Caller => ({
  door: task.door,
  person: task.person,
  agent: task.agent,
  scopes: task.scopes,
  tainted: task.tainted,
  standing: task.standing,
  ...(task.certificate_serial !== undefined && { certificateSerial: task.certificate_serial }),
});

/** What to do with a task as it was found. */
type Step = { readonly kind: 'take' } | { readonly kind: 'end'; readonly settled: Settled } | TaskJobOutcome;

export function createTaskWorker(deps: TaskWorkerDeps): TaskWorker {
  const { clock, random, tools, schemas } = deps;
  const owner = encodeUlid(clock.nowMs(), random.bytes(10));
  const tasks = createTaskStore(deps);
  const freshCheck = createFreshCheck(deps);
  const runner = createToolRunner({ schemas });

  function stepFor(task: TaskRecord): Step {
    const nowMs = clock.nowMs();
    if (hasEnded(task)) return { status: 'done' };
    if (task.status === 'queued') {
      const late = nowMs > task.start_by_ms;
      return late ? { kind: 'end', settled: { outcome: failure('expired', LATE), word: 'expired' } } : { kind: 'take' };
    }
    const { until_ms = 0, tries = 1 } = task.work ?? {};
    if (until_ms > nowMs) return { status: 'again', afterMs: until_ms - nowMs };
    const tool = tools.find(task.tool);
    const harmless = tool !== undefined && isRepeatable(tool, task.arguments ?? {});
    if (harmless && tries < MAX_TRIES && task.cancel !== true) return { kind: 'take' };
    return { kind: 'end', settled: { outcome: failure('unclear', UNCLEAR), word: 'unclear' } };
  }

  /** The change with which a task ends. */
  function ended({ outcome, word }: Settled, requestId: string): Partial<TaskRecord> {
    const common = { arguments: undefined, work: undefined, expires_at_ms: clock.nowMs() + TASK_TTL_SECONDS * 1000 };
    if (word === CANCELLED_BY) return { ...common, status: 'cancelled' };
    if (outcome.kind !== 'result') {
      return { ...common, status: 'failed', outcome: { kind: 'fault', request_id: requestId } };
    }
    const kept = JSON.parse(JSON.stringify({ kind: 'result', result: outcome.result, details: outcome.details }));
    return { ...common, status: 'completed', outcome: boundedOutcome(kept) };
  }

  async function take(task: TaskRecord): Promise<TaskRecord | undefined> {
    const work = { owner, until_ms: clock.nowMs() + LEASE_MS, tries: (task.work?.tries ?? 0) + 1 };
    let taken = false;
    const now = await tasks.change(task.person, task.id, (current) => {
      taken = current.updated_at_ms === task.updated_at_ms && current.status === task.status;
      return taken ? { status: 'working', work } : undefined;
    });
    return taken ? now : undefined;
  }

  /** All that the door would ask, asked again; then the tool. */
  async function work(task: TaskRecord, held: HeldTask, remainingMs: number, log: Log): Promise<Settled> {
    const tool: Tool | undefined = tools.find(task.tool);
    if (tool === undefined)
      return { outcome: failure('not_found', `There is no tool ${task.tool} any more.`), word: 'unknown_tool' };
    const fresh = await freshCheck(task, tool.declaration.scopes);
    const asked = task.approval !== undefined || !deps.approvals.needsAnswer(tool, callerOf(task));
    if (!fresh.ok || !asked) {
      log.warn('task.refused', { reason: fresh.ok ? 'approval_missing' : fresh.reason });
      return { outcome: failure('forbidden', REFUSED), word: fresh.ok ? 'approval_missing' : fresh.reason };
    }
    const args = task.arguments ?? {};
    const problems = await (tool.origin === undefined
      ? schemas.check(tool.declaration, 'input', args)
      : tool.origin.checkArguments(args));
    if (problems !== undefined) {
      const text = `Nothing was done: ${tool.declaration.name} takes other arguments by now.\n- ${problems.join('\n- ')}`;
      return { outcome: failure('invalid_arguments', text, { problems }), word: 'invalid_arguments' };
    }
    const deadline = AbortSignal.timeout(Math.max(1, Math.min(remainingMs - MARGIN_MS, MAX_CALL_MS)));
    const context = {
      person: task.person,
      agent: task.agent,
      scopes: fresh.value,
      requestId: task.request_id,
      signal: AbortSignal.any([held.signal, deadline]),
      log,
      ...(task.traceparent !== undefined && { traceparent: task.traceparent }),
      progress: held.tell,
    };
    try {
      return await runner.run(tool, args, context);
    } catch (error) {
      if (held.cancelled()) return { outcome: { kind: 'fault' }, word: CANCELLED_BY };
      return settleError(tool, error, log);
    }
  }

  function audit(task: TaskRecord, { word }: Settled, startedMs: number, log: Log): void {
    const tool = tools.find(task.tool);
    writeAudit(log, {
      caller: callerOf(task),
      tool: task.tool,
      known: tool !== undefined,
      ...(tool?.origin !== undefined && { origin: tool.origin }),
      arguments: task.arguments ?? {},
      ...(task.approval !== undefined && { approvalId: task.approval }),
      outcome: word,
      milliseconds: clock.nowMs() - startedMs,
    });
  }

  async function doTask(task: TaskRecord, remainingMs: number, log: Log): Promise<TaskJobOutcome> {
    const startedMs = clock.nowMs();
    const taken = await take(task);
    if (taken === undefined) return { status: 'again', afterMs: 0 };
    const held = holdTask({ tasks, clock, owner, log }, taken);
    let settled: Settled;
    try {
      settled = await work(taken, held, remainingMs, log);
    } catch (error) {
      // The tool has not run: only the checks before it reject.
      await held.giveBack();
      log.warn('task.put_off', { code: error instanceof AppError ? error.code : 'internal' });
      return { status: 'again', afterMs: RETRY_MS };
    }
    await held.end(ended(settled, task.request_id));
    audit(taken, settled, startedMs, log);
    return { status: 'done' };
  }

  /** Ends a task that is not begun, or not again. */
  async function giveUp(task: TaskRecord, settled: Settled, log: Log): Promise<TaskJobOutcome> {
    let changed = false;
    await tasks.change(task.person, task.id, (current) => {
      changed = current.updated_at_ms === task.updated_at_ms && current.status === task.status;
      return changed ? ended(settled, task.request_id) : undefined;
    });
    if (changed) audit(task, settled, clock.nowMs(), log);
    return { status: 'done' };
  }

  return {
    async run(name, { remainingMs, requestId }) {
      const named = parseTaskName(name);
      const found = named === undefined ? undefined : await tasks.find(named.person, named.id);
      const task = found?.record;
      if (task === undefined) {
        deps.log.warn('task.dropped', { request_id: requestId });
        return { status: 'dropped' };
      }
      const { request_id, traceparent, id } = task;
      const traced = traceparent === undefined ? {} : { traceparent };
      const log = deps.log.child({ request_id, ...traced, task: id, worker_request_id: requestId });
      const step = stepFor(task);
      if ('status' in step) return step;
      return step.kind === 'take' ? doTask(task, remainingMs, log) : giveUp(task, step.settled, log);
    },
  };
}
