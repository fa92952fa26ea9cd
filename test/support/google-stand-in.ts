import { createHash, randomBytes } from 'node:crypto';
import { createStandInGoogle, type StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import type { StandInAccount, StandInGoogleOptions } from '../../src/local/google/stand-in-options.ts';
import { approveConsent, type ConsentVisit } from '../../src/local/google/visit-consent.ts';
import { createTestClock, type TestClock } from './clock.ts';

// A stand-in Google for one test file, and the way through its consent to a token.

export const ANN: StandInAccount = {
  sub: '110001',
  email: 'ann@example.com',
  name: 'Ann Archer',
  timeZone: 'Europe/Berlin',
  calendars: [
    {
      id: 'team@group.calendar.google.com',
      summary: 'Team',
      sharedWith: [{ email: 'bob@example.com', role: 'reader' }],
    },
  ],
};
export const BOB: StandInAccount = {
  sub: '110002',
  email: 'bob@example.com',
  name: 'Bob Baker',
  timeZone: 'America/New_York',
};

export const REDIRECT_URI = 'http://127.0.0.1:9/oauth/google/callback';
export const CLIENT = {
  clientId: 'sallyport.apps.googleusercontent.com',
  clientSecret: 'a secret of tests',
  redirectUris: [REDIRECT_URI],
};
export const CALENDAR_SCOPE = 'https://www.googleapis.com/auth/calendar';
/** PKCE's secret of every visit here (RFC 7636). */
export const VERIFIER = randomBytes(32).toString('base64url');

export interface TestGoogle {
  readonly google: StandInGoogle;
  readonly clock: TestClock;
}

export async function startTestGoogle(over: Partial<StandInGoogleOptions> = {}): Promise<TestGoogle> {
  const clock = createTestClock();
  const google = await createStandInGoogle({ clock, clients: [CLIENT], accounts: [ANN, BOB], ...over });
  return { google, clock };
}

export function authorizationUrl(google: StandInGoogle, over: Readonly<Record<string, string>> = {}): string {
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const query = new URLSearchParams({
    client_id: CLIENT.clientId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: `openid email ${CALENDAR_SCOPE}`,
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    access_type: 'offline',
    prompt: 'consent',
    ...over,
  });
  return `${google.authUrl}?${query}`;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function askForToken(google: StandInGoogle, form: Readonly<Record<string, string>>): Promise<TokenAnswer> {
  const body = new URLSearchParams({ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, ...form });
  const response = await fetch(google.tokenUrl, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export interface Connection {
  readonly callback: URL;
  readonly token: TokenAnswer;
}

/** The whole way: consent, callback, code, token. */
export async function connect(
  google: StandInGoogle,
  visit: Omit<ConsentVisit, 'authorizationUrl'> & { readonly query?: Readonly<Record<string, string>> },
): Promise<Connection> {
  const { query, ...rest } = visit;
  const callback = new URL(await approveConsent({ ...rest, authorizationUrl: authorizationUrl(google, query) }));
  const token = await askForToken(google, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  });
  return { callback, token };
}

/** An access token of that account for the scopes (the whole calendar unless given). */
export async function accessTokenOf(google: StandInGoogle, account: string, scope = CALENDAR_SCOPE): Promise<string> {
  const { token } = await connect(google, { account, query: { scope: `openid email ${scope}` } });
  if (typeof token.body['access_token'] !== 'string') throw new Error(`no token: ${JSON.stringify(token)}`);
  return token.body['access_token'];
}
