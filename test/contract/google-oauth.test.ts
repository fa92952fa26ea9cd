import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createGoogleOAuth, type GoogleOAuth } from '../../src/adapters/google/google-oauth.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { approveConsent } from '../../src/local/google/visit-consent.ts';
import { createGoogleTokens } from '../../src/vault/google-tokens.ts';
import {
  ANN,
  BOB,
  CALENDAR_SCOPE,
  CLIENT,
  REDIRECT_URI,
  startTestGoogle,
  type TestGoogle,
} from '../support/google-stand-in.ts';
import { createTestLog } from '../support/log.ts';
import { ALICE, createEntry, createTestVault, put, systemRandom } from '../support/vault.ts';

// The way of a connection over real sockets against the stand-in Google, whose sign-in is oidc-provider's: consent, code, refresh, revocation.

const EVENTS = `${CALENDAR_SCOPE}.events`;
const FREEBUSY = `${CALENDAR_SCOPE}.freebusy`;
const clock = { nowMs: () => Date.now() };
const log = createTestLog();

let stand: TestGoogle;
let outside: ReturnType<typeof createOutsideClient>;
let google: GoogleOAuth;
beforeEach(async () => {
  stand = await startTestGoogle();
  const hosts = [new URL(stand.google.url).host];
  outside = createOutsideClient({ clock, random: systemRandom, log, allow: { hosts } });
  google = connectTo(CLIENT.clientSecret);
});
afterEach(async () => {
  outside.close();
  await stand.google.close();
});

function connectTo(clientSecret: string): GoogleOAuth {
  const { issuer, authUrl, tokenUrl, revokeUrl, jwksUrl } = stand.google;
  return createGoogleOAuth({
    clientId: CLIENT.clientId,
    clientSecret: createSecret(clientSecret),
    issuer,
    authUrl,
    tokenUrl,
    revokeUrl,
    jwksUrl,
    http: outside,
    clock,
  });
}

interface Visit {
  readonly code: string;
  readonly codeVerifier: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

async function consent(account = ANN.email, untick: readonly string[] = []): Promise<Visit> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const authorizationUrl = google.authorizationUrl({
    state: 'a-state',
    nonce,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    redirectUri: REDIRECT_URI,
    scopes: [EVENTS, FREEBUSY],
  });
  const callback = new URL(await approveConsent({ authorizationUrl, account, untick }));
  expect(callback.searchParams.get('state')).toBe('a-state');
  return { code: callback.searchParams.get('code') ?? '', codeVerifier, nonce, redirectUri: REDIRECT_URI };
}

describe('a code', () => {
  it('becomes tokens of the account that consented, with the scopes that were ticked', async () => {
    const connection = await google.exchangeCode(await consent(ANN.email, ['calendar.events']));
    expect(connection).toMatchObject({
      sub: ANN.sub,
      email: ANN.email,
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
    });
    expect(connection.scopes).toContain(FREEBUSY);
    expect(connection.scopes).not.toContain(EVENTS);
    expect(Math.abs(connection.expiresAtMs - Date.now() - 3_600_000)).toBeLessThan(30_000);
  });

  it.each<[string, (visit: Visit) => Visit]>([
    ['made up', (visit) => ({ ...visit, code: 'made-up' })],
    ['with another verifier (PKCE)', (visit) => ({ ...visit, codeVerifier: randomBytes(32).toString('base64url') })],
    ['for another redirect URI', (visit) => ({ ...visit, redirectUri: `${REDIRECT_URI}/other` })],
  ])('is refused: %s', async (_, change) => {
    const visit = await consent();
    await expect(google.exchangeCode(change(visit))).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is refused the second time', async () => {
    const visit = await consent();
    await google.exchangeCode(visit);
    await expect(google.exchangeCode(visit)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is worth nothing with an ID token of another visit', async () => {
    const visit = await consent();
    await expect(google.exchangeCode({ ...visit, nonce: 'of another visit' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('is not exchanged by a client whose secret is wrong, which is our configuration’s fault', async () => {
    const visit = await consent();
    await expect(connectTo('wrong').exchangeCode(visit)).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

describe('a refresh token', () => {
  it('gives new access tokens, and never counts a wrong client secret against the person', async () => {
    const { refreshToken = '', accessToken } = await google.exchangeCode(await consent());
    const refreshed = await google.refresh(createSecret(refreshToken));
    expect(refreshed).toMatchObject({ ok: true, value: { accessToken: expect.any(String) } });
    expect(refreshed.ok && refreshed.value.accessToken).not.toBe(accessToken);
    await expect(connectTo('wrong').refresh(createSecret(refreshToken))).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });

  it('is finally refused once the person removed the app, and when it never was one', async () => {
    const { refreshToken = '' } = await google.exchangeCode(await consent());
    stand.google.revokeAccount(ANN.email);
    expect(await google.refresh(createSecret(refreshToken))).toEqual({ ok: false, reason: 'invalid_grant' });
    expect(await google.refresh(createSecret('never'))).toEqual({ ok: false, reason: 'invalid_grant' });
  });

  it.each([429, 500, 503])('is not refused by an answer that is not about it: %d', async (status) => {
    const { refreshToken = '' } = await google.exchangeCode(await consent());
    stand.google.faults.next({ match: { pathIncludes: '/token' }, status, times: 20 });
    await expect(google.refresh(createSecret(refreshToken))).rejects.toMatchObject({ code: 'upstream_failed' });
    stand.google.faults.clear();
    expect((await google.refresh(createSecret(refreshToken))).ok).toBe(true);
  });

  it('is asked with again after one 503', async () => {
    const { refreshToken = '' } = await google.exchangeCode(await consent());
    stand.google.faults.next({ match: { pathIncludes: '/token' }, status: 503 });
    expect((await google.refresh(createSecret(refreshToken))).ok).toBe(true);
  });
});

describe('a revocation', () => {
  it('ends the refresh token, also when it is asked for twice', async () => {
    const { refreshToken = '' } = await google.exchangeCode(await consent());
    await google.revoke(refreshToken);
    expect(await google.refresh(createSecret(refreshToken))).toEqual({ ok: false, reason: 'invalid_grant' });
    await google.revoke(refreshToken);
  });

  it('says so when Google cannot be told', async () => {
    stand.google.faults.next({ match: { pathIncludes: '/revoke' }, status: 500, times: 20 });
    await expect(google.revoke('any')).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});

describe('the vault and Google together', () => {
  it('give a person a fresh token after the old one ended, and a tombstone after Google’s last word', async () => {
    const { vault, store } = createTestVault();
    const { refreshToken = '', scopes, sub } = await google.exchangeCode(await consent(BOB.email));
    const expired = createEntry({ ...stand.clock }, { refreshToken, scopes, sub, expiresAt: 1 });
    await put(vault, ALICE, expired);
    const tokens = createGoogleTokens({
      vault,
      store,
      refresh: google.refresh,
      clock,
      random: systemRandom,
      reconnectUrl: 'https://oauth.example.com/connect/google',
      log,
    });
    const { accessToken } = await tokens.access(ALICE);
    const headers = { authorization: `Bearer ${accessToken}` };
    const calendar = await fetch(`${stand.google.calendarUrl}/calendars/primary/events`, { headers });
    expect(calendar.status).toBe(200);
    await calendar.body?.cancel();
    stand.google.revokeAccount(BOB.email);
    await expect(tokens.access(ALICE, { rejected: accessToken })).rejects.toMatchObject({ code: 'reconnect_required' });
    expect((await vault.read('google', ALICE)).state).toBe('revoked');
  });
});
