import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createOutsideClient } from '../../../src/adapters/http/outside-client.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { createSignIn } from '../../../src/oauth/sign-in.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { createTestLog } from '../../support/log.ts';

// A provider that lies: real HTTP and real keys, and ID tokens as the test wants them. What honest providers do is in test/handler/oauth-sign-in.

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let server: Server;
let issuer: string;
let keys: Keys;
let clock: TestClock;
/** What the provider says next. */
let says: { idToken: string; tokenStatus: number; tokenBody: object | undefined; issuer: string; jwks: object[] };
let asked: { readonly path: string; readonly body: string; readonly authorization: string | undefined }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      asked.push({ path, body: Buffer.concat(chunks).toString(), authorization: request.headers.authorization });
      const answers: Record<string, object> = {
        '/.well-known/openid-configuration': {
          issuer: says.issuer,
          authorization_endpoint: `${issuer}/authorize?tenant=7`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
        },
        '/keys': { keys: says.jwks },
        '/token': says.tokenBody ?? { id_token: says.idToken, access_token: 'x', token_type: 'Bearer' },
      };
      response.writeHead(path === '/token' ? says.tokenStatus : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answers[path] ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  keys = await generateKeyPair('ES256', { extractable: true });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function jwk(pair: Keys, kid: string): Promise<object> {
  return { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' };
}

beforeEach(async () => {
  clock = createTestClock();
  asked = [];
  says = { idToken: '', tokenStatus: 200, tokenBody: undefined, issuer, jwks: [await jwk(keys, 'k1')] };
});

const CLIENT_ID = 'sallyport';

function createSubject() {
  const http = createOutsideClient({
    clock,
    random: { bytes: (count) => randomBytes(count) },
    log: createTestLog(),
    allow: { hosts: [new URL(issuer).host] },
  });
  return createSignIn({ issuer, alias: 'work', clientId: CLIENT_ID, clientSecret: createSecret('s:%'), http, clock });
}

async function token(claims: Readonly<Record<string, unknown>> = {}, pair: Keys = keys, kid = 'k1'): Promise<string> {
  const now = Math.floor(clock.nowMs() / 1000);
  const base = { iss: issuer, aud: CLIENT_ID, sub: 'user-1', nonce: 'the nonce', iat: now, exp: now + 300 };
  return new SignJWT({ ...base, ...claims } as JWTPayload)
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(pair.privateKey);
}

const exchange = {
  code: 'c',
  codeVerifier: 'v',
  redirectUri: 'https://oauth.test/sign-in/callback',
  nonce: 'the nonce',
};

describe('an ID token', () => {
  it('of the provider names one identity', async () => {
    says.idToken = await token({ name: 'Ann' });
    expect(await createSubject().exchangeCode(exchange)).toEqual({ identity: 'oidc:work:user-1', label: 'Ann' });
  });

  const lies: readonly (readonly [string, () => Promise<string>])[] = [
    ['of another nonce', () => token({ nonce: 'other' })],
    ['without a nonce', () => token({ nonce: undefined })],
    ['for another client', () => token({ aud: 'other' })],
    ['for several clients without azp', () => token({ aud: [CLIENT_ID, 'other'] })],
    ['with the azp of another client', () => token({ aud: [CLIENT_ID, 'other'], azp: 'other' })],
    ['of another issuer', () => token({ iss: 'https://evil.example' })],
    ['of the issuer with a slash more', () => token({ iss: `${issuer}/` })],
    ['that has expired', () => token({ exp: Math.floor(clock.nowMs() / 1000) - 61 })],
    ['that is not valid yet', () => token({ nbf: Math.floor(clock.nowMs() / 1000) + 120 })],
    ['without an expiry', () => token({ exp: undefined })],
    ['without a subject', () => token({ sub: undefined })],
    ['with an empty subject', () => token({ sub: '' })],
    ['with a subject that breaks a key', () => token({ sub: 'a b\n' })],
    ['with an endless subject', () => token({ sub: 'x'.repeat(256) })],
    ['signed by somebody else', async () => token({}, await generateKeyPair('ES256', { extractable: true }))],
    [
      'without a signature',
      async () => {
        const [, payload] = (await token()).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
      },
    ],
    [
      'signed with a public key as HMAC secret',
      async () => {
        const secret = Buffer.from(JSON.stringify(says.jwks[0]));
        const now = Math.floor(clock.nowMs() / 1000);
        return new SignJWT({ iss: issuer, aud: CLIENT_ID, sub: 'user-1', nonce: 'the nonce', iat: now, exp: now + 300 })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(secret);
      },
    ],
    ['that is none', async () => 'not a token'],
  ];
  it.each(lies)('%s is not believed', async (_, make) => {
    says.idToken = await make();
    await expect(createSubject().exchangeCode(exchange)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('of a new key is believed after one look, but not more than one in half a minute', async () => {
    const signIn = createSubject();
    says.idToken = await token();
    await signIn.exchangeCode(exchange);
    const next = await generateKeyPair('ES256', { extractable: true });
    says.jwks = [await jwk(keys, 'k1'), await jwk(next, 'k2')];
    says.idToken = await token({}, next, 'k2');
    await expect(signIn.exchangeCode(exchange)).rejects.toMatchObject({ code: 'forbidden' });
    clock.advance(30_000);
    says.idToken = await token({}, next, 'k2');
    expect(await signIn.exchangeCode(exchange)).toEqual({ identity: 'oidc:work:user-1' });
    expect(asked.filter(({ path }) => path === '/keys')).toHaveLength(2);
  });
});

describe('the provider', () => {
  it('is not believed under another name', async () => {
    says.issuer = 'https://accounts.evil.example';
    await expect(
      createSubject().authorizationUrl({ state: 's', nonce: 'n', codeChallenge: 'c', redirectUri: 'https://x.test/' }),
    ).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('is asked for a code with state, nonce and challenge, beside its own parameters', async () => {
    const url = await createSubject().authorizationUrl({
      state: 's',
      nonce: 'n',
      codeChallenge: 'c',
      redirectUri: 'https://x.test/',
    });
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      tenant: '7',
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: 'https://x.test/',
      scope: 'openid profile',
      state: 's',
      nonce: 'n',
      code_challenge: 'c',
      code_challenge_method: 'S256',
    });
  });

  it('gets code, verifier and the secret in the header, form-encoded before (RFC 6749 §2.3.1)', async () => {
    says.idToken = await token();
    await createSubject().exchangeCode(exchange);
    const { body, authorization } = asked.find(({ path }) => path === '/token') ?? {};
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: exchange.redirectUri,
      code_verifier: 'v',
    });
    expect(authorization).toBe(`Basic ${Buffer.from('sallyport:s%3A%25').toString('base64')}`);
  });

  it.each([
    [400, { error: 'invalid_grant' }, 'invalid_request'],
    [401, { error: 'invalid_client' }, 'upstream_failed'],
    [503, {}, 'upstream_failed'],
    [400, { error: 'Bad <b>' }, 'upstream_failed'],
    [200, { access_token: 'no id token' }, 'upstream_failed'],
  ])('that answers %i %j means %s', async (tokenStatus, tokenBody, code) => {
    says.tokenStatus = tokenStatus;
    says.tokenBody = tokenBody;
    await expect(createSubject().exchangeCode(exchange)).rejects.toMatchObject({ code });
  });

  it('that was away is asked again, not remembered as away', async () => {
    const signIn = createSubject();
    says.jwks = [{}];
    says.idToken = await token();
    await expect(signIn.exchangeCode(exchange)).rejects.toMatchObject({ code: 'upstream_failed' });
    says.jwks = [await jwk(keys, 'k1')];
    expect(await signIn.exchangeCode(exchange)).toEqual({ identity: 'oidc:work:user-1' });
  });
});
