import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { type ApiRequest, callApi, type Endpoint } from './api.ts';
import { ApiRefusal } from './api-refusal.ts';
import { listenOnLoopback } from './loopback.ts';

// The terminal's half of linking: it holds the access token, the browser holds the session of the person. The browser comes by on this
// computer's loopback, where the terminal vouches for it; a link that was forwarded ends at a listener that is not there.

const ticketAnswer = z.object({
  url: z.url({ protocol: /^https?$/ }),
  ticket_id: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  expires_at: z.string(),
});
const whoAmI = z.object({ person: z.string(), identity: z.string(), scopes: z.array(z.string()) });
export type WhoAmI = z.infer<typeof whoAmI>;

const POLL_MS = 500;

export const askWhoAmI = (agent: Endpoint): Promise<WhoAmI> =>
  callApi(agent, { method: 'GET', path: '/whoami' }, whoAmI);

/** Nothing while nobody is known by the identity. */
async function personNow(agent: Endpoint): Promise<WhoAmI | undefined> {
  try {
    return await askWhoAmI(agent);
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === 'forbidden') return undefined;
    throw error;
  }
}

const prove = (ticket: string, challenge: string): ApiRequest => ({
  method: 'POST',
  path: '/identities/prove',
  body: { ticket, challenge },
});

export interface LinkRequest {
  /** Both APIs, each asked with the access token of the identity. */
  readonly agent: Endpoint;
  readonly oauth: Endpoint;
  readonly open: (url: string) => Promise<void>;
}

/** Resolves once the Agent API knows whose identity it is; at once when it did before. */
export async function linkIdentity({ agent, oauth, open }: LinkRequest): Promise<WhoAmI> {
  const before = await personNow(agent);
  if (before !== undefined) return before;
  const loopback = await listenOnLoopback(oauth, prove);
  try {
    const body = { loopback: loopback.url };
    const ticket = await callApi(oauth, { method: 'POST', path: '/identities/tickets', body }, ticketAnswer);
    loopback.expect(ticket.ticket_id);
    await open(ticket.url);
    const endMs = Date.parse(ticket.expires_at);
    while (Date.now() < endMs) {
      const found = await personNow(agent);
      if (found !== undefined) return found;
      await sleep(POLL_MS);
    }
    throw new AppError('timed_out', 'Nobody went on within ten minutes. Run the command again for a new link.');
  } finally {
    loopback.close();
  }
}
