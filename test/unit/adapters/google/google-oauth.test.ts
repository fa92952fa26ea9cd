import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createGoogleOAuth } from '../../../../src/adapters/google/google-oauth.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { OutsideRequest } from '../../../../src/ports/outside-client.ts';
import { createTestClock } from '../../../support/clock.ts';

// What the adapter sends, and what it believes of what comes back: ID tokens and answers that no honest Google gives.

const ISSUER = 'https://accounts.google.com';
const CLIENT_ID = 'client-id';
const NONCE = 'the-nonce';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: Keys;
let otherKeys: Keys;
beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  otherKeys = await generateKeyPair('RS256');
});

/** Over the usual claims; `undefined` leaves one out. */
type Claims = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

function setUp() {
  const clock = createTestClock();
  const requests: OutsideRequest[] = [];
  const state: { answer: Answer; jwks: unknown; jwksStatus: number } = {
    answer: { body: {} },
    jwks: {},
    jwksStatus: 200,
  };
  const google = createGoogleOAuth({
    clientId: CLIENT_ID,
    clientSecret: createSecret('client-canary'),
    issuer: ISSUER,
    authUrl: `${ISSUER}/o/oauth2/v2/auth`,
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revokeUrl: 'https://oauth2.googleapis.com/revoke',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    clock,
    http: {
      async send(request) {
        requests.push(request);
        const isKeys = request.url.endsWith('/certs');
        const { status = 200, body } = isKeys ? { status: state.jwksStatus, body: state.jwks } : state.answer;
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        return { status, headers: {}, body: new TextEncoder().encode(text) };
      },
    },
  });
  const publish = async (pair: Keys, kid = 'key-1'): Promise<void> => {
    state.jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }] };
  };
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);
  const idToken = async (over: Claims = {}, pair = keys, kid = 'key-1'): Promise<string> => {
    const usual = {
      iss: ISSUER,
      aud: CLIENT_ID,
      sub: '1100',
      nonce: NONCE,
      iat: nowSeconds(),
      exp: nowSeconds() + 3_600,
    };
    const claims = Object.fromEntries(Object.entries({ ...usual, ...over }).filter(([, value]) => value !== undefined));
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(pair.privateKey);
  };
  const exchange = () =>
    google.exchangeCode({ code: 'code-canary', codeVerifier: 'v', redirectUri: 'https://r', nonce: NONCE });
  const answerWith = (token: unknown): void => {
    state.answer = { body: { access_token: 'access-canary', expires_in: 3599, scope: 'openid a  b', id_token: token } };
  };
  return { google, clock, requests, state, publish, idToken, exchange, answerWith, nowSeconds };
}

describe('the page where a person consents', () => {
  it('is asked for exactly what is needed, offline, with PKCE, state and nonce', () => {
    const { google } = setUp();
    const url = new URL(
      google.authorizationUrl({
        state: 's&1',
        nonce: 'n',
        codeChallenge: 'c',
        redirectUri: 'https://oauth.example.com/oauth/google/callback',
        scopes: ['https://www.googleapis.com/auth/calendar.events', 'email'],
        loginHint: 'someone@example.com',
      }),
    );
    expect(url.origin + url.pathname).toBe(`${ISSUER}/o/oauth2/v2/auth`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: 'https://oauth.example.com/oauth/google/callback',
      scope: 'openid email https://www.googleapis.com/auth/calendar.events',
      state: 's&1',
      nonce: 'n',
      code_challenge: 'c',
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
      login_hint: 'someone@example.com',
    });
  });
});

describe('an exchange', () => {
  it('sends code, verifier and client in the body, once, and never in the URL', async () => {
    const { requests, publish, idToken, exchange, answerWith } = setUp();
    await publish(keys);
    answerWith(await idToken());
    await exchange();
    const [sent] = requests;
    expect(sent).toMatchObject({ method: 'POST', url: 'https://oauth2.googleapis.com/token', retry: false });
    expect(Object.fromEntries(new URLSearchParams(String(sent?.body)))).toEqual({
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      client_secret: 'client-canary',
      code: 'code-canary',
      code_verifier: 'v',
      redirect_uri: 'https://r',
    });
  });

  it('answers tokens, scopes and account', async () => {
    const { publish, idToken, exchange, answerWith, clock } = setUp();
    await publish(keys);
    answerWith(await idToken({ email: 'a@example.com', email_verified: true }));
    expect(await exchange()).toEqual({
      accessToken: 'access-canary',
      expiresAtMs: clock.nowMs() + 3_599_000,
      scopes: ['openid', 'a', 'b'],
      sub: '1100',
      email: 'a@example.com',
    });
  });

  it.each([
    { email: 'a@example.com' },
    { email: 'a@example.com', email_verified: false },
    { email: 7, email_verified: true },
  ])('keeps no address that Google does not vouch for: %j', async (claims) => {
    const { publish, idToken, exchange, answerWith } = setUp();
    await publish(keys);
    answerWith(await idToken(claims));
    expect(await exchange()).not.toHaveProperty('email');
  });

  it.each([
    ['Google’s issuer without its scheme', { iss: 'accounts.google.com' }],
    ['our client as the authorised party', { azp: CLIENT_ID }],
    ['one of several audiences', { aud: [CLIENT_ID, 'other'], azp: CLIENT_ID }],
  ])('believes an ID token with %s', async (_, claims) => {
    const { publish, idToken, exchange, answerWith } = setUp();
    await publish(keys);
    answerWith(await idToken(claims));
    expect(await exchange()).toMatchObject({ sub: '1100' });
  });
});

describe('an ID token', () => {
  const hour = 3_600;
  it.each<[string, (now: number) => Claims]>([
    ['of another issuer', () => ({ iss: 'https://accounts.example.com' })],
    ['of an issuer that begins alike', () => ({ iss: `${ISSUER}.example.com` })],
    ['for another client', () => ({ aud: 'other' })],
    ['for another authorised party', () => ({ azp: 'other' })],
    ['with another nonce', () => ({ nonce: 'other' })],
    ['without a nonce', () => ({ nonce: undefined })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['without an end', () => ({ exp: undefined })],
    ['that has ended', (now) => ({ exp: now - 31, iat: now - hour })],
    ['that has not begun', (now) => ({ nbf: now + hour })],
  ])('is refused: %s', async (_, claims) => {
    const { publish, idToken, exchange, answerWith, nowSeconds } = setUp();
    await publish(keys);
    answerWith(await idToken(claims(nowSeconds())));
    await expect(exchange()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is refused when unsigned, signed by another key, or by our own client secret', async () => {
    const { publish, idToken, exchange, answerWith } = setUp();
    await publish(keys);
    const payload = { iss: ISSUER, aud: CLIENT_ID, sub: '1', nonce: NONCE, iat: 1, exp: 9_999_999_999 };
    const hmac = new SignJWT(payload).setProtectedHeader({ alg: 'HS256' });
    const forged = [
      undefined,
      '',
      'garbage',
      new UnsecuredJWT(payload).encode(),
      await idToken({}, otherKeys),
      await hmac.sign(new TextEncoder().encode('client-canary')),
    ];
    for (const token of forged) {
      answerWith(token);
      await expect(exchange()).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('is no reason to show what it says', async () => {
    const { publish, idToken, exchange, answerWith } = setUp();
    await publish(keys);
    answerWith(await idToken({ nonce: 'other', email: 'canary@example.com' }));
    const error: unknown = await exchange().catch((cause: unknown) => cause);
    expect(inspect(error, { depth: 10 })).not.toContain('canary');
  });
});

describe('the signing keys', () => {
  it('are fetched once for many sign-ins, and again after an hour', async () => {
    const { publish, idToken, exchange, answerWith, requests, clock } = setUp();
    await publish(keys);
    const fetched = (): number => requests.filter(({ url }) => url.endsWith('/certs')).length;
    answerWith(await idToken());
    await Promise.all(Array.from({ length: 5 }, exchange));
    expect(fetched()).toBe(1);
    clock.advance(3_600_000);
    answerWith(await idToken());
    await exchange();
    expect(fetched()).toBe(2);
  });

  it('are fetched again for a key id nobody knows, but not for each one', async () => {
    const { publish, idToken, exchange, answerWith, requests, clock } = setUp();
    const fetched = (): number => requests.filter(({ url }) => url.endsWith('/certs')).length;
    await publish(keys);
    answerWith(await idToken());
    await exchange();
    await publish(otherKeys, 'key-2');
    clock.advance(30_000);
    answerWith(await idToken({}, otherKeys, 'key-2'));
    expect(await exchange()).toMatchObject({ sub: '1100' });
    for (let n = 0; n < 5; n += 1) {
      answerWith(await idToken({}, otherKeys, `made-up-${n}`));
      await expect(exchange()).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(fetched()).toBe(2);
  });

  it.each([
    ['an error', 500, {}],
    ['no keys', 200, { other: 1 }],
    ['no JSON', 200, 'garbage'],
  ])('that cannot be had are Google’s failure, not the person’s: %s', async (_, status, body) => {
    const { idToken, exchange, answerWith, state } = setUp();
    state.jwks = body;
    state.jwksStatus = status;
    answerWith(await idToken());
    await expect(exchange()).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

describe('odd answers', () => {
  it.each([
    ['success without JSON', { body: 'garbage' }],
    ['success without a token', { body: {} }],
    ['success with an empty token', { body: { access_token: '' } }],
    ['success with a token that is no text', { body: { access_token: 1 } }],
    ['an error without JSON', { status: 400, body: '<html>' }],
    ['an error that is no text', { status: 400, body: { error: { error: 'invalid_grant' } } }],
    ['invalid_grant with a status that is not 400', { status: 503, body: { error: 'invalid_grant' } }],
    ['a redirect', { status: 302, body: '' }],
  ])('to a refresh are a failure, never the end of a connection: %s', async (_, answer) => {
    const { google, state } = setUp();
    state.answer = answer;
    await expect(google.refresh(createSecret('refresh-canary'))).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  it.each([undefined, 'soon', -5, 0, Number.MAX_VALUE * 10])(
    'about the lifetime mean a short one: %p',
    async (life) => {
      const { google, state, clock } = setUp();
      state.answer = { body: { access_token: 'a', expires_in: life } };
      const refreshed = await google.refresh(createSecret('refresh-canary'));
      expect(refreshed).toMatchObject({ ok: true, value: { expiresAtMs: clock.nowMs() + 300_000 } });
    },
  );

  it('quote no code, token or secret in the fault', async () => {
    const { google, state } = setUp();
    for (const error of ['invalid_client', 'other', 'invalid_scope']) {
      state.answer = { status: 401, body: { error, error_description: 'canary of the answer' } };
      const fault: unknown = await google.refresh(createSecret('refresh-canary')).catch((cause: unknown) => cause);
      expect(inspect(fault, { depth: 10 })).not.toContain('canary');
    }
  });
});
