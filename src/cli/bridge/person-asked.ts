import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { OpenQuestion } from './door-answers.ts';
import type { DoorAnswer } from './door-connection.ts';

// A call that waits for its person's yes. A client that can send them to an address does so, and the call is made again until the answer is there;
// for any other the answer of the call says where to go. The yes itself never passes here: it is given at the OAuth API.

export interface AskedCall {
  readonly era: 'modern' | 'legacy';
  readonly server: Server;
  readonly ctx: ServerContext;
  /** The very same call once more. */
  readonly again: () => Promise<DoorAnswer>;
  /** Tells the client that the call is still waiting. */
  readonly waiting: () => Promise<void>;
  readonly nowMs: () => number;
  readonly waitMs: number;
}

type Answer = CallToolResult | InputRequiredResult;

/** The one key under `inputRequests` and `inputResponses`. */
const INPUT = 'approval';
const LOOK_MS = [1_000, 2_000, 3_000];

const failure = (text: string, code: string): CallToolResult => ({
  content: [{ type: 'text', text }],
  isError: true,
  _meta: { 'sallyport/error': { code } },
});

/** Where there is no other way to the person than the words of the answer. */
function inWords({ message, url, expiresAt }: OpenQuestion): CallToolResult {
  const until = expiresAt === undefined ? '' : ` until ${expiresAt}`;
  const text = `${message}\nThey can answer${until} at ${url}. Then make the same call again.`;
  return failure(text, 'approval_required');
}

const declined = (): CallToolResult =>
  failure('Nothing was done: the person did not want to answer this.', 'approval_declined');

function canOpenUrls({ era, server, ctx }: AskedCall): boolean {
  const envelope: Readonly<Record<string, unknown>> = { ...ctx.mcpReq.envelope };
  const told: unknown = era === 'legacy' ? server.getClientCapabilities() : envelope[CLIENT_CAPABILITIES_META_KEY];
  return isJsonObject(told) && isJsonObject(told['elicitation']) && told['elicitation']['url'] !== undefined;
}

/** Makes the call again until the person has answered, their time is up, or the client has waited long enough. */
async function untilAnswered(question: OpenQuestion, call: AskedCall): Promise<Answer> {
  const ownEndMs = call.nowMs() + call.waitMs;
  const endMs = Math.min(ownEndMs, Date.parse(question.expiresAt ?? '') || ownEndMs);
  for (let looked = 0; ; looked += 1) {
    const answer = await call.again();
    if (answer.kind === 'result') return answer.result;
    if (call.nowMs() >= endMs) return inWords(answer.question);
    await call.waiting();
    await sleep(LOOK_MS[Math.min(looked, LOOK_MS.length - 1)], undefined, { signal: call.ctx.mcpReq.signal });
  }
}

async function askLegacy(question: OpenQuestion, call: AskedCall): Promise<Answer> {
  const { id, url, message } = question;
  const { signal } = call.ctx.mcpReq;
  const asked = { mode: 'url', elicitationId: id, url, message } as const;
  const { action } = await call.ctx.mcpReq.elicitInput(asked, { signal, timeout: call.waitMs });
  if (action !== 'accept') return declined();
  const answer = await untilAnswered(question, call);
  const done = { method: 'notifications/elicitation/complete', params: { elicitationId: id } } as const;
  await call.server.notification(done).catch(() => undefined);
  return answer;
}

export async function askPerson(question: OpenQuestion, call: AskedCall): Promise<Answer> {
  if (!canOpenUrls(call)) return inWords(question);
  if (call.era === 'legacy') return askLegacy(question, call);
  const given = inputResponse(call.ctx.mcpReq.inputResponses, INPUT);
  if (given.kind === 'elicit') return given.action === 'accept' ? untilAnswered(question, call) : declined();
  const { id, url, message } = question;
  return inputRequired({ inputRequests: { [INPUT]: inputRequired.elicitUrl({ message, url }) }, requestState: id });
}
