import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { grantIndexKey, grantKey } from '../../src/trust/grant.ts';
import { createFormBrowser, createTerminal, type FormBrowser, type Page } from '../support/form-browser.ts';
import { AGENT, ANN, BOB, createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

let world: OAuthWorld;
beforeAll(async () => {
  world = await createOAuthWorld();
});
afterAll(() => world.close());

interface Someone {
  readonly person: string;
  readonly token: string;
  readonly browser: FormBrowser;
}

async function someone(name = 'Ann Archer'): Promise<Someone> {
  const person = await world.addPerson(name);
  const token = await world.addToken(person);
  return { person, token, browser: createFormBrowser(world, { terminal: createTerminal(world, token) }) };
}

async function link(token: string, body: Readonly<Record<string, unknown>> = {}): Promise<{ url: string; id: string }> {
  const { status, json } = await world.call(token, 'POST', '/connections/google', { loopback: LOOPBACK, ...body });
  expect(status).toBe(201);
  return { url: json.url, id: json.ticket_id };
}

/** As far as Google's page: the terminal vouches, the browser comes back, the person goes on. */
async function toGoogle({ token, browser }: Someone, body: Readonly<Record<string, unknown>> = {}): Promise<Page> {
  const { url } = await link(token, body);
  const first = await browser.open(url);
  const known = first.text.includes('Google will ask you next');
  const proved = known ? first : await browser.press(first, '/connect/google');
  expect(proved.text).toContain('Google will ask you next');
  const atGoogle = await browser.press(proved, '/connect/google');
  expect(atGoogle.url.startsWith(world.google.authUrl)).toBe(true);
  return atGoogle;
}

const readGrant = async (person: string, agent = AGENT) => {
  const raw = await world.store.get(grantKey(agent, person));
  return raw === undefined ? undefined : JSON.parse(raw);
};

describe('connecting Google', () => {
  it('begins at the address that a tool gives who finds no account, for whoever opens it', async () => {
    const address = `${PUBLIC_URL}/connect/google`;
    const stranger = await createFormBrowser(world).open(address);
    expect(stranger.text).toContain('Sign in');
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    await ann.browser.press(await ann.browser.open(`${PUBLIC_URL}/`), '/connections/google/disconnect');
    const page = await ann.browser.open(address);
    expect(page.url).toBe(`${PUBLIC_URL}/connections`);
    const asked = await ann.browser.press(page, '/connections/google');
    await ann.browser.consent(await ann.browser.press(asked, '/connect/google'), { account: ANN.email });
    expect(await world.vault.read('google', ann.person)).toMatchObject({ state: 'connected' });
  });

  it('goes from a link over the terminal’s word and Google’s consent to vault entry and grant', async () => {
    const ann = await someone();
    const page = await ann.browser.consent(await toGoogle(ann, { days: 30 }), { account: ANN.email });
    expect(page.status).toBe(200);
    expect(page.text).toContain('Google Calendar is connected');
    expect(page.text).toContain('Assistant may');
    const held = await world.vault.read('google', ann.person);
    expect(held).toMatchObject({ state: 'connected', entry: { sub: ANN.sub, email: ANN.email } });
    const grant = await readGrant(ann.person);
    expect(grant).toMatchObject({ agent: AGENT, person: ann.person, scopes: ['calendar.write', 'push.write'] });
    expect(grant.expires_at - grant.granted_at).toBe(30 * 86_400);
    expect(await world.store.get(grantIndexKey(ann.person, AGENT))).toBeDefined();
  });

  it('asks Google with PKCE, state, nonce, offline access and only the scopes needed', async () => {
    const url = new URL((await toGoogle(await someone(), { scopes: ['calendar.read'] })).url);
    const query = Object.fromEntries(url.searchParams);
    expect(query).toMatchObject({
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
      response_type: 'code',
      redirect_uri: `${PUBLIC_URL}/oauth/google/callback`,
    });
    expect(query['code_challenge']).toMatch(/^[\w-]{43}$/);
    expect(query['state']).toMatch(/^[\w-]{43}$/);
    expect(query['nonce']).toMatch(/^[\w-]{43}$/);
    expect(query['scope']?.split(' ').map((scope) => scope.replace(/^.*\/auth\//, ''))).toEqual([
      'openid',
      'email',
      'calendar.events.freebusy',
      'calendar.calendarlist.readonly',
      'calendar.events.readonly',
    ]);
  });

  it('asks for one events scope, not for its narrower twin beside it', async () => {
    const url = new URL((await toGoogle(await someone())).url);
    const asked = url.searchParams.get('scope')?.split(' ') ?? [];
    expect(asked).toContain('https://www.googleapis.com/auth/calendar.events');
    expect(asked).not.toContain('https://www.googleapis.com/auth/calendar.events.readonly');
  });

  it('tells the terminal how it ended', async () => {
    const ann = await someone();
    const { url, id } = await link(ann.token);
    expect((await world.call(ann.token, 'GET', `/tickets/${id}`)).json).toMatchObject({ status: 'open' });
    const proved = await ann.browser.press(await ann.browser.open(url), '/connect/google');
    await ann.browser.consent(await ann.browser.press(proved, '/connect/google'), { account: ANN.email });
    expect((await world.call(ann.token, 'GET', `/tickets/${id}`)).json).toMatchObject({
      status: 'connected',
      granted: ['calendar.read', 'calendar.write', 'push.write'],
      not_working: [],
    });
    const other = await someone('Ben');
    expect((await world.call(other.token, 'GET', `/tickets/${id}`)).status).toBe(404);
  });

  it('says in plain words what will not work when a box was unticked, and grants only the rest', async () => {
    const ann = await someone();
    const page = await ann.browser.consent(await toGoogle(ann), { account: ANN.email, untick: ['calendar.events'] });
    expect(page.text).toContain('This will not work');
    expect(page.text).toContain('creating, changing and deleting events');
    expect(await readGrant(ann.person)).toMatchObject({ scopes: ['calendar.read', 'push.write'] });
  });

  it('grants what needs no Google account in the same breath, named on the page, and only what was asked for', async () => {
    const ann = await someone();
    const { url } = await link(ann.token);
    expect((await ann.browser.open(url)).text).toContain('send you notifications');
    const ben = await someone('Ben');
    await ben.browser.consent(await toGoogle(ben, { scopes: ['calendar.read'] }), { account: ANN.email });
    expect(await readGrant(ben.person)).toMatchObject({ scopes: ['calendar.read'] });
  });

  it('connects nothing when every box was unticked', async () => {
    const ann = await someone();
    const untick = ['calendar.events', 'calendar.events.freebusy', 'calendar.calendarlist.readonly'];
    const page = await ann.browser.consent(await toGoogle(ann), { account: ANN.email, untick });
    expect(page.status).toBe(403);
    expect(page.text).toContain('unticked');
    expect((await world.vault.read('google', ann.person)).state).toBe('absent');
    expect(await readGrant(ann.person)).toBeUndefined();
  });

  it('connects nothing when the person says no at Google, and offers another try with the same link', async () => {
    const ann = await someone();
    const page = await ann.browser.consent(await toGoogle(ann), { account: ANN.email, deny: true });
    expect(page.status).toBe(403);
    expect(page.text).toContain('You said no at Google');
    const again = /href="([^"]*connect\/google\?ticket=[^"]*)"/.exec(page.html)?.[1] ?? '';
    const second = await ann.browser.press(await ann.browser.open(again), '/connect/google');
    expect((await ann.browser.consent(second, { account: ANN.email })).status).toBe(200);
  });

  it('keeps what an agent may do elsewhere, and narrows Google’s scopes to the newest consent', async () => {
    const ann = await someone();
    await world.call(ann.token, 'POST', '/grants', { scopes: ['push.write', 'calendar.write'] });
    await ann.browser.consent(await toGoogle(ann, { scopes: ['calendar.read'] }), { account: ANN.email });
    expect(await readGrant(ann.person)).toMatchObject({ scopes: ['calendar.read', 'push.write'] });
  });

  it('insists on the Google account that is connected already', async () => {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    const again = await toGoogle(ann);
    expect(new URL(again.url).searchParams.get('login_hint')).toBe(ANN.email);
    const page = await ann.browser.consent(again, { account: BOB.email });
    expect(page.status).toBe(409);
    expect(page.text).toContain(ANN.email);
    expect(await world.vault.read('google', ann.person)).toMatchObject({ entry: { sub: ANN.sub } });
    const right = await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    expect(right.status).toBe(200);
  });

  it('works from the home page of a signed-in browser without a terminal', async () => {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    const home = await ann.browser.open(`${PUBLIC_URL}/`);
    const connect = await ann.browser.press(home, '/connections/google');
    expect(connect.text).toContain('Google will ask you next');
  });
});

describe('a connect link', () => {
  it('names person and agent and consumes nothing, however often it is fetched', async () => {
    const ann = await someone();
    const { url } = await link(ann.token);
    for (let count = 0; count < 5; count += 1) {
      const preview = createFormBrowser(world);
      const page = await preview.open(url);
      expect(page.status).toBe(200);
      expect(page.text).toContain('Ann Archer');
      expect(page.text).toContain('Assistant');
    }
    const proved = await ann.browser.press(await ann.browser.open(url), '/connect/google');
    expect(proved.text).toContain('Google will ask you next');
  });

  it('is over after 10 minutes and after its use', async () => {
    const ann = await someone();
    const { url } = await link(ann.token);
    const proved = await ann.browser.press(await ann.browser.open(url), '/connect/google');
    await ann.browser.consent(await ann.browser.press(proved, '/connect/google'), { account: ANN.email });
    expect((await ann.browser.open(url)).status).toBe(410);
    const late = await link(ann.token);
    world.clock.advance(600_001);
    const page = await ann.browser.open(late.url);
    expect(page.status).toBe(410);
    expect(page.text).toContain('10 minutes are over');
  });

  it('escapes a person’s name and spells out characters that would turn the page’s words around', async () => {
    const eve = await someone('<script>alert(1)</script> \u202Eevil" onload=x');
    const page = await eve.browser.open((await link(eve.token)).url);
    expect(page.html).not.toContain('<script');
    expect(page.html).toContain('&lt;script&gt;');
    expect(page.html).not.toContain('\u202E');
    expect(page.html).toContain('\\u{202e}');
  });

  it.each([
    'http://evil.example:80/',
    'http://127.0.0.1/prove',
    'http://127.0.0.1:99999/prove',
    'https://127.0.0.1:8080/',
    'http://127.0.0.1:8080/x?next=http://evil.example',
    'http://127.0.0.1:8080@evil.example/',
    'http://127.0.0.1.evil.example:80/',
    'http://localhost:8080/',
    'javascript:alert(1)',
  ])('refuses to lead to %s', async (loopback) => {
    const ann = await someone();
    const { status, json } = await world.call(ann.token, 'POST', '/connections/google', { loopback });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ code: 'invalid_request', request_id: expect.any(String) });
  });

  it.each([
    [{ scopes: ['aws.read'] }],
    [{ scopes: ['push.write'] }],
    [{ scopes: [] }],
    [{ agent: 'agent/unknown' }],
    [{ agent: 'bridge/p_01ARZ3NDEKTSV4RRFFQ69G5FAV' }],
    [{ days: 0 }],
    [{ days: 4000 }],
    [{ surprise: 1 }],
  ])('is not made for %j', async (body) => {
    const ann = await someone();
    expect((await world.call(ann.token, 'POST', '/connections/google', body)).status).toBe(400);
  });

  it('is made by no token but a confirm token', async () => {
    const person = await world.addPerson('Ann');
    const chat = await world.addToken(person, { audience: 'agent', scopes: ['calendar.read'] });
    const weak = await world.addToken(person, { audience: 'confirm', scopes: ['calendar.read'] });
    expect((await world.call(chat, 'POST', '/connections/google', {})).status).toBe(403);
    expect((await world.call(weak, 'POST', '/connections/google', {})).status).toBe(403);
    expect((await world.call(undefined, 'POST', '/connections/google', {})).status).toBe(401);
    expect((await world.call('sp_nonsense', 'POST', '/connections/google', {})).status).toBe(401);
  });
});

describe('disconnecting', () => {
  async function connected(): Promise<Someone> {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    return ann;
  }

  it('ends the connection here and at Google, and leaves a tombstone', async () => {
    const ann = await connected();
    const before = await world.vault.read('google', ann.person);
    const token = before.state === 'connected' ? before.entry.accessToken : '';
    const calendars = () =>
      fetch(`${world.google.calendarUrl}/users/me/calendarList`, { headers: { authorization: `Bearer ${token}` } });
    expect((await calendars()).status).toBe(200);
    const listed = await world.call(ann.token, 'GET', '/connections');
    expect(listed.json.connections).toMatchObject([{ provider: 'google', status: 'connected', account: ANN.email }]);
    const { status, json } = await world.call(ann.token, 'DELETE', '/connections/google');
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'revoked', revoked_at_google: true });
    expect((await calendars()).status).toBe(401);
    const after = await world.call(ann.token, 'GET', '/connections');
    expect(after.json.connections).toMatchObject([{ provider: 'google', status: 'revoked' }]);
    expect((await world.call(ann.token, 'DELETE', '/connections/google')).status).toBe(404);
  });

  it('works while Google is down, and says what is left to do', async () => {
    const ann = await connected();
    world.google.faults.next({ match: { method: 'POST', pathIncludes: '/revoke' }, status: 503, times: 10 });
    const { status, json } = await world.call(ann.token, 'DELETE', '/connections/google');
    world.google.faults.clear();
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'revoked', revoked_at_google: false });
    expect(json.message).toContain('https://myaccount.google.com/connections');
    expect((await world.vault.read('google', ann.person)).state).toBe('revoked');
  });

  it('works from the page, after which another Google account may be connected', async () => {
    const ann = await connected();
    const page = await ann.browser.open(`${PUBLIC_URL}/connections`);
    expect(page.text).toContain(ANN.email);
    const done = await ann.browser.press(page, '/connections/google/disconnect');
    expect(done.text).toContain('disconnected, here and at Google');
    const other = await ann.browser.consent(await toGoogle(ann), { account: BOB.email });
    expect(other.status).toBe(200);
    expect(await world.vault.read('google', ann.person)).toMatchObject({ entry: { sub: BOB.sub } });
  });

  it('takes a grant back from the page', async () => {
    const ann = await connected();
    const page = await ann.browser.open(`${PUBLIC_URL}/grants`);
    const after = await ann.browser.press(page, `/grants/${AGENT}/revoke`);
    expect(after.text).toContain('No agent may act for you');
    expect(await readGrant(ann.person)).toBeUndefined();
  });

  it('gives a grant from the page', async () => {
    const ann = await connected();
    const page = await ann.browser.open(`${PUBLIC_URL}/grants`);
    await ann.browser.press(page, '/grants', { agent: 'agent/planner', scopes: 'push.write', days: '3' });
    expect(await readGrant(ann.person, 'agent/planner')).toMatchObject({ scopes: ['push.write'] });
  });
});
