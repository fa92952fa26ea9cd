// Who a Slack user is: `slack:<enterprise or team>:<user>`, the identity that maps to a person. In an Enterprise Grid a user's id counts in
// the whole organisation, elsewhere in the workspace.

const TEAM = /^[ET][A-Z0-9]{1,32}$/;
const USER = /^[UW][A-Z0-9]{1,32}$/;

export interface SlackUser {
  /** `E…` in an Enterprise Grid, else `T…`. */
  readonly home: string;
  /** `U…` or `W…`. */
  readonly user: string;
}

/** Undefined for ids that are none of Slack's: nothing else may become part of a key. */
export function readSlackUser(parts: {
  readonly enterprise?: string | null | undefined;
  readonly team?: string | null | undefined;
  readonly user?: string | null | undefined;
}): SlackUser | undefined {
  const home = parts.enterprise ?? parts.team;
  const { user } = parts;
  if (home === null || home === undefined || user === null || user === undefined) return undefined;
  return TEAM.test(home) && USER.test(user) ? { home, user } : undefined;
}

export const slackIdentity = ({ home, user }: SlackUser): string => ['slack', home, user].join(':');
