import { createHash } from 'node:crypto';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import type { Random } from '../../ports/random.ts';
import { canonicalJson } from '../../trust/canonical-json.ts';
import { holdsScopes } from '../../trust/scope.ts';
import type { Caller } from '../caller.ts';
import type { LongCalls, TaskFound } from '../long-calls.ts';
import type { ToolCall } from '../protocol/seam.ts';
import type { ToolSource } from '../tool-source.ts';
import type { Tool } from '../tools/tool.ts';
import {
  hasEnded,
  START_WITHIN_MS,
  TASK_ID_PATTERN,
  TASK_TTL_SECONDS,
  type TaskRecord,
  taskName,
} from './task-record.ts';
import { createTaskStore, type TaskStoreDeps } from './task-store.ts';
import { viewOf } from './task-view.ts';

// The door's side of calls that go on behind their answer: it writes down what was asked and puts its name in the queue, shows its owner how far it is,
// and asks for its end. Owner is the person through the very agent that asked: to anybody else there is no such task. It does none of the work.

export interface DoorTasksDeps extends TaskStoreDeps {
  readonly queue: JobQueue;
  readonly tools: ToolSource;
  readonly clock: Clock;
  readonly random: Random;
  /** Of this door, ending in `/mcp`. */
  readonly mcpUrl: string;
}

const ID_BYTES = 32;
/** A record whose message was lost (the door died between the two, or the worker did) is put in the queue again when somebody looks. */
const SEND_AGAIN_MS = 60_000;

/** The same call with the same key of its caller's is the same task. */
function idOf({ caller, name, arguments: args }: ToolCall): string | undefined {
  if (typeof args['idempotencyKey'] !== 'string') return undefined;
  const asked = canonicalJson(['task', caller.person, caller.agent, name, args]);
  return createHash('sha256').update(asked).digest('base64url');
}

/** Whether nobody is at it though somebody should be. */
function isForgotten(record: TaskRecord, nowMs: number): boolean {
  if (hasEnded(record) || nowMs - record.sent_at_ms < SEND_AGAIN_MS) return false;
  return record.status === 'queued' || record.work === undefined || record.work.until_ms < nowMs;
}

export function createDoorTasks(deps: DoorTasksDeps): LongCalls {
  const { queue, tools, clock, random } = deps;
  const tasks = createTaskStore(deps);

  function newRecord(call: ToolCall, id: string, approval: string | undefined): TaskRecord {
    const { caller, requestId, traceparent, name } = call;
    const { standing } = caller;
    if (standing === undefined) throw new AppError('internal', 'This caller’s calls cannot be done later.');
    const nowMs = clock.nowMs();
    return {
      v: 1,
      id,
      person: caller.person,
      agent: caller.agent,
      door: caller.door,
      scopes: [...caller.scopes],
      tainted: caller.tainted,
      standing: { ...standing },
      ...(caller.certificateSerial !== undefined && { certificate_serial: caller.certificateSerial }),
      tool: name,
      arguments: { ...call.arguments },
      ...(approval !== undefined && { approval }),
      status: 'queued',
      request_id: requestId,
      ...(traceparent !== undefined && { traceparent }),
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
      sent_at_ms: nowMs,
      start_by_ms: nowMs + START_WITHIN_MS,
      expires_at_ms: nowMs + TASK_TTL_SECONDS * 1000,
    };
  }

  /** Writes it down; where the very same was written down in the meantime, that one stands. */
  async function keep(record: TaskRecord): Promise<TaskRecord> {
    if (await tasks.create(record)) return record;
    const found = await tasks.find(record.person, record.id);
    if (found !== undefined && (!hasEnded(found.record) || found.record.status === 'completed')) return found.record;
    if (found !== undefined && (await tasks.replace(found, record))) return record;
    throw new AppError('conflict', 'The same call was made at the same time. Try again.');
  }

  /** The record is there, so that a message that cannot be sent now is sent when somebody looks. */
  async function send(record: TaskRecord, call: Pick<ToolCall, 'log'>): Promise<void> {
    await queue.send(taskName(record)).catch((error: unknown) => {
      const code = error instanceof AppError ? error.code : 'internal';
      call.log.warn('task.not_sent', { task: record.id, code });
    });
  }

  async function owned({ person, agent }: Caller, id: string): Promise<TaskRecord | undefined> {
    const found = TASK_ID_PATTERN.test(id) ? await tasks.find(person, id) : undefined;
    return found?.record.agent === agent ? found.record : undefined;
  }

  function toolOf(record: TaskRecord): Tool | undefined {
    return tools.find(record.tool);
  }

  async function lookAfter(record: TaskRecord): Promise<TaskRecord> {
    const nowMs = clock.nowMs();
    if (!isForgotten(record, nowMs)) return record;
    const again = await tasks.change(record.person, record.id, (now) =>
      isForgotten(now, nowMs) ? { sent_at_ms: nowMs } : undefined,
    );
    // Of several that look at the same time one writes that very moment, and sends.
    if (again?.sent_at_ms === nowMs) await queue.send(taskName(record)).catch(() => {});
    return again ?? record;
  }

  /** What a tool tells is for whoever may still call it. */
  async function found(caller: Caller, record: TaskRecord): Promise<TaskFound> {
    const scopes = toolOf(record)?.declaration.scopes ?? [];
    if (!holdsScopes(caller.scopes, scopes)) return { kind: 'insufficient_scope', scopes };
    return { kind: 'found', task: viewOf(record, clock.nowMs()) };
  }

  return {
    async known(_tool, call) {
      const id = idOf(call);
      const record = id === undefined ? undefined : await owned(call.caller, id);
      // One that failed or was cancelled may be asked for again; the person is asked again, too.
      if (record === undefined || record.status === 'failed' || record.status === 'cancelled') return undefined;
      return { kind: 'task', task: viewOf(await lookAfter(record), clock.nowMs()) };
    },

    async begin(_tool, call, approval) {
      const id = idOf(call) ?? Buffer.from(random.bytes(ID_BYTES)).toString('base64url');
      const asked = newRecord(call, id, approval);
      const record = await keep(asked);
      if (record === asked) await send(record, call);
      return { kind: 'task', task: viewOf(record, clock.nowMs()) };
    },

    async look(caller, id) {
      const record = await owned(caller, id);
      return record === undefined ? { kind: 'missing' } : found(caller, await lookAfter(record));
    },

    urlOf: (id) => `${deps.mcpUrl}/status/${id}`,

    async cancel(caller, id) {
      const record = await owned(caller, id);
      if (record === undefined) return { kind: 'missing' };
      const now = await tasks.change(record.person, id, (current) => {
        if (hasEnded(current) || current.cancel === true) return undefined;
        // Nobody has begun: it ends here. Otherwise its worker looks at this now and then.
        return current.status === 'queued' ? { status: 'cancelled', arguments: undefined } : { cancel: true };
      });
      return now === undefined ? { kind: 'missing' } : found(caller, now);
    },
  };
}
