import type { Hono } from 'hono';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import { refusedFlow } from './callback-query.ts';
import type { OAuthParts } from './parts.ts';
import { sendToLoopback } from './ticket-views.ts';
import { loopbackAddress } from './tickets.ts';
import { type OAuthContext, type OAuthEnv, parseInput, queryOnce, readForm, readJson } from './web.ts';

// How a terminal vouches for a browser. The terminal holds the person's token and listens on loopback; the browser comes by there:
//
//   browser → us        POST with the ticket: we remember a challenge for this browser
//   us → browser        redirect to the listener, with the challenge
//   terminal → us       POST /tickets/{id}/prove {challenge} with the token: we answer a proof
//   terminal → browser  redirect to us, with the proof
//   browser → us        the proof, and the cookie of the browser that began: only both together open a session
//
// Forwarded to somebody else, the link ends at that computer's loopback, where nobody listens. A challenge slipped to the person's own
// listener yields a proof in the person's browser, which did not begin that flow. So neither half is of use without the other.

const signInInput = z.strictObject({ loopback: loopbackAddress });
const proveInput = z.strictObject({ challenge: z.string() });

async function prove(parts: OAuthParts, context: OAuthContext, ticketId: string): Promise<Response> {
  const { person, by } = await parts.authentication.requireToken(context);
  const { challenge } = parseInput(proveInput, await readJson(context));
  const ticket = await parts.tickets.find(ticketId);
  if (ticket?.person !== person) throw new AppError('not_found', 'You have no such ticket.');
  if (ticket.used) throw new AppError('gone', 'This ticket has been used.');
  const taken = await parts.flows.take(challenge, { kind: 'challenge', ticket: ticket.id });
  if (!taken.ok) throw refusedFlow(taken.reason);
  const proof = await parts.flows.begin({ kind: 'proof', browser: taken.value.browser, ticket: ticket.id, person, by });
  context.var.log.info('browser.vouched_for', { person, by });
  return context.json({ continue_url: `${parts.config.publicUrl}/sign-in/proof?proof=${proof}` });
}

/** The end of the browser's round trip. It consumes the proof, as a callback does its code; without the cookie nothing happens. */
async function takeProof(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const secret = queryOnce(context, 'proof') ?? '';
  const taken = await parts.flows.take(secret, { kind: 'proof', browser: parts.browsers.known(context) });
  if (!taken.ok) {
    context.var.log.warn('proof.refused', { reason: taken.reason });
    throw refusedFlow(taken.reason);
  }
  const { person, by, ticket: ticketId } = taken.value;
  const ticket = await parts.tickets.open(ticketId);
  parts.browsers.startSession(context, await parts.sessions.open(person, { tokenId: by.slice('token:'.length) }));
  if (ticket.wish !== undefined) {
    return context.redirect(`${parts.config.publicUrl}/connect/google?ticket=${ticket.id}`, 303);
  }
  await parts.tickets.close(ticket.id, { status: 'signed_in' }, true);
  return context.redirect(`${parts.config.publicUrl}/`, 303);
}

export function addProofRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.post('/sign-in/tickets', async (context) => {
    const { person } = await parts.authentication.requireToken(context);
    const { loopback } = parseInput(signInInput, await readJson(context));
    const ticket = await parts.tickets.create({ person, loopback });
    const url = `${parts.config.publicUrl}/sign-in?ticket=${ticket.id}`;
    return context.json({ url, ticket_id: ticket.id, expires_at: isoTime(ticket.expires_at) }, 201);
  });
  app.post('/sign-in', async (context) => {
    const fields = await readForm(context);
    parts.browsers.checkForm(context, fields);
    const ticket = await parts.tickets.open(parseInput(z.object({ ticket: z.string() }), fields).ticket);
    if (ticket.loopback === undefined) throw new AppError('invalid_request', 'No terminal waits for this browser.');
    return sendToLoopback(parts, context, ticket);
  });
  app.post('/tickets/:id/prove', (context) => prove(parts, context, context.req.param('id')));
  app.get('/sign-in/proof', (context) => takeProof(parts, context));
}
