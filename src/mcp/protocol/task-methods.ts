import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError, type Server, type StandardSchemaV1 } from '@modelcontextprotocol/server';
import type { LongCalls, TaskFound, TaskView } from '../long-calls.ts';
import { knowsTasks } from './later.ts';
import type { ProtocolRequest } from './seam.ts';
import type { SharedTransport } from './shared-transport.ts';
import { detailedTask, legacyTask, resultOf, tasksNeeded } from './task-answers.ts';
import { scopeRefusal } from './tool-answers.ts';

// The methods by which a client looks after its tasks: `tasks/get`, `tasks/update` and `tasks/cancel` of the extension of 2026-07-28, and `tasks/get`,
// `tasks/result` and `tasks/cancel` of 2025-11-25. No method lists tasks: an id is for whoever was given it. A task here asks its client nothing
// once it has begun (a person's yes comes before), so that `tasks/update` has nothing to take.

type Params = Readonly<Record<string, unknown>>;

export interface TaskMethodsDeps {
  readonly server: Server;
  readonly transport: SharedTransport<ProtocolRequest>;
  readonly era: 'modern' | 'legacy';
  readonly longCalls: LongCalls;
}

const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const MISSING_CAPABILITY = -32021;
/** Of 2025-11-25: joins a result to its task. */
const RELATED_TASK = 'io.modelcontextprotocol/related-task';
/** How often `tasks/result` of 2025-11-25, which waits for the end, looks for it. */
const LOOK_MS = 250;

const anyParams: StandardSchemaV1<Params> = {
  '~standard': { version: 1, vendor: 'sallyport', validate: (value) => ({ value: (value ?? {}) as Params }) },
};

export function registerTaskMethods({ server, transport, era, longCalls }: TaskMethodsDeps): void {
  type Run = (id: string, request: ProtocolRequest) => Promise<TaskFound>;

  function register(method: string, run: Run, answer: (task: TaskView, request: ProtocolRequest) => unknown): void {
    server.setRequestHandler(method, { params: anyParams }, async (params, ctx) => {
      const exchange = transport.exchange(ctx.mcpReq.id);
      const request = exchange.scope;
      const sent = (request.message as { readonly params?: Params }).params;
      if (era === 'modern' && !knowsTasks(sent)) {
        throw new ProtocolError(MISSING_CAPABILITY, 'Missing required client capability', tasksNeeded);
      }
      const { taskId } = params;
      if (typeof taskId !== 'string') throw new ProtocolError(INVALID_PARAMS, 'taskId must be a string');
      const found = await run(taskId, request);
      if (found.kind === 'insufficient_scope') throw scopeRefusal(found.scopes, { exchange });
      if (found.kind === 'missing') throw new ProtocolError(INVALID_PARAMS, 'There is no such task of yours.');
      return (await answer(found.task, request)) as Record<string, unknown>;
    });
  }

  const look: Run = (id, { caller }) => longCalls.look(caller, id);
  const cancel: Run = (id, { caller }) => longCalls.cancel(caller, id);

  if (era === 'modern') {
    register('tasks/get', look, detailedTask);
    register('tasks/update', look, () => ({}));
    register('tasks/cancel', cancel, () => ({}));
    return;
  }

  const goesOn = ({ status }: TaskView): boolean => status === 'queued' || status === 'working';

  async function lookUntilEnded(id: string, request: ProtocolRequest): Promise<TaskFound> {
    for (;;) {
      const found = await look(id, request);
      if (found.kind !== 'found' || !goesOn(found.task) || request.signal.aborted) return found;
      // The signal ends it early; the next look says what there is.
      await sleep(LOOK_MS, undefined, { signal: request.signal }).catch(() => {});
    }
  }

  /** That revision refuses to cancel what has ended (Tasks, Task Cancellation); the newer one takes it. */
  const cancelWhatGoesOn: Run = async (id, request) => {
    const found = await look(id, request);
    if (found.kind === 'found' && !goesOn(found.task)) {
      throw new ProtocolError(INVALID_PARAMS, `The task has ended already: it is ${found.task.status}.`);
    }
    return cancel(id, request);
  };

  register('tasks/get', look, legacyTask);
  register('tasks/cancel', cancelWhatGoesOn, legacyTask);
  register('tasks/result', lookUntilEnded, (task) => {
    const { result, error } = resultOf(task);
    if (error !== undefined) throw new ProtocolError(INTERNAL_ERROR, 'Internal error', error['data']);
    if (result !== undefined)
      return { ...result, _meta: { ...(result['_meta'] as object), [RELATED_TASK]: { taskId: task.id } } };
    const message = task.status === 'cancelled' ? 'The task was cancelled.' : 'The task has not ended yet. Ask again.';
    throw new ProtocolError(INTERNAL_ERROR, message, { status: task.status });
  });
}
