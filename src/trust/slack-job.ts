import * as z from 'zod';
import { SCOPE_PATTERN } from './scope.ts';

// What the door for Slack leaves to the agent's worker. The door has checked Slack's signature and said whose identity it is (the job's
// `identity`, and `person` where somebody is known by it); the payload is what that user sent, and nothing in it proves anything.

/** Slack's ids: channels, direct messages, users, message times. Nothing else becomes part of a key or of a call. */
const channel = z.string().regex(/^[CDG][A-Z0-9]{1,32}$/);
const user = z.string().regex(/^[UW][A-Z0-9]{1,32}$/);
const time = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

/** Longer than any message that Slack takes. */
const MAX_TEXT = 40_000;

/** Where something was said. */
export const slackPlace = z.object({
  user,
  channel,
  /** The direct messages of this user and the app: nobody else reads there. */
  direct: z.boolean(),
  thread: time.optional(),
});
export type SlackPlace = z.infer<typeof slackPlace>;

/** `slack.message`: a known person asks something. */
export const slackMessage = z.object({
  place: slackPlace,
  /** The message itself, where there is one: a command leaves none. */
  ts: time.optional(),
  text: z.string().max(MAX_TEXT),
  /** The most that may be delegated for this person; their grant says what of it holds. */
  scopes: z.array(z.string().regex(SCOPE_PATTERN)),
});
export type SlackMessage = z.infer<typeof slackMessage>;

/** `slack.stranger`: somebody whom nobody knows yet has spoken; `link` is where they say who they are. */
export const slackStranger = z.object({ place: slackPlace, link: z.url() });

/** `slack.notice`: one thing that its user, and nobody else, is to be told. */
export const slackNotice = z.object({ place: slackPlace, text: z.string().min(1).max(2000) });

const link = z.url();

/** `slack.home`: the home tab of a user, with what the OAuth API knows of them. */
export const slackHome = z.object({
  user,
  links: z.object({ home: link, connections: link, grants: link, questions: link, link: link.optional() }),
  /** Absent for a stranger. */
  known: z
    .object({
      google: z.enum(['connected', 'absent', 'revoked', 'unreadable']),
      questions: z.array(z.object({ summary: z.string(), url: link })),
      grants: z.array(z.object({ agent: z.string(), may: z.array(z.string()), until: z.string() })),
    })
    .optional(),
});
export type SlackHome = z.infer<typeof slackHome>;

export const SLACK_JOBS = {
  message: 'slack.message',
  stranger: 'slack.stranger',
  notice: 'slack.notice',
  home: 'slack.home',
} as const;
