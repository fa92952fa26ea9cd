import { setTimeout as delay } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import type { Slack, SlackContent } from '../../ports/slack.ts';
import { createOutsideFetch } from './outside-fetch.ts';

// Slack's Web API for the one bot token of this installation, by Slack's own client, which is loaded when somebody is first written to.
// It says nothing of what is written to any log, and waits as long as Slack asks for (https://docs.slack.dev/apis/web-api/rate-limits).

export interface SlackClientOptions {
  readonly token: Secret;
  /** Ends in `/`. */
  readonly apiUrl: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer, and the whole job had better come again then. */
const LONGEST_WAIT_SECONDS = 30;
const ATTEMPTS = 4;
/** Answers that say that a message, or a place, cannot be had: no fault of ours, and no better later. */
const OUT_OF_REACH = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
  'not_in_channel',
  'user_not_in_channel',
  'is_archived',
  'restricted_action',
  'messages_tab_disabled',
  'user_not_found',
  'user_disabled',
]);
/** Slack's own troubles. */
const PASSING = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

const silence = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => 'error', setName() {} };

/** As Slack's client throws: told by what it has, so that this module need not load it. */
interface SlackFault {
  readonly code?: unknown;
  readonly retryAfter?: unknown;
  readonly data?: { readonly error?: unknown };
  readonly original?: unknown;
}

const retryAfterOf = (fault: SlackFault): number | undefined =>
  typeof fault.retryAfter === 'number' ? fault.retryAfter : undefined;

const refusalOf = (fault: SlackFault): string | undefined =>
  typeof fault.data?.error === 'string' && /^[a-z0-9_]{1,64}$/.test(fault.data.error) ? fault.data.error : undefined;

function asAppError(method: string, fault: SlackFault): AppError {
  const seconds = retryAfterOf(fault);
  if (seconds !== undefined) {
    return new AppError('rate_limited', `Slack takes no ${method} just now.`, { retryAfterSeconds: seconds });
  }
  const refusal = refusalOf(fault);
  if (refusal !== undefined) {
    const passing = PASSING.has(refusal) ? 'unavailable' : 'upstream_failed';
    const code = OUT_OF_REACH.has(refusal) ? 'not_found' : passing;
    return new AppError(code, `Slack refused ${method}: ${refusal}.`, { details: { refusal } });
  }
  if (fault.original instanceof AppError) return fault.original;
  return new AppError('unavailable', `Slack did not answer ${method}.`, { cause: fault });
}

export function createSlackClient(options: SlackClientOptions): Slack {
  const { clock, log } = options;
  /** When Slack takes each method again, unix milliseconds. */
  const notBefore = new Map<string, number>();

  const client = lazily(async (): Promise<WebClient> => {
    const { WebClient } = await import('./web-client.ts');
    return new WebClient(options.token.reveal(), {
      slackApiUrl: options.apiUrl,
      fetch: createOutsideFetch(options.http),
      allowAbsoluteUrls: false,
      // Waiting and trying again are ours: only we know how long the job may still take.
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logger: silence as never,
    });
  });

  async function once(method: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const waitMs = (notBefore.get(method) ?? 0) - clock.nowMs();
    if (waitMs > 0) await delay(waitMs);
    return (await (await client()).apiCall(method, { ...body })) as unknown as Record<string, unknown>;
  }

  async function call(method: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(method, body);
      } catch (fault) {
        const known = asAppError(method, (fault ?? {}) as SlackFault);
        const seconds = known.code === 'rate_limited' ? known.retryAfterSeconds : undefined;
        log.warn('slack.call_failed', { method, code: known.code, refusal: String(known.details?.['refusal'] ?? '') });
        if (seconds === undefined || seconds > LONGEST_WAIT_SECONDS || attempt >= ATTEMPTS) throw known;
        notBefore.set(method, clock.nowMs() + seconds * 1000);
      }
    }
  }

  /** False when Slack says that the message or the place cannot be had. */
  async function reaches(method: string, body: Readonly<Record<string, unknown>>): Promise<boolean> {
    try {
      await call(method, body);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return false;
      throw error;
    }
  }

  const told = ({ text, blocks }: SlackContent) => ({
    text,
    blocks,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  });

  const textIn = (value: unknown, what: string): string => {
    if (typeof value === 'string') return value;
    throw new AppError('upstream_failed', `Slack answered without ${what}.`);
  };

  return {
    async post({ channel, thread }, content) {
      const answer = await call('chat.postMessage', {
        channel,
        ...(thread !== undefined && { thread_ts: thread }),
        ...told(content),
      });
      return { channel: textIn(answer['channel'] ?? channel, 'a channel'), ts: textIn(answer['ts'], 'a time') };
    },
    update: ({ channel, ts }, content) => reaches('chat.update', { channel, ts, ...told(content) }),
    whisper: ({ channel, user, thread }, content) =>
      reaches('chat.postEphemeral', {
        channel,
        user,
        ...(thread !== undefined && { thread_ts: thread }),
        ...told(content),
      }),
    async openDirect(user) {
      const { channel } = await call('conversations.open', { users: user });
      return textIn((channel as { id?: unknown } | undefined)?.id, 'a channel');
    },
    async publishHome(user, blocks) {
      await call('views.publish', { user_id: user, view: { type: 'home', blocks } });
    },
    async timeZoneOf(user) {
      const answer = await call('users.info', { user });
      const zone = (answer['user'] as { tz?: unknown } | undefined)?.tz;
      return typeof zone === 'string' ? zone : undefined;
    },
  };
}
