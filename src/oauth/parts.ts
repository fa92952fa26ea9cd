import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { AGENT_PATTERN } from '../trust/grant.ts';
import type { Vault } from '../vault/vault.ts';
import type { Approvals } from './approvals.ts';
import type { Authentication } from './authentication.ts';
import type { Browsers } from './browser.ts';
import type { Flows } from './flows.ts';
import type { Grants } from './grants.ts';
import type { Jobs } from './jobs.ts';
import type { Frame, Html } from './pages/layout.ts';
import type { GoogleAuthorization, SignIn } from './ports.ts';
import { contentSecurityPolicy } from './security-headers.ts';
import type { Sessions } from './sessions.ts';
import type { OAuthSettings } from './settings.ts';
import type { Tickets } from './tickets.ts';
import type { OAuthContext } from './web.ts';

/** How vault entries name Google. */
export const GOOGLE = 'google';

/** What the routes are built from. */
export interface OAuthParts {
  readonly config: OAuthSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly vault: Vault;
  readonly google: GoogleAuthorization;
  readonly signIn?: SignIn | undefined;
  readonly browsers: Browsers;
  readonly sessions: Sessions;
  readonly authentication: Authentication;
  readonly tickets: Tickets;
  readonly flows: Flows;
  readonly grants: Grants;
  readonly approvals: Approvals;
  /** Work for the agent's worker; absent where there is none. */
  readonly jobs?: Jobs | undefined;
}

export function frameOf(parts: OAuthParts, context: OAuthContext, name?: string): Frame {
  return { publicUrl: parts.config.publicUrl, csrf: parts.browsers.formToken(context), name };
}

/** Sends a page. `formTargets` as in `contentSecurityPolicy`. */
export async function sendPage(
  context: OAuthContext,
  page: Html,
  options: { readonly formTargets?: readonly string[] } = {},
): Promise<Response> {
  context.header('content-security-policy', contentSecurityPolicy(options.formTargets));
  return context.html(await page);
}

/** What a person calls the bridge with a certificate of their own. */
export const OWN_BRIDGE = { id: 'bridge', name: 'your own bridge' } as const;

/** The agent that is meant: one of the configured ones, or the person's own bridge. */
export function requireAgent(config: OAuthSettings, person: string, agent: string | undefined): string {
  const meant = agent === OWN_BRIDGE.id ? `bridge/${person}` : (agent ?? config.agents[0]?.id);
  const known = config.agents.some(({ id }) => id === meant) || meant === `bridge/${person}`;
  if (meant === undefined || !known || !AGENT_PATTERN.test(meant)) {
    const choices = [...config.agents, OWN_BRIDGE].map(({ id }) => id).join(', ');
    throw new AppError('invalid_request', `There is no such agent here. Choose one of: ${choices}.`);
  }
  return meant;
}

export function agentName(config: OAuthSettings, agent: string): string {
  return config.agents.find(({ id }) => id === agent)?.name ?? (agent.startsWith('bridge/') ? OWN_BRIDGE.name : agent);
}

export function requireScopes(config: OAuthSettings, scopes: readonly string[]): readonly string[] {
  const unknown = scopes.filter((scope) => !Object.hasOwn(config.scopes, scope));
  if (unknown.length > 0 || scopes.length === 0) {
    throw new AppError('invalid_request', `Choose scopes out of: ${Object.keys(config.scopes).join(', ')}.`);
  }
  return [...new Set(scopes)];
}
