import type { Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { linkIdentity, ownerOf } from '../trust/identities.ts';
import { checkIssuer, readCallback, refusedFlow } from './callback-query.ts';
import type { FlowOf } from './flows.ts';
import { messagePage } from './pages/message-page.ts';
import { onwardPage, signInPage } from './pages/sign-in-page.ts';
import { frameOf, type OAuthParts, sendPage } from './parts.ts';
import type { SignedIn, SignIn } from './ports.ts';
import { codeChallenge, createSecretText } from './secrets.ts';
import { type OAuthContext, type OAuthEnv, queryOnce, readForm } from './web.ts';

// A browser becomes a person's by an OIDC sign-in whose identity is mapped to that person. An identity nobody knows is refused; it is
// linked only by a person who is signed in another way in this very browser and asks for it: both are proved in one flow.

export const SIGN_IN_CALLBACK_PATH = '/sign-in/callback';

/** Pages of ours that a sign-in may lead back to; anything else would be an open redirect. */
const RETURN_PATTERN =
  /^\/(?:connect\/google\?ticket=[A-Za-z0-9_-]{43}|approvals(?:\/a_[A-Za-z0-9_-]{43})?|connections|grants|identities(?:\/link\?ticket=[A-Za-z0-9_-]{43})?)?$/;

export interface SignInParts extends OAuthParts {
  readonly store: KeyValueStore;
}

export function returnTarget(path: string | undefined): string {
  return path !== undefined && RETURN_PATTERN.test(path) ? path : '/';
}

function requireProvider(parts: OAuthParts): SignIn {
  if (parts.signIn === undefined) throw new AppError('not_found', 'No sign-in provider is set up here.');
  return parts.signIn;
}

async function beginSignIn(
  parts: OAuthParts,
  context: OAuthContext,
  flow: { readonly returnTo: string; readonly link?: string },
): Promise<string> {
  const verifier = createSecretText(parts.random);
  const nonce = createSecretText(parts.random);
  const state = await parts.flows.begin({
    kind: 'sign_in',
    browser: parts.browsers.identify(context),
    verifier,
    nonce,
    return_to: flow.returnTo,
    ...(flow.link === undefined ? {} : { link: flow.link }),
  });
  return requireProvider(parts).authorizationUrl({
    state,
    nonce,
    codeChallenge: codeChallenge(verifier),
    redirectUri: `${parts.config.publicUrl}${SIGN_IN_CALLBACK_PATH}`,
    // A session that happens to be open at the provider may be somebody else's: whoever links proves it afresh.
    ...(flow.link === undefined ? {} : { prompt: 'login' as const }),
  });
}

async function startSession(
  parts: SignInParts,
  context: OAuthContext,
  signedIn: SignedIn,
  returnTo: string,
): Promise<Response> {
  const person = await ownerOf(parts.store, signedIn.identity);
  if (person === undefined) {
    context.var.log.warn('sign_in.refused', { reason: 'identity_unknown' });
    throw new AppError(
      'forbidden',
      `Nobody here is known by this sign-in. Open Sallyport from your terminal and link it there, or give your operator this identity: ${signedIn.identity}`,
    );
  }
  parts.browsers.startSession(context, await parts.sessions.open(person, { identity: signedIn.identity }));
  context.var.log.info('sign_in.done', { person });
  return context.redirect(`${parts.config.publicUrl}${returnTo}`, 303);
}

async function link(parts: SignInParts, context: OAuthContext, person: string, signedIn: SignedIn): Promise<Response> {
  const session = await parts.authentication.session(context);
  if (session?.person !== person) {
    throw new AppError(
      'unauthenticated',
      'Your session has ended in between. Nothing was linked. Sign in and start again.',
    );
  }
  if ((await linkIdentity(parts.store, signedIn.identity, person)) === 'taken') {
    throw new AppError('conflict', 'This sign-in belongs to another person here. Nothing was linked.');
  }
  context.var.log.info('identity.linked', { person, by: session.by });
  const page = messagePage(frameOf(parts, context, session.name), {
    title: 'Linked',
    text: `From now on you can sign in here with ${signedIn.label ?? signedIn.identity}.`,
    next: { url: `${parts.config.publicUrl}/`, label: 'Back' },
  });
  return sendPage(context, page);
}

async function takeSignIn(parts: OAuthParts, context: OAuthContext, state: string): Promise<FlowOf<'sign_in'>> {
  const taken = await parts.flows.take(state, { kind: 'sign_in', browser: parts.browsers.known(context) });
  if (taken.ok) return taken.value;
  context.var.log.warn('callback.refused', { reason: taken.reason });
  throw refusedFlow(taken.reason);
}

async function finishSignIn(parts: SignInParts, context: OAuthContext): Promise<Response> {
  const provider = requireProvider(parts);
  const query = readCallback(context);
  const flow = await takeSignIn(parts, context, query.state);
  checkIssuer(query, provider.issuer, await provider.namesItself());
  if (query.error !== undefined || query.code === undefined) {
    throw new AppError('forbidden', `${provider.label} did not sign you in (${query.error ?? 'no code'}). Try again.`, {
      details: { url: `${parts.config.publicUrl}/sign-in`, label: 'Try again' },
    });
  }
  const signedIn = await provider.exchangeCode({
    code: query.code,
    codeVerifier: flow.verifier,
    redirectUri: `${parts.config.publicUrl}${SIGN_IN_CALLBACK_PATH}`,
    nonce: flow.nonce,
  });
  return flow.link === undefined
    ? startSession(parts, context, signedIn, flow.return_to)
    : link(parts, context, flow.link, signedIn);
}

async function showSignIn(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const ticketId = queryOnce(context, 'ticket');
  const ticket = ticketId === undefined ? undefined : await parts.tickets.open(ticketId);
  const returnTo = encodeURIComponent(returnTarget(queryOnce(context, 'return_to')));
  const session = await parts.authentication.session(context);
  const personName = ticket === undefined ? '' : ((await parts.authentication.nameOf(ticket.person)) ?? ticket.person);
  const page = signInPage(frameOf(parts, context, session?.name), {
    ticket: ticket?.loopback === undefined ? undefined : { id: ticket.id, personName },
    provider: parts.signIn && {
      url: `${parts.config.publicUrl}/sign-in/provider?return_to=${returnTo}`,
      label: parts.signIn.label,
    },
  });
  return sendPage(context, page, {
    formTargets: ticket?.loopback === undefined ? [] : [new URL(ticket.loopback).origin],
  });
}

export function addSignInRoutes(app: Hono<OAuthEnv>, parts: SignInParts): void {
  app.get('/sign-in', (context) => showSignIn(parts, context));
  app.get('/sign-in/provider', async (context) => {
    const returnTo = returnTarget(queryOnce(context, 'return_to'));
    return context.redirect(await beginSignIn(parts, context, { returnTo }), 303);
  });
  app.get(SIGN_IN_CALLBACK_PATH, (context) => finishSignIn(parts, context));
  app.post('/sign-in/link', async (context) => {
    const { confirmed } = await parts.authentication.requireInput(context);
    if (confirmed.via !== 'session') throw new AppError('forbidden', 'Link a sign-in from a signed-in browser.');
    const provider = requireProvider(parts);
    const url = await beginSignIn(parts, context, { returnTo: '/', link: confirmed.person });
    return sendPage(context, onwardPage(frameOf(parts, context, confirmed.name), { url, label: provider.label }));
  });
  app.post('/sign-out', async (context) => {
    parts.browsers.checkForm(context, await readForm(context));
    const secret = parts.browsers.session(context);
    if (secret !== undefined) await parts.sessions.end(secret);
    parts.browsers.endSession(context);
    return context.redirect(`${parts.config.publicUrl}/sign-in`, 303);
  });
}
