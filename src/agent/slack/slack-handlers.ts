import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Slack, SlackContent } from '../../ports/slack.ts';
import { ownerOf } from '../../trust/identities.ts';
import type { JobRecord } from '../../trust/job.ts';
import {
  SLACK_JOBS,
  type SlackPlace,
  slackHome,
  slackMessage,
  slackNotice,
  slackStranger,
} from '../../trust/slack-job.ts';
import type { FollowTurn } from '../approval-answered.ts';
import type { TurnService } from '../turn-service.ts';
import type { JobExchange, JobHandler, JobHandlers } from '../worker.ts';
import { createSlackAsk } from './slack-ask.ts';
import { createSlackPlaces } from './slack-places.ts';
import { createSlackTurns } from './slack-turns.ts';
import { homeBlocks, say, strangerMessage } from './slack-views.ts';

// The worker's side of Slack: what the door at the OAuth API has let in and written down. Each job is one user's, whose identity Slack
// proved at the door; whether that is still the person's is asked here once more.

export interface SlackHandlersDeps {
  readonly slack: Slack;
  /** The worker's view of the store. */
  readonly store: KeyValueStore;
  readonly turns: Pick<TurnService, 'start' | 'resume' | 'look' | 'peek'>;
  readonly clock: Clock;
}

export interface SlackHandlers {
  readonly handlers: JobHandlers;
  /** Shows in Slack how a turn goes on that was asked for there. */
  readonly follow: FollowTurn;
}

const ZONE_MS = 3_600_000;
const MAX_ZONES = 500;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/** A user's time zone as Slack has it; UTC where it says none, or may not be asked. */
function createZones(slack: Slack, clock: Clock): (user: string) => Promise<string> {
  const known = new Map<string, { readonly zone: string; readonly untilMs: number }>();
  return async (user) => {
    const found = known.get(user);
    if (found !== undefined && found.untilMs > clock.nowMs()) return found.zone;
    const said = await slack.timeZoneOf(user).catch(() => undefined);
    const zone = said !== undefined && isTimeZone(said) ? said : 'UTC';
    if (known.size >= MAX_ZONES) known.clear();
    known.set(user, { zone, untilMs: clock.nowMs() + ZONE_MS });
    return zone;
  };
}

export function createSlackHandlers(deps: SlackHandlersDeps): SlackHandlers {
  const { slack, store, clock } = deps;
  const places = createSlackPlaces(store);
  const show = createSlackTurns({ slack, places, clock, ownerOf: (identity) => ownerOf(store, identity) });
  const ask = createSlackAsk({ slack, places, show, turns: deps.turns, zoneOf: createZones(slack, clock) });

  /** To that user and nobody else: where they spoke, if they can be reached there, else in direct messages. */
  async function tellUser({ user, channel, direct, thread }: SlackPlace, content: SlackContent): Promise<void> {
    if (!direct && (await slack.whisper({ channel, user, thread }, content))) return;
    const opened = await slack.openDirect(user);
    await slack.post({ channel: opened, thread: opened === channel ? thread : undefined }, content);
  }

  /** The door's person, if the identity is still theirs. */
  async function personOf(job: JobRecord, { log }: JobExchange): Promise<string | undefined> {
    const { identity, person } = job;
    const owner = identity === undefined ? undefined : await ownerOf(store, identity);
    if (person !== undefined && owner === person) return person;
    log.warn('slack.refused', { reason: 'identity_changed' });
    return undefined;
  }

  const handlers: Readonly<Record<string, JobHandler>> = {
    async [SLACK_JOBS.message](job, exchange) {
      const message = slackMessage.parse(job.payload);
      const person = await personOf(job, exchange);
      return person === undefined ? undefined : ask({ ...job, person }, message, exchange);
    },
    async [SLACK_JOBS.stranger](job) {
      const { place, link } = slackStranger.parse(job.payload);
      await tellUser(place, strangerMessage(link));
      return undefined;
    },
    async [SLACK_JOBS.notice](job) {
      const { place, text } = slackNotice.parse(job.payload);
      await tellUser(place, say(text));
      return undefined;
    },
    async [SLACK_JOBS.home](job) {
      const home = slackHome.parse(job.payload);
      await slack.publishHome(home.user, homeBlocks(home));
      return undefined;
    },
  };
  return { handlers, follow: show.follow };
}
