import { AppError, isExpected } from '../../kernel/app-error.ts';
import { encodeUlid } from '../../kernel/ulid.ts';
import type { Slack } from '../../ports/slack.ts';
import type { JobRecord } from '../../trust/job.ts';
import type { SlackMessage } from '../../trust/slack-job.ts';
import { MAX_MESSAGE_CHARACTERS } from '../json-request.ts';
import type { TurnRecord } from '../turn-record.ts';
import type { Exchange, TurnService } from '../turn-service.ts';
import type { JobExchange, JobResult } from '../worker.ts';
import { MAIN, type SlackPlaces, type ThreadOf, type TurnPlace } from './slack-places.ts';
import { escapeMrkdwn, mrkdwnContext, readQuestion } from './slack-text.ts';
import type { SlackTurns } from './slack-turns.ts';
import { progress, say } from './slack-views.ts';

// A message becomes a turn of whoever wrote it. Wherever it was written, what comes of it is shown in the direct messages with the app:
// the answer may hold what is in the person's calendar, and nobody else is to read it.

export interface SlackAskDeps {
  readonly slack: Slack;
  readonly places: SlackPlaces;
  readonly show: SlackTurns;
  readonly turns: Pick<TurnService, 'start' | 'resume' | 'look' | 'peek'>;
  readonly zoneOf: (user: string) => Promise<string>;
}

/** For the records and the last edit that are still to be written when the time is up. */
const MARGIN_MS = 10_000;
/** As long as a lease that nobody renews is in force. */
const AGAIN_MS = 60_000;
const MAX_QUOTE = 200;

interface Asked {
  readonly person: string;
  /** As which they asked. */
  readonly identity: string | undefined;
  readonly turnId: string;
  readonly text: string;
  readonly message: SlackMessage;
}

/** The same job always means the same turn: a worker that comes after another one that died finds it again. */
function turnIdOf(job: JobRecord): string {
  return `t_${encodeUlid(job.created_at * 1000, Buffer.from(job.id, 'base64url').subarray(0, 10))}`;
}

/** The thread whose conversation goes on, and where the answer stands. */
interface Setting {
  readonly thread: ThreadOf;
  /** Direct messages. */
  readonly channel: string;
  readonly inThread: string | undefined;
}

/** A command is no message: nothing can be threaded on it. */
const isCommand = ({ ts }: SlackMessage): boolean => ts === undefined;

export function createSlackAsk(deps: SlackAskDeps) {
  const { slack, places, show, turns } = deps;

  async function settingOf({ message }: Asked): Promise<Setting> {
    const { place, ts } = message;
    if (place.direct) {
      const { channel, thread } = place;
      return { thread: { channel, thread: thread ?? MAIN }, channel, inThread: thread };
    }
    const channel = await slack.openDirect(place.user);
    const thread = isCommand(message)
      ? { channel, thread: MAIN }
      : { channel: place.channel, thread: place.thread ?? ts ?? MAIN };
    return { thread, channel, inThread: undefined };
  }

  /** The message that stands for the turn; in a channel its person is told, and nobody else, where to look. */
  async function openPlace(asked: Asked, { channel, inThread }: Setting): Promise<TurnPlace> {
    const known = await places.placeOf(asked.person, asked.turnId);
    if (known !== undefined) return known;
    const { place } = asked.message;
    const begun = progress([]);
    const quote = escapeMrkdwn(asked.text.slice(0, MAX_QUOTE));
    const blocks = place.direct ? begun.blocks : [mrkdwnContext(`You asked: ${quote}`), ...begun.blocks];
    const content = { ...begun, blocks };
    const message = await slack.post({ channel, thread: inThread }, content).catch(async (error: unknown) => {
      // Direct messages that the app cannot write to under that name: those that it can open itself are the same.
      if (!place.direct || !(error instanceof AppError) || error.code !== 'not_found') throw error;
      return slack.post({ channel: await slack.openDirect(place.user) }, content);
    });
    const thread = message.channel === channel ? inThread : undefined;
    const { turnId: turn, identity } = asked;
    const made = { turn, user: place.user, identity, message, thread, questions: [] };
    await places.keep(asked.person, made);
    if (!place.direct && !isCommand(asked.message)) {
      const to = { channel: place.channel, user: place.user, thread: place.thread };
      await slack.whisper(to, say('I answer you in our direct messages.')).catch(() => false);
    }
    return { v: 1, ...made };
  }

  /** What is said under the question, or under its answer, goes on with the same conversation. */
  async function bind(asked: Asked, setting: Setting, place: TurnPlace, conversation: string): Promise<void> {
    const { message, person } = asked;
    const threads: ThreadOf[] = [setting.thread];
    if (setting.inThread === undefined) threads.push({ channel: place.message.channel, thread: place.message.ts });
    if (message.place.direct && message.place.thread === undefined && message.ts !== undefined) {
      threads.push({ channel: setting.channel, thread: message.ts });
    }
    await Promise.all(threads.map((thread) => places.bind(person, thread, conversation)));
  }

  async function start(asked: Asked, setting: Setting, exchange: Exchange): Promise<TurnRecord> {
    const { person, message, text, turnId } = asked;
    const principal = { person, scopes: message.scopes };
    const timeZone = await deps.zoneOf(message.place.user);
    const question = { message: text, timeZone, turnId };
    const conversationId = await places.conversationOf(person, setting.thread);
    if (conversationId === undefined) return turns.start(principal, question, exchange);
    return turns.start(principal, { ...question, conversationId }, exchange).catch((error: unknown) => {
      // The person has deleted the conversation: the thread begins anew.
      if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
      return turns.start(principal, question, exchange);
    });
  }

  /** A turn that failed at once is thrown as its error; the record says the same, for its person. */
  async function run(asked: Asked, setting: Setting, exchange: Exchange): Promise<TurnRecord> {
    const { person, turnId, message } = asked;
    try {
      const before = await turns.peek(person, turnId);
      if (before === undefined) return await start(asked, setting, exchange);
      return await turns.look({ person, scopes: message.scopes }, turnId, exchange);
    } catch (error) {
      const after = await turns.peek(person, turnId);
      if (after === undefined || after.status === 'running') throw error;
      return after;
    }
  }

  /** What was refused before there was a turn is said to its sender, unless it may pass by itself. */
  function refusal(error: unknown): string {
    if (isExpected(error) && error.code !== 'unavailable') return error.message;
    throw error;
  }

  return async function ask(
    job: JobRecord & { readonly person: string },
    message: SlackMessage,
    { traceparent, remainingMs, log }: JobExchange,
  ): Promise<JobResult> {
    const { person, identity } = job;
    const asked: Asked = { person, identity, turnId: turnIdOf(job), text: readQuestion(message.text), message };
    const setting = await settingOf(asked);
    if (isCommand(message) && /^new$/i.test(asked.text)) {
      await places.bind(asked.person, setting.thread, undefined);
      await slack.post({ channel: setting.channel }, say('A new conversation begins here.'));
      return undefined;
    }
    if (asked.text === '' || asked.text.length > MAX_MESSAGE_CHARACTERS) {
      const words =
        asked.text === '' ? 'What can I do for you?' : 'That is too long for me. Ask for it in smaller parts.';
      await slack.post({ channel: setting.channel, thread: setting.inThread }, say(words));
      return undefined;
    }
    const place = await openPlace(asked, setting);
    const following = show.watch(place, log);
    let bound: Promise<void> = Promise.resolve();
    const exchange: Exchange = {
      traceparent,
      log,
      waitMs: remainingMs - MARGIN_MS,
      tell(event) {
        if (event.type === 'turn.start') bound = bind(asked, setting, place, event.conversation_id);
        following.tell(event);
      },
    };
    const ended = await run(asked, setting, exchange).catch((error: unknown) => refusal(error));
    await following.stop();
    await bound.catch((error: unknown) => {
      log.warn('slack.thread_not_kept', { cause: error instanceof Error ? error.name : typeof error });
    });
    if (typeof ended === 'string') await slack.update(place.message, say(ended));
    else if (ended.status === 'running') return { status: 'again', afterMs: AGAIN_MS };
    else await show.show(place, ended);
    return undefined;
  };
}
