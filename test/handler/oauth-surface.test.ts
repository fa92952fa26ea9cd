import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFormBrowser } from '../support/form-browser.ts';
import { createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

// What holds for every address: documented, hardened, and clear when it refuses.

let world: OAuthWorld;
beforeAll(async () => {
  world = await createOAuthWorld({ slackSigningSecret: 'a secret of tests' });
});
afterAll(() => world.close());

/** Every operation of the document, read by its indentation: paths at two spaces, methods at four. */
function documented(): readonly string[] {
  const text = readFileSync(new URL('../../docs/openapi/oauth.yaml', import.meta.url), 'utf8');
  const found: string[] = [];
  let path = '';
  for (const line of text.slice(text.indexOf('\npaths:'), text.indexOf('\ncomponents:')).split('\n')) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    const method = /^ {4}(get|post|put|patch|delete):$/.exec(line)?.[1];
    if (method !== undefined) found.push(`${method.toUpperCase()} ${path}`);
  }
  return found;
}

describe('docs/openapi/oauth.yaml', () => {
  it('describes every route, and no other', () => {
    const served = world.app.routes.map((route) => route.replace(/:(\w+)/g, '{$1}'));
    expect(served.length).toBeGreaterThan(20);
    expect([...documented()].sort()).toEqual([...served].sort());
  });
});

const addresses = ['/', '/health', '/connections', '/grants', '/approvals', '/sign-in', '/nowhere', '/connect/google'];

describe('every answer', () => {
  it.each(addresses)('of %s carries the security headers, as page and as JSON', async (path) => {
    for (const accept of ['text/html', 'application/json']) {
      const response = await world.app.fetch(new Request(`${PUBLIC_URL}${path}`, { headers: { accept } }));
      const headers = Object.fromEntries(response.headers);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
      });
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(policy).not.toContain('script-src');
    }
  });

  it('lets a connect page’s form lead to Google and its loopback only', async () => {
    const token = await world.addToken(await world.addPerson('Ann'));
    const { json } = await world.call(token, 'POST', '/connections/google', { loopback: LOOPBACK });
    const { headers } = await createFormBrowser(world).open(json.url);
    const origins = `form-action 'self' ${world.google.url} ${new URL(LOOPBACK).origin};`;
    expect(headers.get('content-security-policy')).toContain(origins);
  });

  it('is a page for browsers and JSON for everybody else, with the same facts', async () => {
    const ask = (accept: string) =>
      world.app.fetch(new Request(`${PUBLIC_URL}/nowhere`, { headers: { accept } }), { requestId: 'req-1' });
    for (const accept of ['*/*', 'application/json', '', 'application/json, text/plain, */*']) {
      expect(await (await ask(accept)).json()).toEqual({
        error: { code: 'not_found', message: 'There is nothing at this address.', request_id: 'req-1' },
      });
    }
    const page = await ask('text/html,application/xhtml+xml,*/*;q=0.8');
    expect(page.status).toBe(404);
    const html = await page.text();
    for (const fact of ['not_found', 'There is nothing at this address.', 'req-1']) expect(html).toContain(fact);
  });

  it('says which methods an address takes', async () => {
    const { status, headers, json } = await world.call(undefined, 'PUT', '/grants');
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, HEAD, POST');
    expect(json.error.code).toBe('method_not_allowed');
  });

  it('refuses a body that is too large, of another kind, or no JSON', async () => {
    const token = await world.addToken(await world.addPerson('Ann'));
    const send = (body: string, type: string) =>
      world.app.fetch(
        new Request(`${PUBLIC_URL}/grants`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': type },
          body,
        }),
      );
    expect((await send(' '.repeat(20_000), 'application/json')).status).toBe(413);
    expect((await send('scopes=calendar.read', 'text/plain')).status).toBe(415);
    expect((await send('{', 'application/json')).status).toBe(400);
    expect((await send('{"scopes":[1]}', 'application/json')).status).toBe(400);
  });
});

describe('on plain http, one’s own machine', () => {
  it('cookies go without `__Host-` and `Secure`, which browsers may refuse there', async () => {
    const publicUrl = 'http://127.0.0.1:8403';
    const local = await createOAuthWorld({ publicUrl });
    try {
      const response = await local.app.fetch(new Request(`${publicUrl}/sign-in`, { headers: { accept: 'text/html' } }));
      const cookie = response.headers.getSetCookie()[0] ?? '';
      expect(cookie).toMatch(/^sallyport-browser=[\w-]{43}; /);
      expect(cookie).toContain('HttpOnly');
      expect(cookie).toContain('SameSite=Lax');
      expect(cookie).not.toContain('Secure');
      expect(response.headers.has('strict-transport-security')).toBe(false);
    } finally {
      await local.close();
    }
  });
});

describe('grants', () => {
  it('are made, changed, listed and taken back by their person', async () => {
    const token = await world.addToken(await world.addPerson('Ann'));
    const made = await world.call(token, 'POST', '/grants', { scopes: ['calendar.read'], days: 7 });
    expect(made.json).toMatchObject({ agent: 'agent/assistant', scopes: ['calendar.read'] });
    expect(Date.parse(made.json.expires_at) - Date.parse(made.json.granted_at)).toBe(7 * 86_400_000);
    await world.call(token, 'POST', '/grants', { agent: 'agent/planner', scopes: ['push.write'] });
    await world.call(token, 'POST', '/grants', { scopes: ['calendar.write'] });
    const { json } = await world.call(token, 'GET', '/grants');
    expect(json.grants.map(({ agent, scopes }: { agent: string; scopes: string[] }) => [agent, scopes])).toEqual([
      ['agent/assistant', ['calendar.write']],
      ['agent/planner', ['push.write']],
    ]);
    expect((await world.call(token, 'DELETE', '/grants/agent/planner')).status).toBe(204);
    expect((await world.call(token, 'DELETE', '/grants/agent/planner')).status).toBe(404);
    expect((await world.call(token, 'GET', '/grants')).json.grants).toHaveLength(1);
  });

  it('are made for the person’s own bridge by its short name, and for nobody else’s', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const made = await world.call(token, 'POST', '/grants', { agent: 'bridge', scopes: ['calendar.read'] });
    expect(made.json).toMatchObject({ agent: `bridge/${person}` });
    const other = await world.call(token, 'POST', '/grants', {
      agent: `bridge/${await world.addPerson('Tom')}`,
      scopes: ['calendar.read'],
    });
    expect(other).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining('bridge') } } });
    expect((await world.call(token, 'DELETE', `/grants/bridge/${person}`)).status).toBe(204);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'confirm', 'calendar.everything'])(
    'are not made for a scope that does not exist: %s',
    async (scope) => {
      const token = await world.addToken(await world.addPerson('Ann'));
      for (const [path, more] of [
        ['/grants', {}],
        ['/connections/google', { loopback: 'http://127.0.0.1:4000/prove' }],
      ] as const) {
        expect((await world.call(token, 'POST', path, { scopes: [scope], ...more })).status).toBe(400);
      }
      expect(await world.call(token, 'GET', '/grants')).toMatchObject({ status: 200, json: { grants: [] } });
    },
  );

  it('are for the person’s own bridge, and nobody else’s', async () => {
    const person = await world.addPerson('Ann');
    const other = await world.addPerson('Ben');
    const token = await world.addToken(person);
    const grant = (agent: string) => world.call(token, 'POST', '/grants', { agent, scopes: ['calendar.read'] });
    expect((await grant(`bridge/${person}`)).status).toBe(200);
    expect((await grant(`bridge/${other}`)).status).toBe(400);
    expect((await world.call(token, 'DELETE', `/grants/bridge/${person}`)).status).toBe(204);
  });

  it('end by themselves', async () => {
    const token = await world.addToken(await world.addPerson('Ann'));
    await world.call(token, 'POST', '/grants', { scopes: ['calendar.read'], days: 1 });
    world.clock.advance(86_400_000 - 1000);
    const fresh = await world.call(token, 'GET', '/grants');
    // The token lasts a day as well: both end together.
    expect(fresh.json.grants).toHaveLength(1);
    world.clock.advance(1000);
    expect((await world.call(token, 'GET', '/grants')).status).toBe(401);
  });

  it('lose no change when several are made at once', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        world.call(token, 'POST', '/grants', { scopes: ['calendar.read'], days: index + 1 }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect((await world.call(token, 'GET', '/grants')).json.grants).toHaveLength(1);
  });
});

describe('disconnecting', () => {
  it('is refused when nothing is connected', async () => {
    const token = await world.addToken(await world.addPerson('Ann'));
    expect((await world.call(token, 'DELETE', '/connections/google')).status).toBe(404);
    expect((await world.call(token, 'GET', '/connections')).json).toEqual({ connections: [] });
  });
});
