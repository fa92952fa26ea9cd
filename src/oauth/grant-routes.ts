import type { Hono } from 'hono';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import type { GrantRecord } from '../trust/grant.ts';
import { type GrantFormView, type GrantView, grantsPage } from './pages/home-page.ts';
import { agentName, frameOf, type OAuthParts, OWN_BRIDGE, requireAgent, requireScopes, sendPage } from './parts.ts';
import { dateInWords, inWords } from './scope-words.ts';
import { MAX_GRANT_DAYS } from './settings.ts';
import { listOf, type OAuthContext, type OAuthEnv, parseInput, wantsPage } from './web.ts';

// Which agents may act for a person, how far and until when. Only that person changes it.

const grantInput = z.strictObject({
  agent: z.string().optional(),
  scopes: listOf(z.string()),
  days: z.coerce.number().int().min(1).max(MAX_GRANT_DAYS).optional(),
});

const grantJson = (grant: GrantRecord) => ({
  agent: grant.agent,
  scopes: grant.scopes,
  granted_at: isoTime(grant.granted_at),
  expires_at: isoTime(grant.expires_at),
});

export function viewGrants(parts: OAuthParts, grants: readonly GrantRecord[]): readonly GrantView[] {
  return grants.map((grant) => ({
    agent: grant.agent,
    agentName: agentName(parts.config, grant.agent),
    may: inWords(parts.config.scopes, grant.scopes),
    until: dateInWords(grant.expires_at),
  }));
}

export function viewGrantForm({ config }: OAuthParts): GrantFormView {
  return {
    agents: [...config.agents, OWN_BRIDGE],
    scopes: Object.entries(config.scopes).map(([scope, { words }]) => ({ scope, words })),
    days: config.grantDays,
    maxDays: MAX_GRANT_DAYS,
  };
}

async function listGrants(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const confirmed = await parts.authentication.require(context);
  const grants = await parts.grants.list(confirmed.person);
  if (!wantsPage(context)) return context.json({ grants: grants.map(grantJson) });
  const frame = frameOf(parts, context, confirmed.name);
  return sendPage(context, grantsPage(frame, viewGrants(parts, grants), viewGrantForm(parts)));
}

async function putGrant(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const { confirmed, input } = await parts.authentication.requireInput(context);
  const parsed = parseInput(grantInput, input);
  const scopes = requireScopes(parts.config, parsed.scopes);
  const grant = await parts.grants.put({
    person: confirmed.person,
    agent: requireAgent(parts.config, confirmed.person, parsed.agent),
    days: parsed.days ?? parts.config.grantDays,
    scopes: () => scopes,
  });
  context.var.log.info('grant.put', { person: confirmed.person, agent: grant.agent, scopes, by: confirmed.by });
  return confirmed.via === 'session'
    ? context.redirect(`${parts.config.publicUrl}/grants`, 303)
    : context.json(grantJson(grant));
}

/** An agent that is no longer configured can still be taken its grant. */
async function removeGrant(
  parts: OAuthParts,
  context: OAuthContext,
  grant: { readonly person: string; readonly agent: string; readonly by: string },
): Promise<void> {
  if (!(await parts.grants.remove(grant.person, grant.agent))) {
    throw new AppError('not_found', 'That agent has no permission of yours.');
  }
  context.var.log.info('grant.removed', { ...grant });
}

export function addGrantRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.get('/grants', (context) => listGrants(parts, context));
  app.post('/grants', (context) => putGrant(parts, context));
  app.delete('/grants/:kind/:name', async (context) => {
    const { person, by } = await parts.authentication.requireToken(context);
    const agent = `${context.req.param('kind')}/${context.req.param('name')}`;
    await removeGrant(parts, context, { person, agent, by });
    return context.body(null, 204);
  });
  app.post('/grants/:kind/:name/revoke', async (context) => {
    const { confirmed } = await parts.authentication.requireInput(context);
    const agent = `${context.req.param('kind')}/${context.req.param('name')}`;
    await removeGrant(parts, context, { person: confirmed.person, agent, by: confirmed.by });
    return context.redirect(`${parts.config.publicUrl}/grants`, 303);
  });
}
