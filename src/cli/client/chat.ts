import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint } from './api.ts';

// A question and its answer through the Agent API: waits for a turn that takes longer, and answers approvals when told to.

export const approvalShape = {
  id: z.string(),
  url: z.string(),
  tool: z.string(),
  summary: z.string(),
  expires_at: z.string(),
  /** What follows is said by the OAuth API alone. */
  agent: z.string().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  effect: z.string().optional(),
  undo: z.string().optional(),
};
const approval = z.object(approvalShape);
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
  /** Goes on with a turn, for whoever wants to see it; without it nothing is told until it is over. */
  readonly resume?: (turn: string) => Promise<TurnAnswer>;
  /** The longest wait for a turn that runs. Default 330 s. */
  readonly waitMs?: number;
}

const POLL_MS = 500;
/** A turn may take 300 s where a front door lets it. */
export const TURN_MS = 330_000;

async function waitWhileRunning(agent: Endpoint, answer: TurnAnswer, waitMs = TURN_MS): Promise<TurnAnswer> {
  const untilMs = Date.now() + waitMs;
  let current = answer;
  while (current.status === 'running') {
    if (Date.now() >= untilMs) {
      const again = `sallyport continue ${current.turn}`;
      throw new AppError('timed_out', `The turn goes on, and nobody waits for it any more. See it with: ${again}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    current = await callApi(agent, { method: 'GET', path: `/turns/${encodeURIComponent(current.turn)}` }, turnAnswer);
  }
  return current;
}

/** What the OAuth API says of a question. The agent only names it: its own words are no ground for a yes. */
const question = z.looseObject({ ...approvalShape, instance: z.string() });

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
    const body = { decision, instance };
    await callApi(approvals, { method: 'POST', path, body, repeatable: true }, z.looseObject({}));
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
  const request = { method: 'POST', path: '/chat', body, answerMs: TURN_MS } as const;
  return followTurn(await callApi(options.agent, request, turnAnswer), options);
}

/** May be said twice: of two at once one runs the call. */
function resume(agent: Endpoint, turn: string): Promise<TurnAnswer> {
  const path = `/turns/${encodeURIComponent(turn)}/continue`;
  return callApi(agent, { method: 'POST', path, repeatable: true, answerMs: TURN_MS }, turnAnswer);
}

/** Goes on with a turn that waited for approvals, which have been answered elsewhere. */
export async function continueTurn(turn: string, options: ChatOptions): Promise<TurnAnswer> {
  return followTurn(await resume(options.agent, turn), options);
}

/** Waits while it runs, and answers its approvals when told to, until it has ended or waits for somebody else. */
export async function followTurn(first: TurnAnswer, options: ChatOptions): Promise<TurnAnswer> {
  let answer = first;
  for (;;) {
    answer = await waitWhileRunning(options.agent, answer, options.waitMs);
    if (answer.status !== 'approval_required') return answer;
    if (!(await answerApprovals(options, answer.approvals))) return answer;
    const { turn } = answer;
    answer = await (options.resume === undefined ? resume(options.agent, turn) : options.resume(turn));
  }
}
