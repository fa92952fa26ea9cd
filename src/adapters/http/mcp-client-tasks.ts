import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { isJsonObject } from '../../kernel/json-object.ts';

// A call that goes on behind its answer (the tasks extension of MCP, https://modelcontextprotocol.io/seps/2663-tasks-extension), waited for below the
// official client, which does not know the extension: it is handed what the call itself would have been answered with. Nothing here decides how long
// to wait; whoever stops waiting may have the task stopped, too.

type Json = Readonly<Record<string, unknown>>;

/** What one call says about its task, and wants to know. */
export interface TaskWait {
  /** The task that an earlier sending of this very call became: it is looked for before anything is sent again. */
  readonly known?: string;
  readonly begun: (id: string) => void;
  /** How far it is, in words of the other side. */
  readonly tell: (words: string) => void;
  /** Asked when the waiting was stopped: whether the task is to stop, too. */
  readonly cancels: () => boolean;
}

export interface TaskExchange {
  /** The request that was answered with a task, or would have been. */
  readonly message: JSONRPCMessage & { readonly id: string | number };
  /** Sends another request beside it and gives the answer's message; rejects when there is none. */
  readonly ask: (message: JSONRPCMessage, signal: AbortSignal | undefined) => Promise<Json>;
  /** Sends the request itself. */
  readonly call: () => Promise<Json>;
  /** The fault of a task that was taken on, and of which nobody knows what became. */
  readonly lost: (cause: unknown) => Error;
  readonly signal: AbortSignal | undefined;
  readonly wait: TaskWait;
}

const MIN_POLL_MS = 250;
const MAX_POLL_MS = 10_000;
/** A server that is away for a moment is asked again; the task goes on without us. */
const MAX_MISSED = 5;
const CANCEL_MS = 5_000;
const ERROR_META = 'sallyport/error';

/** Ends early, and quietly, with the signal. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}

/** What the call itself would have been answered with; nothing while it goes on. */
function endOf(task: Json, id: string | number): JSONRPCMessage | undefined {
  const { status, result, error, statusMessage } = task;
  if (status === 'completed' && isJsonObject(result))
    return { jsonrpc: '2.0', id, result: { ...result, resultType: 'complete' } } as JSONRPCMessage;
  if (status === 'failed' && isJsonObject(error)) return { jsonrpc: '2.0', id, error } as unknown as JSONRPCMessage;
  if (status === 'cancelled') {
    const text = typeof statusMessage === 'string' ? statusMessage : 'It was cancelled.';
    const content = [{ type: 'text', text }];
    const _meta = { [ERROR_META]: { code: 'cancelled' } };
    return { jsonrpc: '2.0', id, result: { content, isError: true, resultType: 'complete', _meta } } as JSONRPCMessage;
  }
  if (status === 'working') return undefined;
  throw new Error('a task in a state that nothing is known of');
}

const pollOf = ({ pollIntervalMs }: Json): number =>
  Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, typeof pollIntervalMs === 'number' ? pollIntervalMs : 0));

/** `tasks/get` and `tasks/cancel` on behalf of the call, in its own words about itself (`_meta`). */
function taskRequest({ message }: TaskExchange, method: string, taskId: string): JSONRPCMessage {
  const params = 'params' in message && isJsonObject(message.params) ? message.params : {};
  const { progressToken: _own, ...meta } = isJsonObject(params['_meta']) ? params['_meta'] : {};
  return { jsonrpc: '2.0', id: `${message.id}:${method}`, method, params: { taskId, _meta: meta } } as JSONRPCMessage;
}

/** The task as it is; nothing where there is none of the caller's by that name. */
async function lookAt(exchange: TaskExchange, id: string): Promise<Json | undefined> {
  const { result } = await exchange.ask(taskRequest(exchange, 'tasks/get', id), exchange.signal);
  return isJsonObject(result) && result['taskId'] === id ? result : undefined;
}

/** Rejects when waiting was stopped, and when the other side could not be asked any more. */
async function waitForTask(first: Json, exchange: TaskExchange): Promise<JSONRPCMessage> {
  const { message, signal, wait, ask } = exchange;
  const id = String(first['taskId']);
  wait.begun(id);
  let task = first;
  let told: unknown;
  for (let missed = 0; ; ) {
    const end = endOf(task, message.id);
    if (end !== undefined) return end;
    const { statusMessage } = task;
    if (typeof statusMessage === 'string' && statusMessage !== told) wait.tell(statusMessage);
    told = statusMessage;
    await pause(pollOf(task), signal);
    if (signal?.aborted === true) {
      const limit = AbortSignal.timeout(CANCEL_MS);
      if (wait.cancels()) await ask(taskRequest(exchange, 'tasks/cancel', id), limit).catch(() => undefined);
      throw new Error('nobody waits for this task any more');
    }
    try {
      const seen = await lookAt(exchange, id);
      if (seen === undefined) throw new Error('the task is gone');
      task = seen;
      missed = 0;
    } catch (error) {
      missed += 1;
      if (missed === MAX_MISSED) throw error;
    }
  }
}

const isTask = (value: unknown): value is Json => isJsonObject(value) && value['resultType'] === 'task';

/** The end of a task that was just begun, or of one that an earlier sending became; where that is gone, the call is made anew. */
export async function seeThrough(begun: Json | undefined, exchange: TaskExchange): Promise<unknown> {
  const { known } = exchange.wait;
  const found = begun ?? (known === undefined ? undefined : await lookAt(exchange, known));
  const answer = found === undefined ? await exchange.call() : undefined;
  const task = found ?? answer?.['result'];
  if (found === undefined && !isTask(task)) return answer;
  try {
    return await waitForTask(task as Json, exchange);
  } catch (error) {
    throw exchange.lost(error);
  }
}
