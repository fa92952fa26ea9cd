import { type CallToolResult, ProtocolError, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import type { TaskView } from '../long-calls.ts';
import { laterOf } from './later.ts';
import { TASKS_EXTENSION } from './revisions.ts';
import type { CallOutcome, ProtocolDeps, ProtocolRequest } from './seam.ts';
import type { Exchange } from './shared-transport.ts';
import { toolResult } from './tool-result.ts';

// A task in the words of both eras: the extension of 2026-07-28 (SEP-2663), and the experimental tasks of 2025-11-25 (SEP-1686). A call that went
// wrong in its tool is `completed` with `isError`; `failed` is only what a call done at once would have answered with a JSON-RPC error.

type Json = Readonly<Record<string, unknown>>;

const INTERNAL_ERROR = -32603;
const METHOD_NOT_FOUND = -32601;
const MISSING_CAPABILITY = -32021;
const TASK_META = 'sallyport/task';

const iso = (ms: number): string => new Date(ms).toISOString();

/** One line for a person or a model. */
function messageOf({ status, progress }: TaskView): string | undefined {
  if (status === 'queued') return 'It waits to be begun.';
  if (status === 'cancelled') return 'It was cancelled. What had been done by then stays done.';
  if (status === 'failed') return 'It failed for a reason of ours, which the log has.';
  if (status === 'completed' || progress === undefined) return undefined;
  const far = progress.total === undefined ? '' : ` (${progress.progress} of ${progress.total})`;
  return `${progress.message ?? 'It is being done'}${far}`;
}

const wireStatus = ({ status }: TaskView): string => (status === 'queued' ? 'working' : status);

/** `Task` of the extension. */
function modernTask(task: TaskView): Json {
  const statusMessage = messageOf(task);
  return {
    taskId: task.id,
    status: wireStatus(task),
    ...(statusMessage !== undefined && { statusMessage }),
    createdAt: iso(task.createdAtMs),
    lastUpdatedAt: iso(task.updatedAtMs),
    ttlMs: task.expiresAtMs - task.createdAtMs,
    pollIntervalMs: task.pollMs,
  };
}

export function legacyTask(task: TaskView): Json {
  const { ttlMs, pollIntervalMs, ...same } = modernTask(task);
  return { ...same, ttl: ttlMs, pollInterval: pollIntervalMs };
}

/** What the call itself would have been answered with. */
export function resultOf({ outcome, requestId }: TaskView): { readonly result?: Json; readonly error?: Json } {
  if (outcome === undefined) return {};
  if (outcome.kind === 'result') return { result: toolResult(outcome.result, requestId, outcome.details) };
  return { error: { code: INTERNAL_ERROR, message: 'Internal error', data: { request_id: requestId } } };
}

export const detailedTask = (task: TaskView): Json => ({ ...modernTask(task), ...resultOf(task) });

/** `data` of the refusal of a client that knows no tasks. */
export const tasksNeeded: Json = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };

/** For a client that knows no tasks: where to look, in words and under a key that a program may read. */
function toldTask(task: TaskView, requestId: string, url: string): CallToolResult {
  const until = iso(task.expiresAtMs);
  const text = `This takes longer than one answer may, and goes on. How far it is and how it ended: GET ${url}, with the same proof as this call, until ${until}. Do not make the same call again.`;
  const said = toolResult({ isError: true, code: 'running', text }, requestId, undefined);
  const meta = { id: task.id, url, status: task.status, expires_at: until };
  return { ...said, _meta: { ...said._meta, [TASK_META]: meta } };
}

export interface TaskAnswerContext {
  readonly era: 'modern' | 'legacy';
  readonly exchange: Exchange<ProtocolRequest>;
  readonly deps: Pick<ProtocolDeps, 'serverInfo' | 'longCalls'>;
}

/** The answer to a call that is not answered now; throws the `ProtocolError` to send instead. */
export function answerTask(
  outcome: Extract<CallOutcome, { readonly kind: 'task' | 'tasks_needed' }>,
  { era, exchange, deps }: TaskAnswerContext,
): CallToolResult {
  if (outcome.kind === 'tasks_needed') {
    if (era === 'modern')
      throw new ProtocolError(MISSING_CAPABILITY, 'Missing required client capability', tasksNeeded);
    throw new ProtocolError(METHOD_NOT_FOUND, 'This tool takes long: call it as a task.');
  }
  const { task } = outcome;
  const request = exchange.scope;
  if (!laterOf(era, request).handle) return toldTask(task, request.requestId, deps.longCalls?.urlOf(task.id) ?? '');
  exchange.instead =
    era === 'legacy'
      ? { task: legacyTask(task) }
      : { resultType: 'task', ...modernTask(task), _meta: { [SERVER_INFO_META_KEY]: deps.serverInfo } };
  return { content: [] };
}
