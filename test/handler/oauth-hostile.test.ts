import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../src/kernel/app-error.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { grantKey } from '../../src/trust/grant.ts';
import { createFormBrowser, createTerminal, type FormBrowser, type Page } from '../support/form-browser.ts';
import { AGENT, ANN, BOB, createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

// Everything that must not work, or must work again after it did not.

let world: OAuthWorld;
/** Set by a test: the store then fails writes of keys that begin so. */
let failing: { prefix: string; times: number } | undefined;

function failNow(key: string): void {
  if (failing === undefined || failing.times === 0 || !key.startsWith(failing.prefix)) return;
  failing.times -= 1;
  throw new AppError('unavailable', 'redis: connection to 10.1.2.3 lost');
}

const breakable = (store: KeyValueStore): KeyValueStore => ({
  ...store,
  async get(key) {
    failNow(`get ${key}`);
    return store.get(key);
  },
  async setIfAbsent(key, value, expiry) {
    failNow(key);
    return store.setIfAbsent(key, value, expiry);
  },
  async compareAndSet(key, expected, value, expiry) {
    failNow(key);
    return store.compareAndSet(key, expected, value, expiry);
  },
});

beforeAll(async () => {
  world = await createOAuthWorld({ wrapStore: breakable });
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

async function link(token: string): Promise<string> {
  const { json } = await world.call(token, 'POST', '/connections/google', { loopback: LOOPBACK });
  return json.url;
}

async function toGoogle({ token, browser }: Someone): Promise<Page> {
  const proved = await browser.press(await browser.open(await link(token)), '/connect/google');
  return browser.press(proved, '/connect/google');
}

/** Where a browser is sent when nobody follows. */
async function sentTo(browser: FormBrowser, page: Page): Promise<URL> {
  const form = new URLSearchParams();
  for (const name of ['csrf', 'ticket']) {
    form.set(
      name,
      new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html.slice(page.html.indexOf('<main>')))?.[1] ?? '',
    );
  }
  const response = await browser.request(`${PUBLIC_URL}/connect/google`, { form });
  return new URL(response.headers.get('location') ?? '', PUBLIC_URL);
}

const vaultState = async (person: string) => (await world.vault.read('google', person)).state;

describe('a link that was forwarded', () => {
  it('leads the other person’s browser to that computer’s own loopback and never to Google', async () => {
    const sender = await someone('Mallory');
    const victim = createFormBrowser(world);
    const page = await victim.open(await link(sender.token));
    expect(page.text).toContain('You are not Mallory');
    const target = await sentTo(victim, page);
    expect(target.origin).toBe(new URL(LOOPBACK).origin);
    // However often the victim presses the button, nothing else happens.
    expect((await sentTo(victim, page)).origin).toBe(new URL(LOOPBACK).origin);
  });

  it('cannot be finished by the sender’s word for the sender’s own browser', async () => {
    const sender = await someone('Mallory');
    const url = await link(sender.token);
    const victim = createFormBrowser(world);
    await victim.open(url);
    const challengeForSender = await sentTo(sender.browser, await sender.browser.open(url));
    const proof = await createTerminal(world, sender.token)(challengeForSender);
    const page = await victim.open(proof);
    expect(page.status).toBe(403);
    expect([...victim.cookies.keys()]).not.toContain('__Host-sallyport-session');
  });

  it('gives a thief nothing when the victim’s own terminal is tricked into vouching', async () => {
    const victim = await someone('Vic');
    const url = await link(victim.token);
    const thief = createFormBrowser(world);
    const challengeForThief = await sentTo(thief, await thief.open(url));
    // The thief makes the victim's browser open the victim's listener with the thief's challenge.
    const proof = await createTerminal(world, victim.token)(challengeForThief);
    expect((await victim.browser.open(proof)).status).toBe(403);
    const page = await thief.open(url);
    expect(page.text).toContain('First the terminal');
  });

  it('is vouched for by nobody but its person, and an attempt burns nothing', async () => {
    const ann = await someone();
    const other = await someone('Ben');
    const url = await link(ann.token);
    const ticket = new URL(url).searchParams.get('ticket');
    const target = await sentTo(ann.browser, await ann.browser.open(url));
    const challenge = target.searchParams.get('challenge');
    const stolen = await world.call(other.token, 'POST', `/tickets/${ticket}/prove`, { challenge });
    expect(stolen.status).toBe(404);
    const wrong = await world.call(ann.token, 'POST', `/tickets/${ticket}/prove`, { challenge: 'A'.repeat(43) });
    expect(wrong.status).toBe(400);
    const right = await world.call(ann.token, 'POST', `/tickets/${ticket}/prove`, { challenge });
    expect(right.status).toBe(200);
    const again = await world.call(ann.token, 'POST', `/tickets/${ticket}/prove`, { challenge });
    expect(again.status).toBe(400);
  });

  it('is not gone on with by somebody else who is signed in', async () => {
    const ann = await someone();
    const ben = await someone('Ben');
    await ben.browser.consent(await toGoogle(ben), { account: BOB.email });
    const page = await ben.browser.open(await link(ann.token));
    expect(page.text).toContain('Somebody else is signed in here');
    expect(page.html.slice(page.html.indexOf('<main>'))).not.toContain('<form');
  });
});

describe('the callback', () => {
  it('takes a state once, also when it comes 20 times at the same moment', async () => {
    const ann = await someone();
    const url = await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ann.browser.request(url)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 400)]);
    expect((await ann.browser.open(url)).status).toBe(400);
  });

  it('refuses another browser and one without cookies, and burns nothing by it', async () => {
    const ann = await someone();
    const url = await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email });
    const other = await someone('Ben');
    await other.browser.open(await link(other.token));
    expect((await other.browser.open(url)).status).toBe(403);
    expect((await createFormBrowser(world).open(url)).status).toBe(403);
    expect(await vaultState(ann.person)).toBe('absent');
    expect((await ann.browser.open(url)).status).toBe(200);
  });

  it('refuses an answer that names another issuer (RFC 9207)', async () => {
    const ann = await someone();
    const url = new URL(await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email }));
    url.searchParams.set('iss', 'https://evil.example');
    const page = await ann.browser.open(url.href);
    expect(page.status).toBe(400);
    expect(page.text).toContain('another sign-in service');
    expect(await vaultState(ann.person)).toBe('absent');
  });

  it.each(['state', 'code', 'iss', 'error'])('refuses a second parameter %s', async (name) => {
    const ann = await someone();
    const url = new URL(await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email }));
    url.searchParams.append(name, 'x');
    url.searchParams.append(name, 'y');
    expect((await ann.browser.open(url.href)).status).toBe(400);
    expect(await vaultState(ann.person)).toBe('absent');
  });

  it('refuses a code of another flow: Google sees the wrong verifier', async () => {
    const ann = await someone();
    const mallory = await someone('Mallory');
    const stolen = new URL(await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email }));
    const own = new URL(await mallory.browser.consentUrl(await toGoogle(mallory), { account: BOB.email }));
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    const page = await mallory.browser.open(own.href);
    expect(page.status).toBe(400);
    expect(await vaultState(mallory.person)).toBe('absent');
  });

  it.each(['', '?state=', '?code=abc', `?state=${'A'.repeat(43)}&code=abc`, '?state=..%2F..&code=x'])(
    'refuses a made-up answer %j',
    async (query) => {
      const page = await createFormBrowser(world).open(`${PUBLIC_URL}/oauth/google/callback${query}`);
      expect(page.status).toBe(400);
    },
  );

  it('refuses when the browser was signed out in between', async () => {
    const ann = await someone();
    const url = await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email });
    await ann.browser.press(await ann.browser.open(`${PUBLIC_URL}/`), '/sign-out');
    const page = await ann.browser.open(url);
    expect(page.status).toBe(401);
    expect(await vaultState(ann.person)).toBe('absent');
  });

  it('keeps nothing for a person who was removed while Google was asked', async () => {
    const ann = await someone();
    const url = await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email });
    const asked = world.google.faults.waiting().length;
    world.google.faults.next({ match: { method: 'POST', pathIncludes: '/token' }, delayMs: 300 });
    const opening = ann.browser.open(url);
    while (world.google.faults.waiting().length > asked) await new Promise((resolve) => setImmediate(resolve));
    const raw = (await world.store.get(`person:${ann.person}`)) ?? '';
    await world.store.compareAndDelete(`person:${ann.person}`, raw);
    expect((await opening).status).toBe(401);
    expect(await vaultState(ann.person)).toBe('absent');
    expect(await world.store.get(grantKey(AGENT, ann.person))).toBeUndefined();
  });

  it('ends with the session’s token: a revoked one opens nothing more', async () => {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    expect((await ann.browser.open(`${PUBLIC_URL}/`)).text).toContain('What you have allowed');
    const id = ann.token.split('_')[1];
    const raw = (await world.store.get(`token:${id}`)) ?? '';
    await world.store.set(`token:${id}`, JSON.stringify({ ...JSON.parse(raw), revoked_at: 1 }));
    expect((await ann.browser.open(`${PUBLIC_URL}/`)).text).toContain('Sign in');
  });
});

describe('a form', () => {
  const attempts: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
    ['without the token', { csrf: '' }, {}],
    ['with a made-up token', { csrf: 'A'.repeat(43) }, {}],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a neighbouring host', {}, { 'sec-fetch-site': 'same-site' }],
    ['from a foreign origin', {}, { origin: 'https://evil.example' }],
  ];
  it.each(attempts)('%s does nothing', async (_, fields, headers) => {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    const home = await ann.browser.open(`${PUBLIC_URL}/`);
    const csrf = /name="csrf" value="([^"]*)"/.exec(home.html)?.[1] ?? '';
    for (const path of [
      '/grants',
      '/connections/google',
      '/connections/google/disconnect',
      `/grants/${AGENT}/revoke`,
      '/sign-out',
      '/sign-in/link',
      `/approvals/a_${'A'.repeat(43)}`,
      '/sign-in',
      '/connect/google',
    ]) {
      const form = new URLSearchParams({ csrf, ticket: 'x', decision: 'yes', ...fields });
      const response = await ann.browser.request(`${PUBLIC_URL}${path}`, { form, headers });
      expect([path, response.status]).toEqual([path, 403]);
    }
    expect(await vaultState(ann.person)).toBe('connected');
    expect(await world.store.get(grantKey(AGENT, ann.person))).toBeDefined();
  });

  it('of another browser’s page does nothing', async () => {
    const ann = await someone();
    const ben = await someone('Ben');
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    await ben.browser.consent(await toGoogle(ben), { account: BOB.email });
    const theirs = /name="csrf" value="([^"]*)"/.exec((await ben.browser.open(`${PUBLIC_URL}/`)).html)?.[1] ?? '';
    const form = new URLSearchParams({ csrf: theirs });
    const response = await ann.browser.request(`${PUBLIC_URL}/connections/google/disconnect`, { form });
    expect(response.status).toBe(403);
  });

  it('is not taken as JSON from a session: a browser cannot be made to send one', async () => {
    const ann = await someone();
    await ann.browser.consent(await toGoogle(ann), { account: ANN.email });
    const response = await ann.browser.request(`${PUBLIC_URL}/grants`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(415);
  });
});

describe('when something is down', () => {
  it('says that Google did not answer, and the same link finishes it later', async () => {
    const ann = await someone();
    const page = await toGoogle(ann);
    world.google.faults.next({ match: { method: 'POST', pathIncludes: '/token' }, status: 503 });
    const failed = await ann.browser.consent(page, { account: ANN.email });
    expect(failed.status).toBe(502);
    expect(failed.text).toContain('Try again');
    expect(await vaultState(ann.person)).toBe('absent');
    const again = /href="([^"]*connect\/google\?ticket=[^"]*)"/.exec(failed.html)?.[1] ?? '';
    const second = await ann.browser.press(await ann.browser.open(again), '/connect/google');
    expect((await ann.browser.consent(second, { account: ANN.email })).status).toBe(200);
  });

  it('says that the permission was not saved when only the vault was written, and another try heals it', async () => {
    const ann = await someone();
    const page = await toGoogle(ann);
    failing = { prefix: 'grant:', times: 1 };
    const failed = await ann.browser.consent(page, { account: ANN.email });
    expect(failed.status).toBe(503);
    expect(failed.text).toContain('Google is connected, but your permission for the agent could not be saved');
    expect(await world.store.get(grantKey(AGENT, ann.person))).toBeUndefined();
    const again = /href="([^"]*connect\/google\?ticket=[^"]*)"/.exec(failed.html)?.[1] ?? '';
    const second = await ann.browser.press(await ann.browser.open(again), '/connect/google');
    expect((await ann.browser.consent(second, { account: ANN.email })).status).toBe(200);
    expect(await world.store.get(grantKey(AGENT, ann.person))).toBeDefined();
  });

  it('answers 503 in words for persons when the store is away, and says nothing of its insides', async () => {
    const ann = await someone();
    failing = { prefix: 'get ', times: 1 };
    const { status, json, headers } = await world.call(ann.token, 'GET', '/grants');
    expect(status).toBe(503);
    expect(json.error).toMatchObject({ code: 'unavailable', request_id: expect.any(String) });
    expect(json.error.message).toContain('try again in a minute');
    expect(JSON.stringify(json)).not.toContain('10.1.2.3');
    expect(headers.get('retry-after')).toBe('5');
    failing = { prefix: 'get ', times: 1 };
    const page = await ann.browser.open(`${PUBLIC_URL}/connect/google?ticket=${'A'.repeat(43)}`);
    expect(page.status).toBe(503);
    expect(page.text).toContain('try again in a minute');
  });
});

describe('the log', () => {
  it('holds no address, name, token or code', async () => {
    const ann = await someone('Canary Bird');
    const url = await ann.browser.consentUrl(await toGoogle(ann), { account: ANN.email });
    await ann.browser.open(url);
    await ann.browser.open(url);
    await world.call(ann.token.slice(0, -1), 'GET', '/grants');
    await world.call(ann.token, 'DELETE', '/connections/google');
    const text = world.logged.join('\n');
    const code = new URL(url).searchParams.get('code') ?? '';
    for (const canary of [ANN.email, 'Canary', ann.token.slice(-43), code, ...ann.browser.cookies.values()]) {
      expect(canary.length).toBeGreaterThan(3);
      expect(text).not.toContain(canary);
    }
    expect(text).toContain('connect.done');
  });
});
