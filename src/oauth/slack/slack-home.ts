import type { SlackHome } from '../../trust/slack-job.ts';
import { viewConnection } from '../connection-routes.ts';
import { viewGrants } from '../grant-routes.ts';
import type { OAuthParts } from '../parts.ts';

// What the home tab says of a person. The OAuth API alone knows it, and the agent's worker draws it: so it holds what that person may
// read there, and neither their account's address nor anything that could be used.

/** A home tab takes 100 blocks. */
const MAX_SHOWN = 20;
/** Of a question; the whole of it stands on its page. */
const MAX_SUMMARY = 300;

export async function describeHome(parts: OAuthParts, person: string): Promise<NonNullable<SlackHome['known']>> {
  const [connection, questions, grants] = await Promise.all([
    viewConnection(parts, person),
    parts.approvals.pending(person),
    parts.grants.list(person),
  ]);
  return {
    google: connection.status,
    questions: questions.slice(0, MAX_SHOWN).map(({ record }) => ({
      summary: record.summary.slice(0, MAX_SUMMARY),
      url: `${parts.config.publicUrl}/approvals/${record.id}`,
    })),
    grants: viewGrants(parts, grants)
      .slice(0, MAX_SHOWN)
      .map(({ agentName, may, until }) => ({ agent: agentName, may: [...may], until })),
  };
}

export function homeLinks(publicUrl: string): SlackHome['links'] {
  return {
    home: `${publicUrl}/`,
    connections: `${publicUrl}/connections`,
    grants: `${publicUrl}/grants`,
    questions: `${publicUrl}/approvals`,
  };
}
