import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { type ApiRequest, callApi, type Endpoint } from './api.ts';

// Where a browser shows itself to the terminal, on this computer's loopback (RFC 8252 §7.3). The terminal vouches with its token for a
// browser that comes with the one ticket it waits for, under the listener's own address, and for no other.

const proofAnswer = z.looseObject({ continue_url: z.url({ protocol: /^https?$/ }) });

const PATH = '/prove';

export interface Loopback {
  readonly url: string;
  /** The ticket that was made for this listener; before it is known nobody is vouched for. */
  expect(ticket: string): void;
  close(): void;
}

/** What the browser brings, or the status to refuse it with. */
function readVisit(request: IncomingMessage, authority: string, ticket: string | undefined): string | 403 | 404 {
  // A page elsewhere whose name was pointed to 127.0.0.1 gets here under that name (DNS rebinding).
  if (request.headers.host !== authority) return 403;
  const [path, query] = (request.url ?? '').split('?', 2);
  const parameters = new URLSearchParams(query);
  const challenge = parameters.get('challenge');
  const ours = ticket !== undefined && parameters.get('ticket') === ticket;
  return request.method === 'GET' && path === PATH && ours && challenge !== null ? challenge : 404;
}

/** How the holder of a token that confirms vouches; others have an address of their own for it. */
const proveTicket = (ticket: string, challenge: string): ApiRequest => ({
  method: 'POST',
  path: `/tickets/${ticket}/prove`,
  body: { challenge },
});

export async function listenOnLoopback(oauth: Endpoint, prove = proveTicket): Promise<Loopback> {
  let authority = '';
  let ticket: string | undefined;
  async function vouch(challenge: string): Promise<string> {
    return (await callApi(oauth, prove(ticket ?? '', challenge), proofAnswer)).continue_url;
  }
  const server = createServer((request, response) => {
    const visit = readVisit(request, authority, ticket);
    const say = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.end(`${text}\n`);
    };
    if (typeof visit === 'number') {
      say(visit, 'This address is only for the browser that opened the link of the sallyport command.');
      return;
    }
    vouch(visit).then(
      (next) => response.writeHead(303, { location: next, 'cache-control': 'no-store' }).end(),
      (error: unknown) => say(502, error instanceof Error ? error.message : 'The OAuth API did not answer.'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${authority}${PATH}`,
    expect: (id) => {
      ticket = id;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
