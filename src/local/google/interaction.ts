import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { consentPage, errorPage } from './consent-page.ts';
import { readBody, sendHtml } from './node-http.ts';
import type { OAuthProvider } from './oauth-provider.ts';
import { oauthPaths } from './oauth-provider.ts';
import type { OAuthStore } from './oauth-store.ts';
import { signInScopes } from './scopes.ts';
import type { StandInAccount } from './stand-in-options.ts';

// Shows the consent page and takes its answer. One page stands for Google's three (account, password, consent); whoever can
// reach it may pick any account, which is why the stand-in listens on loopback only.

export interface InteractionParts {
  readonly oauth: OAuthProvider;
  readonly store: OAuthStore;
  readonly accounts: readonly StandInAccount[];
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

export async function handleInteraction(
  parts: InteractionParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await findDetails(parts.oauth.provider, request, response);
  if (details === undefined) {
    sendHtml(response, 400, errorPage('session_not_found', 'This sign-in has ended. Start again from the app.'));
    return;
  }
  if (request.method !== 'POST') {
    showPage(parts, details, response);
    return;
  }
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  if (form.get('decision') !== 'allow') {
    const denied = { error: 'access_denied', error_description: 'The person said no.' };
    await parts.oauth.provider.interactionFinished(request, response, denied, { mergeWithLastSubmission: false });
    return;
  }
  const account = parts.accounts.find((candidate) => candidate.email === form.get('account'));
  if (account === undefined) {
    sendHtml(response, 400, errorPage('no_account', 'Pick one of the accounts.'));
    return;
  }
  const grantId = await recordConsent(parts, { details, account, ticked: form.getAll('scope') });
  const goOn = await parts.oauth.provider.interactionResult(request, response, {
    login: { accountId: account.sub },
    select_account: {},
    consent: { grantId },
  });
  // Another account than the one signed in: the library would ask for a sign-out page of its own first.
  const { session } = details;
  if (session?.accountId !== undefined && session.accountId !== account.sub) parts.store.signOut(session.uid);
  response.writeHead(303, { location: goOn, 'content-length': '0' }).end();
}

/** The library throws when its cookie or the record behind it is gone. */
async function findDetails(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Details | undefined> {
  try {
    return await provider.interactionDetails(request, response);
  } catch {
    return undefined;
  }
}

const words = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];

function showPage({ accounts }: InteractionParts, details: Details, response: ServerResponse): void {
  const hint = details.params['login_hint'];
  const selected =
    accounts.find(({ sub, email }) => hint === sub || hint === email) ??
    accounts.find(({ sub }) => sub === details.session?.accountId) ??
    (accounts.length === 1 ? accounts[0] : undefined);
  const page = consentPage({
    action: `${oauthPaths.interaction}/${details.uid}`,
    clientId: String(details.params['client_id']),
    returnsTo: new URL(String(details.params['redirect_uri'])).origin,
    accounts,
    selectedSub: selected?.sub,
    scopes: words(details.params['scope']),
  });
  sendHtml(response, 200, page);
}

interface Consent {
  readonly details: Details;
  readonly account: StandInAccount;
  readonly ticked: readonly string[];
}

/** A person who has said yes before is not asked again unless `prompt=consent`; then Google gives no refresh token either. */
async function recordConsent({ oauth, store }: InteractionParts, consent: Consent): Promise<string> {
  const { details, account, ticked } = consent;
  const clientId = String(details.params['client_id']);
  const asked = words(details.params['scope']);
  const granted = asked.filter((scope) => signInScopes.includes(scope) || ticked.includes(scope));
  if (!words(details.params['prompt']).includes('consent')) {
    const known = store.findGrant(account.sub, clientId, asked);
    if (known !== undefined) return known;
  }
  const grant = new oauth.provider.Grant({ accountId: account.sub, clientId });
  grant.addOIDCScope(granted.join(' '));
  const unticked = asked.filter((scope) => !granted.includes(scope));
  if (unticked.length > 0) grant.rejectOIDCScope(unticked.join(' '));
  const grantId = await grant.save();
  if (details.params['access_type'] === 'offline') oauth.allowOffline(grantId);
  return grantId;
}
