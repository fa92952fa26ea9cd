import type { Hono } from 'hono';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { linkIdentity, listIdentities, unlinkIdentity } from '../trust/identities.ts';
import type { VerifyJwt } from '../trust/jwt.ts';
import type { Confirmed } from './authentication.ts';
import { refusedFlow } from './callback-query.ts';
import type { LinkTicket, LinkTickets } from './link-tickets.ts';
import { codePage, identitiesPage, identityInWords, linkPage } from './pages/identity-pages.ts';
import { messagePage } from './pages/message-page.ts';
import { frameOf, type OAuthParts, sendPage } from './parts.ts';
import { loopbackAddress } from './tickets.ts';
import { type OAuthContext, type OAuthEnv, parseInput, queryOnce, readJson, wantsPage } from './web.ts';

// What proves who a person is: the list, one more, one less. Two identities become one person's only when both were proved in one flow:
//
//   the one  → us        its proof (an access token here, a signed message at the Slack door): we answer a link
//   browser  → us        the link, opened and confirmed in a session of the other
//   browser  → the one   something that only this browser was shown: by the terminal's loopback, or a code that the person types
//   the one  → us        the same, with its proof again
//   browser  → us        (terminal) the answer to that, with the cookie of the browser that began: now they are linked
//
// No e-mail address decides anything.

export interface IdentityParts extends OAuthParts {
  readonly store: KeyValueStore;
  readonly linkTickets: LinkTickets;
  /** Absent where no issuer is configured. */
  readonly verifyJwt?: VerifyJwt | undefined;
}

const ticketInput = z.strictObject({ loopback: loopbackAddress });
const proveInput = z.strictObject({ ticket: z.string(), challenge: z.string() });
const linkInput = z.strictObject({ ticket: z.string() });
const unlinkInput = z.strictObject({ identity: z.string() });

/** The identity that an access token proves. It opens no session and confirms nothing: its holder may only ask to be linked. */
async function provedIdentity(parts: IdentityParts, context: OAuthContext): Promise<string> {
  const token = /^bearer +([^\s,]{1,8192})$/i.exec(context.req.header('authorization') ?? '')?.[1];
  const refuseToken = (reason: string): AppError => {
    context.var.log.warn('token.refused', { reason });
    context.var.log.metric('Refused', { reason });
    return new AppError('unauthenticated', 'Send the access token of a sign-in that is known here.');
  };
  if (token === undefined || parts.verifyJwt === undefined) throw refuseToken('token_missing');
  const verified = await parts.verifyJwt(token);
  if (!verified.ok) throw refuseToken(verified.reason);
  return verified.value.identity;
}

async function requireSession(parts: OAuthParts, context: OAuthContext): Promise<Confirmed> {
  const session = await parts.authentication.session(context);
  if (session === undefined) throw new AppError('unauthenticated', 'Sign in first. Nothing was linked.');
  return session;
}

async function showIdentities(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const confirmed = await parts.authentication.require(context);
  const identities = await listIdentities(parts.store, confirmed.person);
  if (!wantsPage(context)) return context.json({ person: confirmed.person, identities });
  const views = identities.map((identity) => ({
    identity,
    words: identityInWords(identity),
    here: confirmed.identity === identity,
  }));
  return sendPage(context, identitiesPage(frameOf(parts, context, confirmed.name), views));
}

async function unlink(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const { confirmed, input } = await parts.authentication.requireInput(context);
  const { identity } = parseInput(unlinkInput, input);
  if (!(await unlinkIdentity(parts.store, identity, confirmed.person))) {
    throw new AppError('not_found', 'That identity is not yours.');
  }
  context.var.log.info('identity.unlinked', { person: confirmed.person, by: confirmed.by });
  if (confirmed.via === 'token') return context.body(null, 204);
  return context.redirect(`${parts.config.publicUrl}/identities`, 303);
}

async function showLink(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const ticket = await parts.linkTickets.open(queryOnce(context, 'ticket') ?? '');
  const session = await parts.authentication.session(context);
  if (session === undefined) {
    const back = encodeURIComponent(`/identities/link?ticket=${ticket.id}`);
    return context.redirect(`${parts.config.publicUrl}/sign-in?return_to=${back}`, 303);
  }
  const page = linkPage(frameOf(parts, context, session.name), {
    ticket: ticket.id,
    words: identityInWords(ticket.identity),
    by: ticket.loopback === undefined ? 'code' : 'terminal',
  });
  const formTargets = ticket.loopback === undefined ? [] : [new URL(ticket.loopback).origin];
  return sendPage(context, page, { formTargets });
}

const takenError = (): AppError =>
  new AppError('conflict', 'This identity belongs to another person here. Nothing was linked.');

/** To the terminal that holds the other half. What it answers comes back to this browser only. */
async function sendToTerminal(
  parts: IdentityParts,
  context: OAuthContext,
  confirmed: { readonly ticket: LinkTicket; readonly loopback: string; readonly person: string },
): Promise<Response> {
  const { ticket, loopback, person } = confirmed;
  const browser = parts.browsers.identify(context);
  const challenge = await parts.flows.begin({ kind: 'link_challenge', browser, ticket: ticket.id, person });
  const url = new URL(loopback);
  url.searchParams.set('ticket', ticket.id);
  url.searchParams.set('challenge', challenge);
  return context.redirect(url.href, 303);
}

async function confirmLink(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const { confirmed, input } = await parts.authentication.requireInput(context);
  if (confirmed.via !== 'session') throw new AppError('forbidden', 'Link an identity from a signed-in browser.');
  const ticket = await parts.linkTickets.open(parseInput(linkInput, input).ticket);
  const { person, name } = confirmed;
  if (ticket.loopback !== undefined) {
    return sendToTerminal(parts, context, { ticket, loopback: ticket.loopback, person });
  }
  if (!(await parts.linkTickets.use(ticket))) throw new AppError('gone', 'This link has been used.');
  const code = await parts.linkTickets.createCode(ticket.identity, person);
  context.var.log.info('identity.code_shown', { person, by: confirmed.by });
  return sendPage(context, codePage(frameOf(parts, context, name), { words: identityInWords(ticket.identity), code }));
}

/** The terminal's half: the challenge that a browser brought to its loopback, with the token that proves the identity. */
async function prove(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const identity = await provedIdentity(parts, context);
  const input = parseInput(proveInput, await readJson(context));
  const ticket = await parts.linkTickets.open(input.ticket);
  if (ticket.identity !== identity) throw new AppError('not_found', 'You have no such ticket.');
  const taken = await parts.flows.take(input.challenge, { kind: 'link_challenge', ticket: ticket.id });
  if (!taken.ok) throw refusedFlow(taken.reason);
  const { browser, person } = taken.value;
  const proof = await parts.flows.begin({ kind: 'link_proof', browser, ticket: ticket.id, person });
  return context.json({ continue_url: `${parts.config.publicUrl}/identities/linked?proof=${proof}` });
}

/** Both halves have met in the browser that began, in the session of the person who confirmed. */
async function finishLink(parts: IdentityParts, context: OAuthContext): Promise<Response> {
  const secret = queryOnce(context, 'proof') ?? '';
  const taken = await parts.flows.take(secret, { kind: 'link_proof', browser: parts.browsers.known(context) });
  if (!taken.ok) {
    context.var.log.warn('proof.refused', { reason: taken.reason });
    throw refusedFlow(taken.reason);
  }
  const session = await requireSession(parts, context);
  if (session.person !== taken.value.person) {
    throw new AppError('forbidden', 'Somebody else has signed in here in between. Nothing was linked.');
  }
  const ticket = await parts.linkTickets.open(taken.value.ticket);
  if (!(await parts.linkTickets.use(ticket))) throw new AppError('gone', 'This link has been used.');
  if ((await linkIdentity(parts.store, ticket.identity, session.person)) === 'taken') throw takenError();
  context.var.log.info('identity.linked', { person: session.person, by: session.by });
  const page = messagePage(frameOf(parts, context, session.name), {
    title: 'Linked',
    text: `From now on ${identityInWords(ticket.identity)} is taken for you.`,
    next: { url: `${parts.config.publicUrl}/identities`, label: 'What proves who you are' },
  });
  return sendPage(context, page);
}

export function addIdentityRoutes(app: Hono<OAuthEnv>, parts: IdentityParts): void {
  app.get('/identities', (context) => showIdentities(parts, context));
  app.post('/identities/unlink', (context) => unlink(parts, context));
  app.post('/identities/tickets', async (context) => {
    const identity = await provedIdentity(parts, context);
    const { loopback } = parseInput(ticketInput, await readJson(context));
    const { url, ticket } = await parts.linkTickets.createLinkTicket(identity, loopback);
    return context.json({ url, ticket_id: ticket.id, identity, expires_at: isoTime(ticket.expires_at) }, 201);
  });
  app.get('/identities/link', (context) => showLink(parts, context));
  app.post('/identities/link', (context) => confirmLink(parts, context));
  app.post('/identities/prove', (context) => prove(parts, context));
  app.get('/identities/linked', (context) => finishLink(parts, context));
}
