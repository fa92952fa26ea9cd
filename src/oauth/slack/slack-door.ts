import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Log } from '../../ports/log.ts';
import { jobIdOf } from '../../trust/job.ts';
import { type SlackUser, slackIdentity } from '../../trust/slack-identity.ts';
import { SLACK_JOBS, type SlackPlace } from '../../trust/slack-job.ts';
import { verifySlackSignature } from '../../trust/slack-signature.ts';
import type { Jobs } from '../jobs.ts';
import type { OAuthParts } from '../parts.ts';
import { takeClick } from './slack-click.ts';
import { describeHome, homeLinks } from './slack-home.ts';
import { readSlackRequest, type SlackRequest } from './slack-request.ts';

// The door for Slack. It stands at the OAuth API, which holds the signing secret: the planning agent never does, so no click can come from
// it. What is asked becomes a job, and Slack has its answer within the three seconds that it waits; what is clicked is answered here.

export interface SlackDoorParts extends OAuthParts {
  readonly jobs: Jobs;
  readonly slack: SlackSettings;
}

export interface SlackSettings {
  readonly signingSecret: Secret;
  /** Whose identity it is, if anybody's. */
  readonly findPerson: (identity: string) => Promise<string | undefined>;
  /** Where a signed-in browser links the identity, for the user who proved it here. */
  readonly createLink: (identity: string) => Promise<string>;
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

const HELP = [
  'Ask me in a direct message, mention me in a channel, or use this command: `/sallyport am I free tomorrow at three?`',
  'What I find out is shown to you alone. I change nothing before you have said yes.',
  '`/sallyport new` begins a new conversation. My home tab shows what is connected and what waits for you.',
].join('\n');

/** Only the user who typed the command sees it. Nothing in it becomes a preview. */
const ephemeral = (text: string): SlackReply => ({
  response_type: 'ephemeral',
  text,
  unfurl_links: false,
  unfurl_media: false,
});

interface Sender {
  readonly identity: string;
  readonly person: string | undefined;
}

export function createSlackDoor(parts: SlackDoorParts) {
  const { jobs, slack, clock, config } = parts;

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
    return { identity, person: await slack.findPerson(identity) };
  }

  async function takeMessage({ from, place, said }: SlackRequest & { kind: 'message' }): Promise<SlackReply> {
    const sender = await senderOf(from);
    const id = jobIdOf('slack', from.home, said.eventId);
    if (sender.person !== undefined) {
      await ask(id, sender, { place, text: said.text, ts: said.ts });
      return undefined;
    }
    const link = await slack.createLink(sender.identity);
    await enqueue(id, SLACK_JOBS.stranger, sender, { place, link });
    return undefined;
  }

  async function takeCommand(request: SlackRequest & { kind: 'command' }, delivery: SlackDelivery) {
    const { from, place, text } = request;
    if (text === '' || /^help$/i.test(text)) return ephemeral(HELP);
    const sender = await senderOf(from);
    if (sender.person === undefined) {
      const link = await slack.createLink(sender.identity);
      return ephemeral(`I do not know you yet. Open this link, sign in, and say that this is you: ${link}`);
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
        ? { user: from.user, links: { ...links, link: await slack.createLink(identity) } }
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
    const expected = { secret: slack.signingSecret.reveal(), nowMs: clock.nowMs() };
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
        return takeMessage(request);
      case 'command':
        return takeCommand(request, delivery);
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
