import { isoTime } from '../kernel/iso-time.ts';
import type { OAuthParts } from './parts.ts';
import type { TicketRecord } from './records.ts';
import type { OAuthContext } from './web.ts';

// What a terminal learns of its ticket, and how a browser is sent to the terminal's listener.

/** `status` is `open` until something happened; then it is the outcome's. */
export function ticketView(ticket: TicketRecord): Readonly<Record<string, unknown>> {
  return {
    ticket_id: ticket.id,
    ...(ticket.outcome ?? { status: 'open' }),
    expires_at: isoTime(ticket.expires_at),
  };
}

/**
 * To the listener that the ticket names, on the computer where this browser runs. Opened elsewhere, the link ends there: nobody listens.
 * The listener's owner answers with its token (`POST /tickets/{id}/prove`) and sends the browser back.
 */
export async function sendToLoopback(
  parts: OAuthParts,
  context: OAuthContext,
  ticket: TicketRecord,
): Promise<Response> {
  const browser = parts.browsers.identify(context);
  const challenge = await parts.flows.begin({ kind: 'challenge', browser, ticket: ticket.id });
  const url = new URL(ticket.loopback ?? '');
  url.searchParams.set('ticket', ticket.id);
  url.searchParams.set('challenge', challenge);
  return context.redirect(url.href, 303);
}
