import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint, openApi } from './api.ts';
import { ApiRefusal } from './api-refusal.ts';
import { type Question, questionBody, TURN_MS, type TurnAnswer, turnAnswer } from './chat.ts';
import { readEvents } from './server-sent-events.ts';
import { TransportError } from './transport.ts';

// A question whose turn is told while it runs (`POST /stream`). A stream that breaks off ends nothing: the turn is then read at its address.

/** What a person may want to see happen. */
export type TurnNews =
  | { readonly kind: 'started'; readonly turn: string; readonly conversation: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }
  | { readonly kind: 'progress'; readonly tool: string; readonly message: string }
  | { readonly kind: 'result'; readonly tool: string; readonly outcome: string; readonly message?: string };

const shapes = {
  'turn.start': z.looseObject({ turn: z.string(), conversation_id: z.string() }),
  'text.delta': z.looseObject({ text: z.string() }),
  'tool.call': z.looseObject({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) }),
  'tool.progress': z.looseObject({ tool: z.string(), message: z.string() }),
  'tool.result': z.looseObject({ tool: z.string(), outcome: z.string(), message: z.string().optional() }),
  error: z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string(), request_id: z.string() }) }),
};

function parse<Schema extends z.ZodType>(schema: Schema, data: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(data));
  } catch {
    throw new AppError('upstream_failed', 'The stream holds something that is not of its known form.');
  }
}

function newsOf(event: string, data: string): TurnNews | undefined {
  switch (event) {
    case 'turn.start': {
      const { turn, conversation_id: conversation } = parse(shapes['turn.start'], data);
      return { kind: 'started', turn, conversation };
    }
    case 'text.delta':
      return { kind: 'text', text: parse(shapes['text.delta'], data).text };
    case 'tool.call':
      return { kind: 'call', ...parse(shapes['tool.call'], data) };
    case 'tool.progress': {
      const { tool, message } = parse(shapes['tool.progress'], data);
      return { kind: 'progress', tool, message };
    }
    case 'tool.result': {
      const { tool, outcome, message } = parse(shapes['tool.result'], data);
      return { kind: 'result', tool, outcome, ...(message !== undefined && { message }) };
    }
    default:
      return undefined;
  }
}

/** `known` is the turn's name, where it had one before. A stream that breaks off is no fault once the turn can be read elsewhere. */
async function follow(
  body: AsyncIterable<Uint8Array>,
  tell: TellNews,
  known?: string,
): Promise<{ readonly turn: string; readonly end?: TurnAnswer }> {
  let turn = known;
  try {
    for await (const { event, data } of readEvents(body)) {
      const news = newsOf(event, data);
      if (news?.kind === 'started') turn = news.turn;
      if (news !== undefined) tell(news);
      if (event === 'error') {
        const { code, message, request_id } = parse(shapes.error, data).error;
        throw new ApiRefusal(0, code, message, request_id);
      }
      if (event !== 'turn.end') continue;
      const end = parse(turnAnswer, data);
      return { turn: end.turn, end };
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  if (turn === undefined) throw new AppError('upstream_failed', 'The stream ended before the turn began. Ask again.');
  return { turn };
}

export type TellNews = (news: TurnNews) => void;

/** How the turn stands when its stream has ended: it may wait for a yes, or still run. Rejects as `callApi` does. */
export async function streamQuestion(agent: Endpoint, question: Question, tell: TellNews): Promise<TurnAnswer> {
  const body = await openApi(agent, {
    method: 'POST',
    path: '/stream',
    body: questionBody(question),
    answerMs: TURN_MS,
  });
  const { turn, end } = await follow(body, tell);
  return end ?? callApi(agent, { method: 'GET', path: pathOf(turn) }, turnAnswer);
}

/** The same for a turn whose approvals have been answered. May be asked for twice: of two at once one runs the call. */
export async function streamContinue(agent: Endpoint, turn: string, tell: TellNews): Promise<TurnAnswer> {
  const path = `${pathOf(turn)}/continue`;
  const body = await openApi(agent, { method: 'POST', path, repeatable: true, answerMs: TURN_MS });
  const { end } = await follow(body, tell, turn);
  return end ?? callApi(agent, { method: 'GET', path: pathOf(turn) }, turnAnswer);
}

const pathOf = (turn: string): string => `/turns/${encodeURIComponent(turn)}`;

/** What has been done stays done. */
export function cancelTurn(agent: Endpoint, turn: string): Promise<TurnAnswer> {
  return callApi(agent, { method: 'DELETE', path: pathOf(turn) }, turnAnswer);
}
