import { CLIENT_CAPABILITIES_META_KEY, TASKS_EXTENSION } from './revisions.ts';
import type { LaterAnswer, ProtocolRequest } from './seam.ts';

// How one caller can take an answer that comes later. Clients of 2026-07-28 say so with every request, and the server decides; those of 2025-11-25
// ask for it with the call itself. Anybody may say that they would rather not wait.

/** RFC 7240 §4.1, among other preferences. */
const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i;

type Params = Readonly<Record<string, unknown>>;

function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Params)[name] : undefined;
}

/** Whether the client of this very request says that it knows tasks. */
export function knowsTasks(params: Params | undefined): boolean {
  const capabilities = memberOf(memberOf(params, '_meta'), CLIENT_CAPABILITIES_META_KEY);
  const known = memberOf(memberOf(capabilities, 'extensions'), TASKS_EXTENSION);
  return known !== null && typeof known === 'object';
}

export function laterOf(era: 'modern' | 'legacy', { headers, message }: ProtocolRequest): LaterAnswer {
  const params = memberOf(message, 'params') as Params | undefined;
  const prefers = RESPOND_ASYNC.test(headers['prefer'] ?? '');
  if (era === 'modern') return { handle: knowsTasks(params), asked: prefers };
  const task = memberOf(params, 'task');
  const handle = task !== null && typeof task === 'object';
  return { handle, asked: handle || prefers };
}
