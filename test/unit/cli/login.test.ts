import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createIssuerClient } from '../../../src/cli/client/issuer.ts';
import { loginByBrowser, loginByDevice } from '../../../src/cli/client/login.ts';
import { findWay } from '../../../src/cli/client/sign-in-ways.ts';
import { createTransport } from '../../../src/cli/client/transport.ts';
import { type AppServer, startAppServer } from '../../support/http-app-server.ts';

// The command's side of a sign-in, before an issuer that says whatever a test wants, and a listener that anybody on this computer may ask.

let issuer: AppServer;
/** Forms that were posted, with their path. */
let posted: (readonly [string, URLSearchParams])[];
let answers: Map<string, { readonly status: number; readonly body: unknown }>;
const good = { access_token: 'access', token_type: 'Bearer', expires_in: 600, refresh_token: 'refresh' };

beforeEach(async () => {
  posted = [];
  issuer = await startAppServer(async ({ method, path, body }) => {
    if (method === 'POST') posted.push([path, new URLSearchParams(new TextDecoder().decode(body))]);
    const { status, body: answer } = answers.get(path) ?? { status: 404, body: {} };
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return { status, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(text) };
  });
  const { url } = issuer;
  answers = new Map([
    [
      '/.well-known/openid-configuration',
      {
        status: 200,
        body: {
          issuer: url,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
          device_authorization_endpoint: `${url}/device`,
          authorization_response_iss_parameter_supported: true,
        },
      },
    ],
    ['/token', { status: 200, body: good }],
  ]);
});
afterEach(() => issuer.close());

const client = createIssuerClient({ transport: createTransport(), nowMs: () => 1_000_000 });
const WISH = { clientId: 'cli', scopes: ['openid', 'calendar.read'], resource: 'https://agent.example.com' };

interface Knock {
  readonly path?: string;
  readonly host?: string;
  readonly method?: string;
}
/** A visit to the listener. */
function knock(redirect: string, query: Readonly<Record<string, string>>, over: Knock = {}): Promise<number> {
  const url = new URL(redirect);
  const path = `${over.path ?? url.pathname}?${new URLSearchParams(query)}`;
  return new Promise((resolve, reject) => {
    const headers = { host: over.host ?? url.host };
    const sent = request({ host: '127.0.0.1', port: url.port, method: over.method ?? 'GET', path, headers });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.end();
  });
}

/** Begins a sign-in; `visit` is what comes to the listener. */
async function begin(visit: (redirect: string, asked: URLSearchParams) => Promise<void>) {
  const metadata = await client.discover(issuer.url);
  return loginByBrowser(metadata, WISH, {
    client,
    nowMs: () => 1_000_000,
    open: async (url) => {
      const asked = new URL(url).searchParams;
      await visit(asked.get('redirect_uri') ?? '', asked);
    },
  });
}

describe('the sign-in by a browser', () => {
  it('brings the code of its own flow, with PKCE, to the issuer it began at', async () => {
    let challenge: string | null = null;
    const tokens = await begin(async (redirect, asked) => {
      challenge = asked.get('code_challenge');
      expect(Object.fromEntries(asked)).toMatchObject({
        response_type: 'code',
        client_id: 'cli',
        scope: 'openid calendar.read',
        code_challenge_method: 'S256',
        resource: WISH.resource,
      });
      expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
      const state = asked.get('state') ?? '';
      expect(await knock(redirect, { code: 'c', state, iss: issuer.url })).toBe(200);
    });
    expect(tokens).toEqual({ accessToken: 'access', refreshToken: 'refresh', expiresAtMs: 1_600_000 });
    const [[path, form] = ['', new URLSearchParams()]] = posted;
    expect([path, form.get('code'), form.get('grant_type')]).toEqual(['/token', 'c', 'authorization_code']);
    const { createHash } = await import('node:crypto');
    const verifier = form.get('code_verifier') ?? '';
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge);
  });

  it('is not ended, or helped, by visits that are not the issuer’s answer', async () => {
    const tokens = await begin(async (redirect, asked) => {
      const state = asked.get('state') ?? '';
      const answer = { code: 'c', state, iss: issuer.url };
      const strange: readonly (readonly [Record<string, string>, Knock])[] = [
        [{ ...answer, state: 'another' }, {}],
        [{ code: 'c' }, {}],
        [{ error: 'access_denied' }, {}],
        [answer, { path: '/' }],
        [answer, { method: 'POST' }],
        [answer, { host: 'evil.example.com' }],
        [answer, { host: 'localhost' }],
      ];
      for (const [query, over] of strange) expect(await knock(redirect, query, over)).toBe(404);
      expect(await knock(redirect, answer, { path: '//' })).toBe(404);
      expect(posted).toEqual([]);
      expect(await knock(redirect, answer)).toBe(200);
    });
    expect(tokens.accessToken).toBe('access');
  });

  it.each([
    ['another issuer’s answer', { code: 'c', iss: 'https://evil.example.com' }, 'another sign-in provider'],
    ['an answer without its issuer, though it promises to name itself', { code: 'c' }, 'another sign-in provider'],
  ])('refuses %s (mix-up)', async (_, query, words) => {
    const ended = begin(async (redirect, asked) => {
      expect(await knock(redirect, { ...query, state: asked.get('state') ?? '' })).toBe(400);
    });
    await expect(ended).rejects.toThrow(words);
    expect(posted).toEqual([]);
  });

  it('ends with the issuer’s refusal', async () => {
    const ended = begin(async (redirect, asked) => {
      await knock(redirect, { error: 'access_denied', state: asked.get('state') ?? '', iss: issuer.url });
    });
    await expect(ended).rejects.toMatchObject({ code: 'access_denied' });
  });

  it('listens no longer once it is over', async () => {
    let listener = '';
    await begin(async (redirect, asked) => {
      listener = redirect;
      await knock(redirect, { code: 'c', state: asked.get('state') ?? '', iss: issuer.url });
    });
    await expect(knock(listener, {})).rejects.toThrow('ECONNREFUSED');
  });
});

describe('what an issuer says', () => {
  it.each([
    [
      'another issuer’s description',
      { issuer: 'https://evil.example.com', token_endpoint: 'https://evil.example.com/t' },
    ],
    ['a description without a token endpoint', { issuer: 'self' }],
    ['no description', '<html>'],
  ])('is not believed when it is %s', async (_, body) => {
    answers.set('/.well-known/openid-configuration', { status: 200, body });
    await expect(client.discover(issuer.url)).rejects.toMatchObject({ name: 'AppError' });
  });

  it.each([
    ['a token of another kind', { ...good, token_type: 'DPoP' }],
    ['a token that breaks a header', { ...good, access_token: 'a\r\nx-evil: 1' }],
    ['no token', {}],
    ['no JSON', 'token'],
    ['an endless answer', 'x'.repeat(300_000)],
  ])('is no token when it is %s', async (_, body) => {
    answers.set('/token', { status: 200, body });
    await expect(client.requestToken(`${issuer.url}/token`, {})).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  it('goes nowhere in the clear', async () => {
    await expect(client.requestToken('http://issuer.example.com/token', {})).rejects.toMatchObject({
      code: 'misconfigured',
    });
    await expect(client.discover('http://issuer.example.com')).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

describe('the sign-in by a code', () => {
  async function device(replies: readonly { readonly status: number; readonly body: unknown }[], expiresIn = 600) {
    answers.set('/device', {
      status: 200,
      body: {
        device_code: 'd',
        user_code: 'ABCD',
        verification_uri: `${issuer.url}/go`,
        expires_in: expiresIn,
        interval: 2,
      },
    });
    const waits: number[] = [];
    let nowMs = 1_000_000;
    const left = [...replies];
    const metadata = await client.discover(issuer.url);
    const shown: unknown[] = [];
    const ended = loginByDevice(metadata, WISH, {
      client,
      nowMs: () => nowMs,
      wait: async (ms) => {
        waits.push(ms);
        nowMs += ms;
        answers.set('/token', left.shift() ?? { status: 400, body: { error: 'authorization_pending' } });
      },
      show: (code) => shown.push(code),
    });
    return { ended, waits, shown };
  }
  const refused = (error: string) => ({ status: 400, body: { error } });

  it('asks as often as it may, more slowly when told so, until there is a token', async () => {
    const { ended, waits, shown } = await device([
      refused('authorization_pending'),
      refused('slow_down'),
      refused('authorization_pending'),
      { status: 200, body: good },
    ]);
    expect((await ended).accessToken).toBe('access');
    expect(waits).toEqual([2000, 2000, 7000, 7000]);
    expect(shown).toEqual([{ url: `${issuer.url}/go`, userCode: 'ABCD' }]);
  });

  it.each(['access_denied', 'expired_token', 'invalid_client'])('ends with %s', async (error) => {
    const { ended } = await device([refused(error)]);
    await expect(ended).rejects.toMatchObject({ code: error });
  });

  it('ends when the code’s time is over', async () => {
    const { ended, waits } = await device([], 5);
    await expect(ended).rejects.toMatchObject({ code: 'timed_out' });
    expect(waits).toEqual([2000, 2000, 2000]);
  });
});

describe('where an Agent API says that one signs in', () => {
  const way = { issuer: 'https://login.example.com', alias: 'work', client_id: 'cli', scopes: ['openid'] };
  const serve = (logins: readonly unknown[], resource = issuer.url): void => {
    const body = { resource, sallyport_logins: logins };
    answers.set('/.well-known/oauth-protected-resource', { status: 200, body });
  };
  const find = (flags: Parameters<typeof findWay>[1] = {}) => findWay({ url: issuer.url }, flags);

  it('is the one way there is, or the one that is named', async () => {
    serve([way]);
    expect(await find()).toMatchObject({ issuer: way.issuer, clientId: 'cli', scopes: ['openid'] });
    serve([way, { ...way, issuer: 'https://other.example.com', alias: 'other' }]);
    await expect(find()).rejects.toThrow('work (https://login.example.com), other (https://other.example.com)');
    expect(await find({ issuer: 'other', scopes: 'openid  email' })).toMatchObject({
      issuer: 'https://other.example.com',
      scopes: ['openid', 'email'],
    });
  });

  it('is not believed of a server that describes another one: it would be handed that one’s tokens', async () => {
    serve([way], 'https://agent.example.com');
    await expect(find()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is nowhere, where there is none', async () => {
    serve([]);
    await expect(find()).rejects.toThrow('signs nobody in');
  });

  it('is not asked when the command line says everything', async () => {
    expect(await find({ issuer: 'https://login.example.com', clientId: 'mine' })).toEqual({
      issuer: 'https://login.example.com',
      clientId: 'mine',
      scopes: ['openid', 'offline_access'],
    });
  });
});
