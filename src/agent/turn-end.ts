import { AppError } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';
import { doneLine, finishAnswer } from './answer.ts';
import type { Conversations } from './conversation.ts';
import { unresolvedNames } from './people.ts';
import type { TurnCall, TurnRecord } from './turn-record.ts';
import { rememberedMessages, spoken, wholeSteps } from './turn-remembered.ts';
import { knownPeople, questionOf, type Setting } from './turn-setting.ts';
import { unclear } from './turn-step.ts';
import type { TurnHandle } from './turn-store.ts';

// How turns end: with an answer, at a limit, or broken off. Each end says what was done and what was not.

/** Ends the turn with an answer; `limit` says which limit cut it short. */
export async function finish(setting: Setting, text: string, limit?: TurnRecord['limit']): Promise<void> {
  const { handle } = setting;
  const unresolved = unresolvedNames(questionOf(handle.record), knownPeople(setting));
  const answer = finishAnswer(text, handle.record, { unresolved, history: setting.history });
  await handle.save({
    status: 'completed',
    answer,
    messages: [...wholeSteps(handle.record.messages), spoken(answer)],
    approvals: [],
    ...(limit === undefined ? {} : { limit }),
  });
}

/** What is known of each call when a run breaks off. */
function brokenCalls(calls: readonly TurnCall[]): TurnCall[] {
  return calls.map((call) => {
    if (call.outcome === 'sent') return unclear(call);
    return call.outcome === 'waiting' ? { ...call, outcome: 'refused', code: 'not_sent' } : call;
  });
}

/** Ends a turn whose time is up. `error` is what the end of the time broke off. */
export async function finishLate(handle: TurnHandle, turnMs: number, error: unknown): Promise<void> {
  const record = { ...handle.record, calls: brokenCalls(handle.record.calls) };
  const waited = error instanceof AppError && error.code === 'timed_out' ? `${error.message} ` : '';
  const text = `I stopped because the time for one question, ${Math.round(turnMs / 1000)} seconds, was up. ${waited}${doneLine(record)}`;
  const answer = finishAnswer(text, record);
  await handle.save({
    status: 'completed',
    limit: 'time',
    answer,
    calls: record.calls,
    approvals: [],
    messages: [...wholeSteps(record.messages), spoken(answer)],
  });
}

/** Ends a turn that cannot go on. One that did something says so in an answer; another has its error only. */
export async function fail(handle: TurnHandle, error: unknown, log: Log): Promise<void> {
  const calls = brokenCalls(handle.record.calls);
  const record = { ...handle.record, calls };
  const known =
    error instanceof AppError ? error : new AppError('internal', 'Something went wrong on our side.', { cause: error });
  log.error('turn.failed', { code: known.code, cause: describe(known.cause ?? known) });
  const answer = calls.length === 0 ? undefined : finishAnswer(`${known.message} ${doneLine(record)}`, record);
  const { code, message, retryAfterSeconds } = known;
  await handle.save({
    status: 'failed',
    calls,
    approvals: [],
    messages: [...wholeSteps(record.messages), spoken(answer ?? message)],
    error: { code, message, ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }) },
    ...(answer === undefined ? {} : { answer }),
  });
}

/** A fault's name and place in our code; messages may hold what was said. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place =
    error.stack
      ?.split('\n')
      .find((line) => line.includes('/src/'))
      ?.trim() ?? '';
  return `${error.name} ${place}`.trim();
}

/** Puts a turn that ended or waits into its conversation. One that cannot be remembered is answered all the same. */
export async function remember(conversations: Conversations, record: TurnRecord, log: Log): Promise<void> {
  const { person, conversation_id, id, status } = record;
  try {
    await conversations.remember(person, conversation_id, id, rememberedMessages(record), {
      status,
      tainted: record.tainted,
    });
  } catch (error) {
    log.error('conversation.not_saved', { cause: describe(error) });
  }
}
