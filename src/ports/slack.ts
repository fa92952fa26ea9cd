// The way to persons in Slack, as narrow as the agent uses it. Every message is sent so that nothing in it loads or is fetched by itself:
// no previews, no links or mentions made of text.

/** Block Kit (https://docs.slack.dev/reference/block-kit): plain JSON. */
export type SlackBlock = Readonly<Record<string, unknown>>;

export interface SlackContent {
  /** For notifications and screen readers, in plain words; Slack shows the blocks. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** A message that was posted. */
export interface SlackRef {
  readonly channel: string;
  readonly ts: string;
}

/**
 * Rejects with AppError `rate_limited` (with the time that Slack asks for, where that is longer than is worth waiting), `timed_out`,
 * `unavailable` (Slack itself is down), `not_found` (the place or the user is out of reach) or `upstream_failed` (it refused the call otherwise).
 */
export interface Slack {
  post(
    to: { readonly channel: string; readonly thread?: string | undefined },
    content: SlackContent,
  ): Promise<SlackRef>;
  /** False when the message is gone or cannot be changed any more. */
  update(message: SlackRef, content: SlackContent): Promise<boolean>;
  /** Shows it to one user in a channel and to nobody else; false where the app or the user is not in that channel. */
  whisper(
    to: { readonly channel: string; readonly user: string; readonly thread?: string | undefined },
    content: SlackContent,
  ): Promise<boolean>;
  /** The channel of the direct messages between the app and a user. */
  openDirect(user: string): Promise<string>;
  publishHome(user: string, blocks: readonly SlackBlock[]): Promise<void>;
  /** IANA name; undefined when Slack knows none. */
  timeZoneOf(user: string): Promise<string | undefined>;
}
