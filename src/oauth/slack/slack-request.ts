import * as z from 'zod';
import { readSlackUser, type SlackUser } from '../../trust/slack-identity.ts';
import { type SlackPlace, slackPlace } from '../../trust/slack-job.ts';

// What Slack sends, read: events as JSON, commands as a form, clicks as a form with JSON in it. Only what we act on is looked at; all else is
// `nothing` with the reason. The signature has been checked before, so what is here was sent by Slack, though what people typed is theirs.
// https://docs.slack.dev/apis/events-api · /interactivity/implementing-slash-commands · /reference/interaction-payloads

export interface SlackClick {
  readonly actionId: string;
  readonly value: string;
  /** The message as it was when it was clicked. Nobody but the clicker sees an ephemeral one, and Slack shows us nothing of it. */
  readonly message: { readonly blocks?: unknown; readonly attachments?: unknown } | undefined;
  /** `message`; `view` in the home tab, `message_attachment` in the preview of a link. */
  readonly container: string | undefined;
  readonly isEphemeral: boolean;
}

export type SlackRequest =
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'message'; readonly from: SlackUser; readonly place: SlackPlace; readonly said: SaidInSlack }
  | { readonly kind: 'home'; readonly from: SlackUser; readonly eventId: string }
  | { readonly kind: 'command'; readonly from: SlackUser; readonly place: SlackPlace; readonly text: string }
  | { readonly kind: 'click'; readonly from: SlackUser; readonly place: SlackPlace; readonly click: SlackClick }
  | { readonly kind: 'nothing'; readonly why: string };

export interface SaidInSlack {
  readonly eventId: string;
  readonly ts: string;
  readonly text: string;
}

const nothing = (why: string): SlackRequest => ({ kind: 'nothing', why });
const id = z.string().max(64);
const someId = id.nullish();

const envelope = z.object({
  type: z.literal('event_callback'),
  team_id: id,
  enterprise_id: someId,
  event_id: z.string().min(1).max(128),
  event: z.object({ type: z.string() }).loose(),
  authorizations: z.array(z.object({ user_id: someId })).optional(),
});

const spoken = z.object({
  type: z.enum(['message', 'app_mention']),
  user: id,
  text: z.string().default(''),
  ts: z.string(),
  channel: id,
  channel_type: z.string().optional(),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  bot_id: z.string().nullish(),
  user_team: someId,
  source_team: someId,
});

const opened = z.object({ type: z.literal('app_home_opened'), user: id, tab: z.string() });

/** What a person writes arrives without a subtype; a file may hang on it, or it may be shown in the channel as well as in its thread. */
const WRITTEN: ReadonlySet<string | undefined> = new Set([undefined, 'file_share', 'thread_broadcast']);

type Envelope = z.infer<typeof envelope>;
type Spoken = z.infer<typeof spoken>;

/**
 * In a channel that is shared with another organisation, its people speak, too. Their ids count there and not here: without an
 * enterprise whose workspaces share their users, whoever comes from another workspace is nobody.
 */
function isForeign({ team_id, enterprise_id }: Envelope, { user_team, source_team }: Spoken): boolean {
  const ours = [team_id, enterprise_id];
  return [user_team, source_team].some((team) => typeof team === 'string' && !ours.includes(team));
}

function readSpoken(outer: Envelope, event: Spoken): SlackRequest {
  const direct = event.type === 'message';
  if (direct && event.channel_type !== 'im') return nothing('not_for_us');
  if (typeof event.bot_id === 'string' || !WRITTEN.has(event.subtype)) return nothing('not_written_by_a_person');
  if (outer.authorizations?.some(({ user_id }) => user_id === event.user) === true) return nothing('our_own');
  if (isForeign(outer, event)) return nothing('foreign_team');
  const from = readSlackUser({ enterprise: outer.enterprise_id, team: outer.team_id, user: event.user });
  const place = slackPlace.safeParse({
    user: event.user,
    channel: event.channel,
    direct,
    ...(event.thread_ts !== undefined && { thread: event.thread_ts }),
  });
  if (from === undefined || !place.success) return nothing('ids_malformed');
  const { text, ts } = event;
  return { kind: 'message', from, place: place.data, said: { eventId: outer.event_id, ts, text } };
}

function readEvent(body: unknown): SlackRequest {
  const challenge = z.object({ type: z.literal('url_verification'), challenge: z.string().max(1024) }).safeParse(body);
  if (challenge.success) return { kind: 'challenge', challenge: challenge.data.challenge };
  const outer = envelope.safeParse(body);
  if (!outer.success) return nothing('not_understood');
  const said = spoken.safeParse(outer.data.event);
  if (said.success) return readSpoken(outer.data, said.data);
  const home = opened.safeParse(outer.data.event);
  if (!home.success || home.data.tab !== 'home') return nothing('not_for_us');
  const { enterprise_id: enterprise, team_id: team, event_id: eventId } = outer.data;
  const from = readSlackUser({ enterprise, team, user: home.data.user });
  return from === undefined ? nothing('ids_malformed') : { kind: 'home', from, eventId };
}

function readCommand(form: URLSearchParams): SlackRequest {
  const from = readSlackUser({
    enterprise: form.get('enterprise_id') || undefined,
    team: form.get('team_id'),
    user: form.get('user_id'),
  });
  // `direct` is false even among direct messages: they may be somebody else's.
  const place = slackPlace.safeParse({ user: form.get('user_id'), channel: form.get('channel_id'), direct: false });
  if (from === undefined || !place.success) return nothing('ids_malformed');
  return { kind: 'command', from, place: place.data, text: (form.get('text') ?? '').trim() };
}

const interaction = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id, team_id: someId }),
  team: z.object({ id, enterprise_id: someId }).nullish(),
  enterprise: z.object({ id }).nullish(),
  channel: z.object({ id }).nullish(),
  container: z
    .object({
      type: z.string(),
      channel_id: someId,
      thread_ts: z.string().nullish(),
      is_ephemeral: z.boolean().nullish(),
    })
    .nullish(),
  message: z
    .object({ blocks: z.unknown().optional(), attachments: z.unknown().optional(), thread_ts: z.string().nullish() })
    .nullish(),
  actions: z.array(z.object({ action_id: z.string().max(255), value: z.string().max(2000).optional() })).min(1),
});

type Interaction = z.infer<typeof interaction>;

function senderOf({ user, team, enterprise }: Interaction): SlackUser | undefined {
  const organisation = enterprise?.id ?? team?.enterprise_id;
  const workspace = team?.id ?? user.team_id;
  // As with messages: who comes from another workspace is known by an organisation that both belong to, or not at all.
  const foreign = typeof user.team_id === 'string' && user.team_id !== workspace;
  if (foreign && (organisation === undefined || organisation === null)) return undefined;
  return readSlackUser({ enterprise: organisation, team: workspace, user: user.id });
}

function readClick(payload: string): SlackRequest {
  const parsed = interaction.safeParse(parseJson(payload));
  if (!parsed.success) return nothing('not_understood');
  const { user, channel, container, message, actions } = parsed.data;
  const [action] = actions;
  const from = senderOf(parsed.data);
  const thread = container?.thread_ts ?? message?.thread_ts ?? undefined;
  const at = channel?.id ?? container?.channel_id;
  const place = slackPlace.safeParse({
    user: user.id,
    // In the home tab there is no channel: what is to be said is said in direct messages then.
    channel: at ?? 'D0',
    direct: at === undefined || at === null,
    ...(thread !== undefined && { thread }),
  });
  if (from === undefined || action === undefined || !place.success) return nothing('ids_malformed');
  const click = {
    actionId: action.action_id,
    value: action.value ?? '',
    message: message ?? undefined,
    container: container?.type,
    isEphemeral: container?.is_ephemeral === true,
  };
  return { kind: 'click', from, place: place.data, click };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whatever the address it was sent to: what it is shows in the body. */
export function readSlackRequest(body: Uint8Array): SlackRequest {
  const text = new TextDecoder().decode(body);
  if (/^\s*\{/.test(text)) return readEvent(parseJson(text));
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  if (payload !== null) return readClick(payload);
  if (form.has('command')) return readCommand(form);
  return nothing(form.get('ssl_check') === '1' ? 'ssl_check' : 'not_understood');
}
