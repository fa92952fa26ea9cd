import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OAuth2Client } from 'google-auth-library';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { approveConsent, type CookieJar } from '../../src/local/google/visit-consent.ts';
import { createGoogleClient, installGoogleClient, refusalOf } from '../support/google-calendar-client.ts';
import {
  ANN,
  accessTokenOf,
  askForToken,
  authorizationUrl,
  BOB,
  CALENDAR_SCOPE,
  CLIENT,
  connect,
  REDIRECT_URI,
  startTestGoogle,
  type TestGoogle,
  VERIFIER,
} from '../support/google-stand-in.ts';

// Sign-in, consent and tokens of the stand-in, as an app and a person meet them.

let stand: TestGoogle;
beforeAll(installGoogleClient, 600_000);
beforeEach(async () => {
  stand = await startTestGoogle();
});
afterEach(() => stand.google.close());

const EVENTS = `${CALENDAR_SCOPE}.events`;
const FREEBUSY = `${CALENDAR_SCOPE}.freebusy`;
const scopesOf = (body: Readonly<Record<string, unknown>>): string[] => String(body['scope']).split(' ').sort();

function refresh(refreshToken: unknown) {
  return askForToken(stand.google, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
}

/** Whether Calendar takes the token, by the status of a plain request. */
async function calendarStatus(token: unknown, path = 'calendars/primary/events'): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}` };
  const response = await fetch(`${stand.google.calendarUrl}/${path}`, { headers });
  await response.body?.cancel();
  return response.status;
}

describe('consent', () => {
  it('leads back with a code, the state and the issuer, and to tokens that Calendar takes', async () => {
    const { callback, token } = await connect(stand.google, { account: ANN.email });
    expect(callback.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect(callback.searchParams.get('state')).toBe('a-state');
    expect(callback.searchParams.get('iss')).toBe(stand.google.issuer);
    expect(token).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600 } });
    expect(token.body['refresh_token']).toEqual(expect.any(String));
    expect(await calendarStatus(token.body['access_token'])).toBe(200);
  });

  it('grants what stays ticked only, and names the granted scopes as Google does', async () => {
    const query = { scope: `openid email ${EVENTS} ${FREEBUSY}` };
    const { token } = await connect(stand.google, { account: ANN.email, query, untick: ['calendar.events'] });
    expect(scopesOf(token.body)).toEqual([FREEBUSY, 'https://www.googleapis.com/auth/userinfo.email', 'openid'].sort());
    expect(await calendarStatus(token.body['access_token'])).toBe(403);
  });

  it('goes back with access_denied when the person cancels', async () => {
    const { callback } = await connect(stand.google, { account: ANN.email, deny: true });
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(callback.searchParams.get('state')).toBe('a-state');
    expect(callback.searchParams.has('code')).toBe(false);
  });

  it('lets a person who is signed in pick another account', async () => {
    const cookies: CookieJar = new Map();
    for (const { email } of [ANN, BOB, ANN]) {
      const { token } = await connect(stand.google, { account: email, cookies });
      const { payload } = await jwtVerify(
        String(token.body['id_token']),
        createRemoteJWKSet(new URL(stand.google.jwksUrl)),
      );
      expect(payload['email']).toBe(email);
    }
  });

  it('shows a page that says what is asked, runs no script and may not be framed', async () => {
    const first = await fetch(authorizationUrl(stand.google), { redirect: 'manual' });
    const page = await fetch(new URL(first.headers.get('location') ?? '', stand.google.url), {
      headers: {
        cookie: first.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      },
    });
    const html = await page.text();
    expect(html).toContain(ANN.email);
    expect(html).toContain(CALENDAR_SCOPE);
    expect(html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('is refused where the app is not what was registered', async () => {
    const ask = (over: Readonly<Record<string, string>>) =>
      approveConsent({ authorizationUrl: authorizationUrl(stand.google, over), account: ANN.email });
    await expect(ask({ redirect_uri: 'http://127.0.0.1:9/elsewhere' })).rejects.toThrow(/answered 400/);
    await expect(ask({ client_id: 'unknown' })).rejects.toThrow(/answered 400/);
    await expect(ask({ scope: 'openid https://www.googleapis.com/auth/drive' })).resolves.not.toContain('drive');
  });

  it('knows a client that is registered later', async () => {
    const redirectUri = 'http://127.0.0.1:10/cb';
    stand.google.registerClient({ clientId: 'late', clientSecret: 'late secret', redirectUris: [redirectUri] });
    const url = authorizationUrl(stand.google, { client_id: 'late', redirect_uri: redirectUri });
    expect(await approveConsent({ authorizationUrl: url, account: ANN.email })).toMatch(
      /^http:\/\/127.0.0.1:10\/cb\?code=/,
    );
  });
});

describe('codes', () => {
  const exchange = (callback: string, over: Readonly<Record<string, string>> = {}) =>
    askForToken(stand.google, {
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      ...over,
    });

  it('are worthless without the verifier of PKCE, and with another secret', async () => {
    const callback = await approveConsent({ authorizationUrl: authorizationUrl(stand.google), account: ANN.email });
    expect(await exchange(callback)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await exchange(callback, { code_verifier: 'x'.repeat(43) })).toMatchObject({ status: 400 });
    expect(await exchange(callback, { client_secret: 'wrong' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  it('work once; a second use takes back what the first one gave', async () => {
    const { callback, token } = await connect(stand.google, { account: ANN.email });
    expect(await exchange(callback.href, { code_verifier: VERIFIER })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await calendarStatus(token.body['access_token'])).toBe(401);
  });

  it("are exchanged by Google's own library, which refreshes from there", async () => {
    const client = new OAuth2Client({
      clientId: CLIENT.clientId,
      clientSecret: CLIENT.clientSecret,
      redirectUri: REDIRECT_URI,
      issuers: [stand.google.issuer],
      endpoints: {
        oauth2AuthBaseUrl: stand.google.authUrl,
        oauth2TokenUrl: stand.google.tokenUrl,
        oauth2FederatedSignonJwkCertsUrl: stand.google.jwksUrl,
      },
    });
    const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync();
    const url = client.generateAuthUrl({
      access_type: 'offline',
      scope: ['openid', 'email', EVENTS],
      prompt: 'consent',
    });
    const withPkce = `${url}&code_challenge=${codeChallenge}&code_challenge_method=S256`;
    const callback = new URL(await approveConsent({ authorizationUrl: withPkce, account: BOB.email }));
    const { tokens } = await client.getToken({ code: callback.searchParams.get('code') ?? '', codeVerifier });
    expect(tokens.refresh_token).toEqual(expect.any(String));
    client.setCredentials({ refresh_token: tokens.refresh_token ?? '' });
    const { token } = await client.getAccessToken();
    expect(await calendarStatus(token)).toBe(200);
  });
});

describe('the id_token', () => {
  it('is RS256 of the published keys, for this client, with the address and the nonce', async () => {
    const { token } = await connect(stand.google, { account: BOB.email, query: { scope: 'openid email' } });
    const keys = createRemoteJWKSet(new URL(stand.google.jwksUrl));
    const { payload, protectedHeader } = await jwtVerify(String(token.body['id_token']), keys, {
      issuer: stand.google.issuer,
      audience: CLIENT.clientId,
    });
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({ sub: BOB.sub, email: BOB.email, email_verified: true, nonce: 'a-nonce' });
  });

  it('is all that a plain sign-in needs, by discovery', async () => {
    const response = await fetch(`${stand.google.issuer}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: stand.google.issuer,
      authorization_endpoint: stand.google.authUrl,
      token_endpoint: stand.google.tokenUrl,
      jwks_uri: stand.google.jwksUrl,
      revocation_endpoint: stand.google.revokeUrl,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
    const query = { scope: 'openid email', access_type: 'online' };
    const { token } = await connect(stand.google, { account: ANN.email, query });
    expect(token.body).not.toHaveProperty('refresh_token');
    expect(await calendarStatus(token.body['access_token'])).toBe(403);
  });
});

describe('refresh tokens', () => {
  it('come with the first consent, and never again without prompt=consent', async () => {
    const cookies: CookieJar = new Map();
    const query = { prompt: '' };
    const first = await connect(stand.google, { account: ANN.email, query, cookies });
    expect(first.token.body).toHaveProperty('refresh_token');
    const again = await connect(stand.google, { account: ANN.email, query, cookies });
    expect(again.token.status).toBe(200);
    expect(again.token.body).not.toHaveProperty('refresh_token');
    const otherBrowser = await connect(stand.google, { account: ANN.email, query });
    expect(otherBrowser.token.body).not.toHaveProperty('refresh_token');
    const asked = await connect(stand.google, { account: ANN.email, cookies });
    expect(asked.token.body).toHaveProperty('refresh_token');
  });

  it('never come without access_type=offline', async () => {
    const { token } = await connect(stand.google, { account: ANN.email, query: { access_type: 'online' } });
    expect(token.body).not.toHaveProperty('refresh_token');
  });

  it('give access tokens again and again, and themselves not once more', async () => {
    const { token } = await connect(stand.google, { account: ANN.email });
    for (let round = 0; round < 2; round += 1) {
      const renewed = await refresh(token.body['refresh_token']);
      expect(renewed.status).toBe(200);
      expect(renewed.body).not.toHaveProperty('refresh_token');
      expect(scopesOf(renewed.body)).toEqual(scopesOf(token.body));
      expect(await calendarStatus(renewed.body['access_token'])).toBe(200);
    }
  });

  it('are refused in the words of Google when unknown', async () => {
    expect(await refresh('unknown')).toEqual({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
    });
  });
});

describe('access tokens', () => {
  it('end when their time has come, by the clock that the stand-in was given', async () => {
    const token = await accessTokenOf(stand.google, ANN.email);
    stand.clock.advance(3_599_000);
    expect(await calendarStatus(token)).toBe(200);
    stand.clock.advance(1_000);
    const client = createGoogleClient(stand.google, token);
    expect(await refusalOf(client.events.list({ calendarId: 'primary' }))).toEqual({
      status: 401,
      reason: 'authError',
      message: 'Invalid Credentials',
    });
  });

  it('can be made to end at once, while their refresh token lives', async () => {
    const { token } = await connect(stand.google, { account: ANN.email });
    stand.google.expireAccessTokens();
    expect(await calendarStatus(token.body['access_token'])).toBe(401);
    const renewed = await refresh(token.body['refresh_token']);
    expect(await calendarStatus(renewed.body['access_token'])).toBe(200);
  });

  it('are needed: none and an unknown one are 401, each in its own words', async () => {
    const response = await fetch(`${stand.google.calendarUrl}/users/me/calendarList`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: { code: 401, status: 'UNAUTHENTICATED', errors: [{ reason: 'required', message: 'Login Required.' }] },
    });
    expect(await calendarStatus('ya29.unknown')).toBe(401);
  });

  const calendarsPath = 'users/me/calendarList';
  it.each([
    ['calendar.events', { events: 200, [calendarsPath]: 403, freeBusy: 403, insert: 200 }],
    ['calendar.events.readonly', { events: 200, [calendarsPath]: 403, freeBusy: 403, insert: 403 }],
    ['calendar.events.owned', { events: 200, [calendarsPath]: 403, freeBusy: 403, insert: 200 }],
    ['calendar.freebusy', { events: 403, [calendarsPath]: 403, freeBusy: 200, insert: 403 }],
    ['calendar.events.freebusy', { events: 200, [calendarsPath]: 403, freeBusy: 200, insert: 403 }],
    ['calendar.calendarlist.readonly', { events: 403, [calendarsPath]: 200, freeBusy: 403, insert: 403 }],
    ['calendar.readonly', { events: 200, [calendarsPath]: 200, freeBusy: 200, insert: 403 }],
    ['calendar.app.created', { events: 403, [calendarsPath]: 403, freeBusy: 403, insert: 403 }],
  ])('open with the scope %s what Google opens with it, method by method', async (scope, expected) => {
    const token = await accessTokenOf(stand.google, ANN.email, `https://www.googleapis.com/auth/${scope}`);
    const client = createGoogleClient(stand.google, token);
    const day = { start: { date: '2026-12-01' }, end: { date: '2026-12-02' } };
    const window = { timeMin: '2026-12-01T00:00:00Z', timeMax: '2026-12-02T00:00:00Z' };
    const status = async (call: Promise<{ readonly status: number }>) =>
      call.then(
        (answer) => answer.status,
        (error: { readonly status: number }) => error.status,
      );
    expect({
      events: await status(client.events.list({ calendarId: 'primary' })),
      [calendarsPath]: await status(client.calendarList.list()),
      freeBusy: await status(client.freebusy.query({ requestBody: window })),
      insert: await status(client.events.insert({ calendarId: 'primary', requestBody: day })),
    }).toEqual(expected);
  });

  it('that lack a scope are told so in Google’s words', async () => {
    const client = createGoogleClient(stand.google, await accessTokenOf(stand.google, ANN.email, FREEBUSY));
    expect(await refusalOf(client.events.list({ calendarId: 'primary' }))).toEqual({
      status: 403,
      reason: 'insufficientPermissions',
      message: 'Insufficient Permission',
    });
  });
});

describe('revocation', () => {
  const revoke = (token: unknown) =>
    fetch(stand.google.revokeUrl, { method: 'POST', body: new URLSearchParams({ token: String(token) }) });

  it.each(['access_token', 'refresh_token'])('by the %s takes back everything of that app and person', async (kind) => {
    const { token } = await connect(stand.google, { account: ANN.email });
    const other = await connect(stand.google, { account: ANN.email });
    const bobs = await connect(stand.google, { account: BOB.email });
    expect((await revoke(token.body[kind])).status).toBe(200);
    for (const { body } of [token, other.token]) {
      expect(await calendarStatus(body['access_token'])).toBe(401);
      expect(await refresh(body['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await calendarStatus(bobs.token.body['access_token'])).toBe(200);
    const again = await revoke(token.body[kind]);
    expect([again.status, await again.json()]).toEqual([
      400,
      { error: 'invalid_token', error_description: 'Token expired or revoked' },
    ]);
  });

  it('is followed by a fresh consent with a fresh refresh token', async () => {
    const cookies: CookieJar = new Map();
    const query = { prompt: '' };
    const { token } = await connect(stand.google, { account: ANN.email, query, cookies });
    await revoke(token.body['refresh_token']);
    const fresh = await connect(stand.google, { account: ANN.email, query, cookies });
    expect(fresh.token.body).toHaveProperty('refresh_token');
  });

  it('by the person at Google ends every app of that account', async () => {
    const { token } = await connect(stand.google, { account: ANN.email });
    expect(stand.google.revokeAccount(ANN.email)).toBe(true);
    expect(stand.google.revokeAccount('nobody@example.com')).toBe(false);
    expect(await refresh(token.body['refresh_token'])).toMatchObject({ status: 400 });
  });
});
