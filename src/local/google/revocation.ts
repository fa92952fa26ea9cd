import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from './node-http.ts';
import type { OAuthStore } from './oauth-store.ts';

// Google's revocation endpoint: the token in the form or the query, no client authentication, 400 for a token it does not know
// (unlike RFC 7009 §2.2), and everything goes that this client had of this person.

export async function handleRevocation(
  store: OAuthStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    sendJson(response, 405, { error: 'invalid_request', error_description: 'Use POST.' }, { allow: 'POST' });
    return;
  }
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  const token = form.get('token') ?? new URL(request.url ?? '/', 'http://stand-in').searchParams.get('token');
  if (token === null || token === '') {
    sendJson(response, 400, { error: 'invalid_request', error_description: 'Bad Request' });
  } else if (store.revokeToken(token)) sendJson(response, 200, {});
  else sendJson(response, 400, { error: 'invalid_token', error_description: 'Token expired or revoked' });
}
