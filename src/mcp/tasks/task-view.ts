import type { TaskView } from '../long-calls.ts';
import type { ToolResult } from '../tools/tool.ts';
import type { TaskRecord } from './task-record.ts';

// A record as its owner is shown it: how far it is and how it ended, and nothing of who does it or what it was asked with.

/** Soon at first, for what is done in seconds; slower for what takes minutes. */
const POLL: readonly { readonly youngerThanMs: number; readonly pollMs: number }[] = [
  { youngerThanMs: 10_000, pollMs: 500 },
  { youngerThanMs: 60_000, pollMs: 2_000 },
];
const POLL_LATER_MS = 5_000;

function pollMs(ageMs: number): number {
  return POLL.find(({ youngerThanMs }) => ageMs < youngerThanMs)?.pollMs ?? POLL_LATER_MS;
}

function outcomeOf({ outcome }: TaskRecord): Pick<TaskView, 'outcome'> {
  if (outcome === undefined) return {};
  if (outcome.kind === 'fault') return { outcome: { kind: 'fault' } };
  const { result, details } = outcome;
  return { outcome: { kind: 'result', result: result as ToolResult, ...(details !== undefined && { details }) } };
}

export function viewOf(record: TaskRecord, nowMs: number): TaskView {
  const { progress } = record;
  return {
    id: record.id,
    tool: record.tool,
    status: record.status,
    ...(progress !== undefined && { progress: progress as NonNullable<TaskView['progress']> }),
    createdAtMs: record.created_at_ms,
    updatedAtMs: record.updated_at_ms,
    expiresAtMs: record.expires_at_ms,
    pollMs: pollMs(nowMs - record.created_at_ms),
    requestId: record.request_id,
    ...outcomeOf(record),
  };
}
