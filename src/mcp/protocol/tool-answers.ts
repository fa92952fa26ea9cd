import {
  type CallToolResult,
  type InputRequiredResult,
  inputRequired,
  ProtocolError,
} from '@modelcontextprotocol/server';
import type { ApprovalQuestion } from '../approvals.ts';
import type { CallOutcome, ProtocolRequest } from './seam.ts';
import type { Exchange } from './shared-transport.ts';
import { toolResult } from './tool-result.ts';

// How each outcome of a call is said on the wire, in both eras:
// - a result, or a failure that the model can act on: a tool result (`isError`), its code under `_meta['sallyport/error']`;
// - a yes is needed: 2026-07-28 `input_required` with a URL elicitation, earlier revisions the error -32042. A client of
//   2026-07-28 that declared no URL elicitation must not be sent one (the SDK refuses with -32021), and a bare
//   `requestState` would make clients poll: it gets a tool result with `isError` that says where the person can answer.
//   `requestState` needs no seal of its own: it is never read, the approval is found by the hash of the very call.
//   The open question is under `sallyport/approval` in each, so that a client need not parse words;
// - a scope is missing: 403 with an RFC 6750 §3.1 challenge; an unknown tool: -32602; a fault of ours: -32603.

const APPROVAL_META = 'sallyport/approval';
/** The one key under `inputRequests` and `inputResponses`. */
export const APPROVAL_INPUT = 'approval';

const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/** "URL elicitation required" of revision 2025-11-25; 2025-06-18 has no better word and gets the same. */
const URL_ELICITATION_REQUIRED = -32042;
/** JSON-RPC's first server-defined code: refusals of ours that MCP has no code for. The stable word is in `data.code`. */
const REFUSED = -32000;

export interface AnswerContext {
  readonly era: 'modern' | 'legacy';
  readonly exchange: Exchange<ProtocolRequest>;
  /** Whether this request's client said that it can send a person to a URL. */
  readonly canOpenUrls: boolean;
}

function approvalWords(question: ApprovalQuestion): string {
  return `This needs the person's approval first: ${question.summary}`;
}

function approvalAnswer(question: ApprovalQuestion, context: AnswerContext): InputRequiredResult | CallToolResult {
  const message = approvalWords(question);
  const details = { [APPROVAL_META]: question };
  if (context.era === 'legacy') {
    const elicitation = { mode: 'url', elicitationId: question.id, url: question.url, message };
    throw new ProtocolError(URL_ELICITATION_REQUIRED, message, { elicitations: [elicitation], ...details });
  }
  if (context.canOpenUrls) {
    const inputRequests = { [APPROVAL_INPUT]: inputRequired.elicitUrl({ message, url: question.url }) };
    return { ...inputRequired({ inputRequests, requestState: question.id }), _meta: details };
  }
  const { requestId } = context.exchange.scope;
  const text = `${message}\nThey can answer until ${question.expires_at} at ${question.url}. Then make the same call again.`;
  const refused = toolResult({ isError: true, code: 'approval_required', text }, requestId, undefined);
  return { ...refused, _meta: { ...refused._meta, ...details } };
}

const plainChallenge = (needed: readonly string[]): string =>
  `Bearer error="insufficient_scope", scope="${needed.join(' ')}"`;

export function scopeRefusal(scopes: readonly string[], context: Pick<AnswerContext, 'exchange'>): ProtocolError {
  const scope = scopes.join(' ');
  context.exchange.status = 403;
  const { challenge = plainChallenge } = context.exchange.scope.caller;
  context.exchange.headers = { 'www-authenticate': challenge(scopes) };
  const data = { code: 'insufficient_scope', scope, request_id: context.exchange.scope.requestId };
  return new ProtocolError(REFUSED, `This call needs the scope ${scope}, which was not granted.`, data);
}

/** The result for the SDK to send; throws the `ProtocolError` that it is to send instead. */
export function answerCall(
  name: string,
  outcome: CallOutcome,
  context: AnswerContext,
): InputRequiredResult | CallToolResult {
  const { requestId } = context.exchange.scope;
  switch (outcome.kind) {
    case 'result':
      return toolResult(outcome.result, requestId, outcome.details);
    case 'approval_required':
      return approvalAnswer(outcome.question, context);
    case 'insufficient_scope':
      throw scopeRefusal(outcome.scopes, context);
    case 'unknown_tool':
      throw new ProtocolError(INVALID_PARAMS, `Unknown tool: ${name.slice(0, 128)}`);
    // Where calls go on behind their answer, `task-answers.ts` has said so before; elsewhere there are none.
    case 'task':
    case 'tasks_needed':
    case 'fault':
      throw new ProtocolError(INTERNAL_ERROR, 'Internal error', { request_id: requestId });
  }
}
