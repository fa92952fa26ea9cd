import type { HttpRequest, HttpResponse } from '../../ports/http.ts';
import type { Caller } from '../caller.ts';
import { httpRefusal } from '../endpoint.ts';
import type { LongCalls, TaskView } from '../long-calls.ts';
import { toolResult } from '../protocol/tool-result.ts';

// `GET /mcp/status/{id}`: how far a call is that goes on behind its answer, for scripts and clients that know no tasks. It stands behind the same door as
// the endpoint; what is not the caller's own is not there. `DELETE` asks for its end.

export interface StatusDeps {
  readonly longCalls: LongCalls;
  /** What the path goes on with behind `…/status/`. */
  readonly id: string;
  readonly caller: Caller;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** snake_case, as everything of ours that is not MCP's. */
function bodyOf(task: TaskView): Readonly<Record<string, unknown>> {
  const { outcome, requestId, progress } = task;
  return {
    id: task.id,
    tool: task.tool,
    status: task.status,
    ...(progress !== undefined && { progress }),
    created_at: iso(task.createdAtMs),
    updated_at: iso(task.updatedAtMs),
    expires_at: iso(task.expiresAtMs),
    ...(outcome?.kind === 'result' && { result: toolResult(outcome.result, requestId, outcome.details) }),
    ...(outcome?.kind === 'fault' && { error: { code: 'internal', message: 'Internal error', request_id: requestId } }),
  };
}

function answer(status: number, task: TaskView): HttpResponse {
  const runs = task.status === 'queued' || task.status === 'working';
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(runs && { 'retry-after': String(Math.ceil(task.pollMs / 1000)) }),
    },
    body: JSON.stringify(bodyOf(task)),
  };
}

export async function answerStatus(request: HttpRequest, { longCalls, id, caller }: StatusDeps): Promise<HttpResponse> {
  const { requestId, method } = request;
  if (method !== 'GET' && method !== 'DELETE') {
    const refusal = { code: 'method_not_allowed', message: 'Method not allowed: only GET and DELETE', requestId };
    return httpRefusal(405, refusal, { allow: 'GET, DELETE' });
  }
  const found = method === 'GET' ? await longCalls.look(caller, id) : await longCalls.cancel(caller, id);
  if (found.kind === 'missing') {
    return httpRefusal(404, { code: 'not_found', message: 'There is no such call of yours.', requestId });
  }
  if (found.kind === 'insufficient_scope') {
    const scope = found.scopes.join(' ');
    const challenge = caller.challenge?.(found.scopes) ?? `Bearer error="insufficient_scope", scope="${scope}"`;
    const message = `What this call tells needs the scope ${scope}, which was not granted.`;
    return httpRefusal(403, { code: 'forbidden', message, requestId }, { 'www-authenticate': challenge });
  }
  return answer(method === 'GET' ? 200 : 202, found.task);
}
