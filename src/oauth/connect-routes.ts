import type { Hono } from 'hono';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import type { Confirmed } from './authentication.ts';
import { type ConnectStep, connectPage } from './pages/connect-page.ts';
import { agentName, frameOf, GOOGLE, type OAuthParts, requireAgent, requireScopes, sendPage } from './parts.ts';
import type { TicketRecord, Wish } from './records.ts';
import { googleBacked, googleScopesFor, inWords } from './scope-words.ts';
import { codeChallenge, createSecretText } from './secrets.ts';
import { MAX_GRANT_DAYS } from './settings.ts';
import { sendToLoopback, ticketView } from './ticket-views.ts';
import { loopbackAddress } from './tickets.ts';
import { listOf, type OAuthContext, type OAuthEnv, parseInput, queryOnce, readForm } from './web.ts';

// The way to Google: a ticket, a page that says what it is about, and the POST that goes on. A link may reach the wrong person,
// so nothing goes to Google before this browser is known to be the ticket's person's: otherwise a forwarded link would bind
// somebody else's Google account to whoever sent it.

export const GOOGLE_CALLBACK_PATH = '/oauth/google/callback';

const connectInput = z.strictObject({
  scopes: listOf(z.string()).optional(),
  agent: z.string().optional(),
  days: z.coerce.number().int().min(1).max(MAX_GRANT_DAYS).optional(),
  loopback: loopbackAddress.optional(),
});

type Needs = Pick<OAuthParts, 'config'>;

function readWish({ config }: Needs, person: string, input: z.infer<typeof connectInput>): Wish {
  const backed = googleBacked(config.scopes);
  // What needs no Google account is asked for in the same breath; alone, it needs no trip to Google.
  const scopes = requireScopes(config, input.scopes ?? Object.keys(config.scopes));
  if (!scopes.some((scope) => backed.includes(scope))) {
    throw new AppError('invalid_request', `Google is needed for these scopes only: ${backed.join(', ')}.`);
  }
  return {
    agent: requireAgent(config, person, input.agent),
    scopes: [...scopes],
    days: input.days ?? config.grantDays,
  };
}

/** A ticket with something to connect. */
async function openTicket(parts: OAuthParts, id: string | undefined): Promise<TicketRecord & { readonly wish: Wish }> {
  const ticket = await parts.tickets.open(id ?? '');
  if (ticket.wish === undefined) throw new AppError('not_found', 'This link connects nothing.');
  return { ...ticket, wish: ticket.wish };
}

function nextStep(parts: OAuthParts, ticket: TicketRecord, session: Confirmed | undefined): ConnectStep {
  if (session !== undefined) return { kind: session.person === ticket.person ? 'google' : 'other_person' };
  const { signIn, config } = parts;
  const back = encodeURIComponent(`/connect/google?ticket=${ticket.id}`);
  const link =
    signIn === undefined
      ? undefined
      : { url: `${config.publicUrl}/sign-in/provider?return_to=${back}`, label: signIn.label };
  if (ticket.loopback !== undefined)
    return link === undefined ? { kind: 'loopback' } : { kind: 'loopback', signIn: link };
  return link === undefined ? { kind: 'no_way' } : { kind: 'sign_in', signIn: link };
}

async function showConnectPage(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const asked = queryOnce(context, 'ticket');
  // A tool that finds no account gives the address alone, for whoever is asked: their own page begins the rest.
  if (asked === undefined) return context.redirect(`${parts.config.publicUrl}/connections`, 303);
  const ticket = await openTicket(parts, asked);
  const session = await parts.authentication.session(context);
  const page = connectPage(frameOf(parts, context, session?.name), {
    ticket: ticket.id,
    personName: (await parts.authentication.nameOf(ticket.person)) ?? ticket.person,
    agentName: agentName(parts.config, ticket.wish.agent),
    may: inWords(parts.config.scopes, ticket.wish.scopes),
    days: ticket.wish.days,
    step: nextStep(parts, ticket, session),
  });
  const loopback = ticket.loopback === undefined ? [] : [new URL(ticket.loopback).origin];
  return sendPage(context, page, { formTargets: [parts.config.googleOrigin, ...loopback] });
}

/** Begins the flow at Google. The account that is connected already is offered first; the callback insists on it. */
async function goToGoogle(
  parts: OAuthParts,
  context: OAuthContext,
  ticket: TicketRecord & { readonly wish: Wish },
): Promise<Response> {
  const verifier = createSecretText(parts.random);
  const nonce = createSecretText(parts.random);
  const state = await parts.flows.begin({
    kind: 'google',
    browser: parts.browsers.identify(context),
    ticket: ticket.id,
    person: ticket.person,
    wish: ticket.wish,
    verifier,
    nonce,
  });
  const held = await parts.vault.read(GOOGLE, ticket.person);
  const hint = held.state === 'connected' ? held.entry.email : undefined;
  const url = parts.google.authorizationUrl({
    state,
    nonce,
    codeChallenge: codeChallenge(verifier),
    redirectUri: `${parts.config.publicUrl}${GOOGLE_CALLBACK_PATH}`,
    scopes: ['openid', 'email', ...googleScopesFor(parts.config.scopes, ticket.wish.scopes)],
    ...(hint === undefined ? {} : { loginHint: hint }),
  });
  context.var.log.info('connect.begun', { person: ticket.person, agent: ticket.wish.agent });
  return context.redirect(url, 303);
}

async function continueConnect(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const fields = await readForm(context);
  parts.browsers.checkForm(context, fields);
  const ticket = await openTicket(parts, parseInput(z.object({ ticket: z.string() }), fields).ticket);
  const step = nextStep(parts, ticket, await parts.authentication.session(context));
  if (step.kind === 'google') return goToGoogle(parts, context, ticket);
  if (step.kind === 'loopback') return sendToLoopback(parts, context, ticket);
  throw new AppError('forbidden', 'It is not certain that this browser is the person’s whom the link is for.', {
    details: { url: `${parts.config.publicUrl}/connect/google?ticket=${ticket.id}` },
  });
}

export function addConnectRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.post('/connections/google', async (context) => {
    const { confirmed, input } = await parts.authentication.requireInput(context);
    const parsed = parseInput(connectInput, input);
    const ticket = await parts.tickets.create({
      person: confirmed.person,
      wish: readWish(parts, confirmed.person, parsed),
      ...(parsed.loopback === undefined ? {} : { loopback: parsed.loopback }),
    });
    const url = `${parts.config.publicUrl}/connect/google?ticket=${ticket.id}`;
    if (confirmed.via === 'session') return context.redirect(url, 303);
    return context.json({ url, ticket_id: ticket.id, expires_at: isoTime(ticket.expires_at) }, 201);
  });
  app.get('/connect/google', (context) => showConnectPage(parts, context));
  app.post('/connect/google', (context) => continueConnect(parts, context));
  app.get('/tickets/:id', async (context) => {
    const { person } = await parts.authentication.requireToken(context);
    const ticket = await parts.tickets.find(context.req.param('id'));
    if (ticket?.person !== person) throw new AppError('not_found', 'You have no such ticket.');
    return context.json(ticketView(ticket));
  });
}
