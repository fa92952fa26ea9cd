import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint } from './api.ts';

// Connecting Google from a terminal. The person's token makes a link; the browser that opens it shows itself here, on this
// computer's loopback, and the terminal vouches for it with its token (RFC 8252 §7.3). A link that was forwarded ends at a
// listener that is not there.

const ticketAnswer = z.object({ url: z.string(), ticket_id: z.string(), expires_at: z.string() });
const proofAnswer = z.looseObject({ continue_url: z.string() });
const statusAnswer = z.looseObject({ status: z.string(), message: z.string().optional() });
export type ConnectOutcome = z.infer<typeof statusAnswer>;

export interface ConnectRequest {
  readonly oauth: Endpoint;
  /** Default: everything the system can use Google for. */
  readonly scopes?: readonly string[];
  readonly agent?: string;
  readonly days?: number;
  /** Shows the link to the person, or opens it. */
  readonly open: (url: string) => Promise<void>;
}

const POLL_MS = 500;
const PATH = '/prove';

interface Loopback {
  readonly url: string;
  close(): void;
}

/** Sends a browser that shows a challenge on to where the OAuth API says, once the API has taken our word for it. */
async function listen(vouch: (ticket: string, challenge: string) => Promise<string>): Promise<Loopback> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const ticket = url.searchParams.get('ticket');
    const challenge = url.searchParams.get('challenge');
    if (request.method !== 'GET' || url.pathname !== PATH || ticket === null || challenge === null) {
      response.writeHead(404).end();
      return;
    }
    vouch(ticket, challenge).then(
      (next) => response.writeHead(303, { location: next, 'cache-control': 'no-store' }).end(),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : 'The OAuth API did not answer.';
        response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${PATH}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function waitForOutcome(oauth: Endpoint, ticket: string, expiresAt: string): Promise<ConnectOutcome> {
  while (Date.now() < Date.parse(expiresAt)) {
    const found = await callApi(oauth, { method: 'GET', path: `/tickets/${ticket}` }, statusAnswer);
    if (found.status !== 'open') return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new AppError(
    'timed_out',
    'Nobody finished connecting within ten minutes. Run the command again for a new link.',
  );
}

/** Resolves with how it ended: `connected`, or what went wrong in the API's words. */
export async function connectGoogle(request: ConnectRequest): Promise<ConnectOutcome> {
  const { oauth, scopes, agent, days } = request;
  const loopback = await listen(async (ticket, challenge) => {
    const prove = { method: 'POST', path: `/tickets/${ticket}/prove`, body: { challenge } } as const;
    return (await callApi(oauth, prove, proofAnswer)).continue_url;
  });
  try {
    const body = { scopes, agent, days, loopback: loopback.url };
    const ticket = await callApi(oauth, { method: 'POST', path: '/connections/google', body }, ticketAnswer);
    await request.open(ticket.url);
    return await waitForOutcome(oauth, ticket.ticket_id, ticket.expires_at);
  } finally {
    loopback.close();
  }
}
