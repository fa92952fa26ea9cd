import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { JsonObject } from './calendar-method.ts';
import { type Faults, faultSchema } from './faults.ts';
import { readBody, sendJson } from './node-http.ts';
import type { Outbox } from './outbox.ts';

// What Google does not have: ways to make it fail, and to look into its outbox, over HTTP under `/_stand-in/`. A JSON content type is
// demanded, which no web page can send across origins without asking first; nothing here asks back.

export const controlPath = '/_stand-in/';

export interface ControlParts {
  readonly faults: Faults;
  readonly outbox: Outbox;
  readonly events: (calendarId: string) => readonly JsonObject[];
  readonly expireAccessTokens: () => void;
  /** False when there is no such account. */
  readonly revokeAccount: (email: string) => boolean;
}

export async function handleControl(
  parts: ControlParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
  const name = pathname.slice(controlPath.length);
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  if (request.method !== 'GET' && !isJson) {
    sendJson(response, 415, { error: 'Send application/json.' });
    return;
  }
  const text = request.method === 'GET' ? '' : (await readBody(request)).toString('utf8');
  const handler = routes[`${request.method} ${name}`];
  if (handler === undefined) {
    sendJson(response, 404, {
      error: `There is no ${request.method} ${controlPath}${name}.`,
      routes: Object.keys(routes),
    });
    return;
  }
  try {
    sendJson(response, 200, handler(parts, text === '' ? {} : JSON.parse(text), searchParams));
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : 'That cannot be read.' });
  }
}

type Handler = (parts: ControlParts, body: unknown, query: URLSearchParams) => unknown;

const routes: Readonly<Record<string, Handler>> = {
  'GET faults': ({ faults }) => ({ faults: faults.waiting() }),
  'POST faults': ({ faults }, body) => {
    faults.next(faultSchema.parse(body));
    return { faults: faults.waiting() };
  },
  'DELETE faults': ({ faults }) => {
    faults.clear();
    return { faults: [] };
  },
  'GET outbox': ({ outbox }) => ({ mails: outbox.mails() }),
  'GET events': ({ events }, _body, query) => ({ events: events(query.get('calendar') ?? '') }),
  'POST expire-access-tokens': ({ expireAccessTokens }) => {
    expireAccessTokens();
    return {};
  },
  'POST revoke-account': ({ revokeAccount }, body) => {
    const { email } = z.strictObject({ email: z.string() }).parse(body);
    if (!revokeAccount(email)) throw new Error(`There is no account ${email}.`);
    return {};
  },
};
