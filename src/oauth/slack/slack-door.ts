import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import { ownerOf } from '../../trust/identities.ts';
import { jobIdOf } from '../../trust/job.ts';
import { type SlackUser, slackIdentity } from '../../trust/slack-identity.ts';
import { SLACK_JOBS, type SlackPlace } from '../../trust/slack-job.ts';
import { verifySlackSignature } from '../../trust/slack-signature.ts';
import type { Jobs } from '../jobs.ts';
import type { LinkTickets, Redeemed } from '../link-tickets.ts';
import type { OAuthParts } from '../parts.ts';
import { takeClick } from './slack-click.ts';
import { describeHome, homeLinks } from './slack-home.ts';
import { readSlackRequest, type SlackRequest } from './slack-request.ts';

// The door for Slack. It stands at the OAuth API, which holds the signing secret: the planning agent never does, so no click can come from
// it. What is asked becomes a job, and Slack has its answer within the three seconds that it waits; what is clicked is answered here.

export interface SlackDoorParts extends OAuthParts {
  readonly store: KeyValueStore;
  readonly linkTickets: LinkTickets;
  readonly jobs: Jobs;
  readonly slackSigningSecret: Secret;
}

export interface SlackDelivery {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

/** What is answered at once: nothing, or JSON. */
export type SlackReply = Readonly<Record<string, unknown>> | undefined;

/** Slack tries an event again for an hour at the most; nobody waits for an answer longer. */
const JOB_SECONDS = 3600;

/** As JSON: more than any question that the agent takes, and less than a job may hold. */
const MAX_SAID = 40_000;
const TOO_LONG = 'That is too long for me. Ask for it in smaller parts.';

const HELP = [
  'Ask me in a direct message, mention me in a channel, or use this command: `/sallyport am I free tomorrow at three?`',
  'What I find out is shown to you alone. I change nothing before you have said yes.',
  '`/sallyport new` begins a new conversation. My home tab shows what is connected and what waits for you.',
].join('\n');

const STRANGER =
  'I do not know you yet. Open this page, sign in, and say there that this is you. It then shows a code: type `/sallyport link` and the code. The page:';

/** As the page spells it, with or without its dash, alone or behind a mention or the word `link`. */
const CODE = /^\s*(?:<@[UW][A-Z0-9]+(?:\|[^>]*)?>\s*)?(?:link\s+)?([0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4})\s*$/i;

const REDEEMED: Readonly<Record<Redeemed, string | undefined>> = {
  linked: 'Now I know you. Ask me whatever you like.',
  known: 'I know you already. Ask me whatever you like.',
  taken: 'This Slack account belongs to another person here. Nothing was linked.',
  // Any word of eight letters looks like a code: whoever sent none is answered as the stranger they are.
  unknown_code: undefined,
};

/** Only the user who typed the command sees it. Nothing in it becomes a preview. */
const ephemeral = (text: string): SlackReply => ({
  response_type: 'ephemeral',
  text,
  unfurl_links: false,
  unfurl_media: false,
});

const isTooLong = (text: string): boolean => JSON.stringify(text).length > MAX_SAID;

interface Sender {
  readonly identity: string;
  readonly person: string | undefined;
}

export function createSlackDoor(parts: SlackDoorParts) {
  const { jobs, clock, config, linkTickets, store } = parts;

  function refuse(log: Log, reason: string, detail?: string): void {
    log.warn('slack.refused', { reason, ...(detail !== undefined && { detail }) });
    log.metric('Refused', { reason });
  }

  async function enqueue(id: string, kind: string, sender: Sender, payload: Readonly<Record<string, unknown>>) {
    const { identity, person } = sender;
    await jobs.enqueue({
      id,
      kind,
      identity,
      ...(person !== undefined && { person }),
      payload,
      ttlSeconds: JOB_SECONDS,
    });
  }

  /** The same event, or the same signed request, is one job. */
  async function ask(id: string, sender: Sender, said: { place: SlackPlace; text: string; ts?: string }) {
    const scopes = Object.keys(config.scopes);
    await enqueue(id, SLACK_JOBS.message, sender, { ...said, scopes });
  }

  async function senderOf(from: SlackUser): Promise<Sender> {
    const identity = slackIdentity(from);
    return { identity, person: await ownerOf(store, identity) };
  }

  const linkFor = async (identity: string): Promise<string> => (await linkTickets.createLinkTicket(identity)).url;

  /** A code from the page where a stranger said who they are: the second half of linking. Words for them when it was one. */
  async function redeem(identity: string, text: string, log: Log): Promise<string | undefined> {
    const code = CODE.exec(text)?.[1];
    if (code === undefined) return undefined;
    const redeemed = await linkTickets.redeemCode(identity, code);
    log.info('slack.code', { outcome: redeemed });
    return REDEEMED[redeemed];
  }

  async function takeMessage({ from, place, said }: SlackRequest & { kind: 'message' }, log: Log): Promise<SlackReply> {
    const sender = await senderOf(from);
    const id = jobIdOf('slack', from.home, said.eventId);
    if (isTooLong(said.text)) {
      await enqueue(id, SLACK_JOBS.notice, sender, { place, text: TOO_LONG });
      return undefined;
    }
    if (sender.person !== undefined) {
      await ask(id, sender, { place, text: said.text, ts: said.ts });
      return undefined;
    }
    const words = await redeem(sender.identity, said.text, log);
    if (words !== undefined) await enqueue(id, SLACK_JOBS.notice, sender, { place, text: words });
    else await enqueue(id, SLACK_JOBS.stranger, sender, { place, link: await linkFor(sender.identity) });
    return undefined;
  }

  async function takeCommand(request: SlackRequest & { kind: 'command' }, delivery: SlackDelivery, log: Log) {
    const { from, place, text } = request;
    if (text === '' || /^help$/i.test(text)) return ephemeral(HELP);
    if (isTooLong(text)) return ephemeral(TOO_LONG);
    const sender = await senderOf(from);
    if (sender.person === undefined) {
      const words = await redeem(sender.identity, text, log);
      return ephemeral(words ?? `${STRANGER} ${await linkFor(sender.identity)}`);
    }
    await ask(jobIdOf('slack.command', delivery.signature ?? ''), sender, { place, text });
    return ephemeral('I am on it. The answer comes in our direct messages.');
  }

  async function takeHome({ from, eventId }: SlackRequest & { kind: 'home' }): Promise<SlackReply> {
    const sender = await senderOf(from);
    const links = homeLinks(config.publicUrl);
    const { person, identity } = sender;
    const payload =
      person === undefined
        ? { user: from.user, links: { ...links, link: await linkFor(identity) } }
        : { user: from.user, links, known: await describeHome(parts, person) };
    await enqueue(jobIdOf('slack', from.home, eventId), SLACK_JOBS.home, sender, payload);
    return undefined;
  }

  async function click(
    { from, place, click: clicked }: SlackRequest & { kind: 'click' },
    delivery: SlackDelivery,
    log: Log,
  ): Promise<SlackReply> {
    const sender = await senderOf(from);
    const outcome = await takeClick(parts, sender, clicked);
    if (outcome.kind === 'answered') {
      const { agent, tool, person } = outcome.question.record;
      log.info('approval.decided', { person, agent, tool, decision: outcome.decision, by: 'slack' });
    }
    if (outcome.kind === 'refused') {
      refuse(log, outcome.reason);
      const id = jobIdOf('slack.notice', delivery.signature ?? '');
      await enqueue(id, SLACK_JOBS.notice, sender, { place, text: outcome.text });
    }
    return undefined;
  }

  /** Rejects with `unauthenticated` for what Slack has not signed just now. */
  return async function receive(delivery: SlackDelivery, log: Log): Promise<SlackReply> {
    const expected = { secret: parts.slackSigningSecret.reveal(), nowMs: clock.nowMs() };
    const verified = verifySlackSignature(delivery, expected);
    if (!verified.ok) {
      refuse(log, verified.reason, verified.detail);
      throw new AppError('unauthenticated', 'This address takes requests that Slack has signed, within five minutes.');
    }
    const request = readSlackRequest(delivery.body);
    switch (request.kind) {
      case 'challenge':
        return { challenge: request.challenge };
      case 'message':
        return takeMessage(request, log);
      case 'command':
        return takeCommand(request, delivery, log);
      case 'home':
        return takeHome(request);
      case 'click':
        return click(request, delivery, log);
      case 'nothing':
        log.info('slack.nothing', { why: request.why });
        return undefined;
    }
  };
}
