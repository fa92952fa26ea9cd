import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint } from './api.ts';
import { listenOnLoopback } from './loopback.ts';

// What a terminal begins and a browser finishes: connecting Google, or signing in. The person's token makes a link; the browser that opens
// it shows itself on this computer's loopback, where the terminal vouches for it. A link that was forwarded ends at a listener that is not there.

const ticketAnswer = z.object({
  url: z.url({ protocol: /^https?$/ }),
  ticket_id: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  expires_at: z.string(),
});
const statusAnswer = z.looseObject({ status: z.string(), message: z.string().optional() });
export type BrowserOutcome = z.infer<typeof statusAnswer>;

export interface BrowserRequest {
  readonly oauth: Endpoint;
  /** Shows the link to the person, or opens it. */
  readonly open: (url: string) => Promise<void>;
}

export interface ConnectRequest extends BrowserRequest {
  /** Default: everything the system can use Google for. */
  readonly scopes?: readonly string[];
  readonly agent?: string;
  readonly days?: number;
}

const POLL_MS = 500;

async function waitForOutcome(oauth: Endpoint, ticket: string, expiresAt: string): Promise<BrowserOutcome> {
  while (Date.now() < Date.parse(expiresAt)) {
    const found = await callApi(oauth, { method: 'GET', path: `/tickets/${ticket}` }, statusAnswer);
    if (found.status !== 'open') return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new AppError('timed_out', 'Nobody went on within ten minutes. Run the command again for a new link.');
}

async function throughBrowser({ oauth, open }: BrowserRequest, path: string, wish: object): Promise<BrowserOutcome> {
  const loopback = await listenOnLoopback(oauth);
  try {
    const body = { ...wish, loopback: loopback.url };
    const ticket = await callApi(oauth, { method: 'POST', path, body }, ticketAnswer);
    loopback.expect(ticket.ticket_id);
    await open(ticket.url);
    return await waitForOutcome(oauth, ticket.ticket_id, ticket.expires_at);
  } finally {
    loopback.close();
  }
}

/** Resolves with how it ended: `connected`, or what went wrong in the API's words. */
export function connectGoogle(request: ConnectRequest): Promise<BrowserOutcome> {
  const { scopes, agent, days } = request;
  return throughBrowser(request, '/connections/google', { scopes, agent, days });
}

/** Resolves with `signed_in` once the browser that opened the link is the person's. */
export function signInBrowser(request: BrowserRequest): Promise<BrowserOutcome> {
  return throughBrowser(request, '/sign-in/tickets', {});
}
