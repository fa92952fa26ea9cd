import * as z from 'zod';
import { callApi, type Endpoint } from './api.ts';

// A question and its answer through the Agent API: waits for a turn that takes longer, and answers approvals when told to.

const approval = z.object({
  id: z.string(),
  url: z.string(),
  tool: z.string(),
  summary: z.string(),
  expires_at: z.string(),
});
export type Approval = z.infer<typeof approval>;

export const turnAnswer = z.object({
  status: z.enum(['completed', 'approval_required', 'running', 'failed', 'cancelled']),
  turn: z.string(),
  conversation_id: z.string().optional(),
  answer: z.string().optional(),
  tool_calls: z
    .array(
      z.looseObject({ tool: z.string(), arguments: z.record(z.string(), z.unknown()).optional(), outcome: z.string() }),
    )
    .default([]),
  approvals: z.array(approval).default([]),
  usage: z.looseObject({}).optional(),
});
export type TurnAnswer = z.infer<typeof turnAnswer>;

export interface Question {
  readonly message: string;
  readonly conversationId?: string;
  readonly timeZone?: string;
}

export interface ChatOptions {
  readonly agent: Endpoint;
  /** Asked for each approval, in the OAuth API's words; the turn stays paused when it answers `undefined`. */
  readonly decide: (approval: Approval) => Promise<'yes' | 'no' | undefined>;
  /** Where and with which token approvals are answered; never the token that chats. */
  readonly approvals?: Endpoint;
}

const POLL_MS = 500;

async function waitWhileRunning(agent: Endpoint, answer: TurnAnswer): Promise<TurnAnswer> {
  let current = answer;
  while (current.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    current = await callApi(agent, { method: 'GET', path: `/turns/${encodeURIComponent(current.turn)}` }, turnAnswer);
  }
  return current;
}

/** What the OAuth API says of a question. The agent only names it: its own words are no ground for a yes. */
const question = z.looseObject({ ...approval.shape, instance: z.string() });

/** True when every open approval got its answer, so that the turn can go on. */
async function answerApprovals(options: ChatOptions, open: readonly Approval[]): Promise<boolean> {
  const { approvals, decide } = options;
  if (approvals === undefined) return false;
  let answered = 0;
  for (const { id } of open) {
    const path = `/approvals/${encodeURIComponent(id)}`;
    const { instance, ...asked } = await callApi(approvals, { method: 'GET', path }, question);
    const decision = await decide(asked);
    if (decision === undefined) continue;
    await callApi(approvals, { method: 'POST', path, body: { decision, instance } }, z.looseObject({}));
    answered += 1;
  }
  return answered > 0 && answered === open.length;
}

export function questionBody({ message, conversationId, timeZone }: Question) {
  return {
    message,
    ...(conversationId === undefined ? {} : { conversation_id: conversationId }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
  };
}

export async function ask(question: Question, options: ChatOptions): Promise<TurnAnswer> {
  const body = questionBody(question);
  return followTurn(await callApi(options.agent, { method: 'POST', path: '/chat', body }, turnAnswer), options);
}

const resume = (agent: Endpoint, turn: string): Promise<TurnAnswer> =>
  callApi(agent, { method: 'POST', path: `/turns/${encodeURIComponent(turn)}/continue` }, turnAnswer);

/** Goes on with a turn that waited for approvals, which have been answered elsewhere. */
export async function continueTurn(turn: string, options: ChatOptions): Promise<TurnAnswer> {
  return followTurn(await resume(options.agent, turn), options);
}

/** Waits while it runs, and answers its approvals when told to, until it has ended or waits for somebody else. */
export async function followTurn(first: TurnAnswer, options: ChatOptions): Promise<TurnAnswer> {
  let answer = first;
  for (;;) {
    answer = await waitWhileRunning(options.agent, answer);
    if (answer.status !== 'approval_required') return answer;
    if (!(await answerApprovals(options, answer.approvals))) return answer;
    answer = await resume(options.agent, answer.turn);
  }
}
