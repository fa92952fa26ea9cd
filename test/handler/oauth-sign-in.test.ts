import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSecret } from '../../src/kernel/secret.ts';
import { createStandInGoogle, type StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import { createSignIn } from '../../src/oauth/sign-in.ts';
import { identityKey } from '../../src/trust/person.ts';
import { createFormBrowser, createTerminal, type FormBrowser, type Page } from '../support/form-browser.ts';
import { ANN, BOB, createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

// Signing in at an OIDC provider that is not the Google whose calendar is connected: a second oidc-provider, with own keys and accounts.

let provider: StandInGoogle;
let world: OAuthWorld;
const CLIENT = {
  clientId: 'sallyport-sign-in',
  clientSecret: 'sign in:/?#[]@ %secret',
  redirectUris: [`${PUBLIC_URL}/sign-in/callback`],
};

beforeAll(async () => {
  provider = await createStandInGoogle({ clock: { nowMs: () => Date.now() }, clients: [CLIENT], accounts: [ANN, BOB] });
  world = await createOAuthWorld({
    hosts: [new URL(provider.url).host],
    signIn: ({ http, clock }) =>
      createSignIn({
        issuer: provider.issuer,
        alias: 'work',
        label: 'Work',
        clientId: CLIENT.clientId,
        clientSecret: createSecret(CLIENT.clientSecret),
        http,
        clock,
      }),
  });
});
afterAll(async () => {
  await world.close();
  await provider.close();
});

const SESSION = '__Host-sallyport-session';

async function known(name: string, sub: string): Promise<string> {
  const person = await world.addPerson(name);
  await world.store.set(identityKey(`oidc:work:${sub}`), JSON.stringify({ v: 1, person }));
  return person;
}

/** Follows the page's link to the provider. */
async function toProvider(browser: FormBrowser, page: Page): Promise<Page> {
  const href = /href="([^"]*\/sign-in\/provider[^"]*)"/.exec(page.html)?.[1] ?? '';
  const there = await browser.open(href.replaceAll('&amp;', '&'));
  expect(there.url.startsWith(provider.authUrl)).toBe(true);
  return there;
}

describe('signing in', () => {
  it('opens a session for the person whose identity it is, and leads back to where it began', async () => {
    await known('Ann Archer', ANN.sub);
    const browser = createFormBrowser(world);
    const page = await browser.open(`${PUBLIC_URL}/grants`);
    const back = await browser.consent(await toProvider(browser, page), { account: ANN.email });
    expect(back.url).toBe(`${PUBLIC_URL}/grants`);
    expect(back.text).toContain('Ann Archer');
  });

  it('sets cookies that no script reads, no other site gets and no neighbouring host can set', async () => {
    await known('Ann Archer', ANN.sub);
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    const response = await browser.request(await browser.consentUrl(there, { account: ANN.email }));
    const cookie = response.headers.getSetCookie().find((text) => text.startsWith(`${SESSION}=`)) ?? '';
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax', 'Max-Age=28800']) {
      expect(cookie).toContain(attribute);
    }
    expect(cookie).not.toContain('Domain');
  });

  it('is refused to an identity nobody knows, which is named so that an operator can map it', async () => {
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    await world.store.compareAndDelete(
      identityKey(`oidc:work:${BOB.sub}`),
      (await world.store.get(identityKey(`oidc:work:${BOB.sub}`))) ?? '',
    );
    const page = await browser.consent(there, { account: BOB.email });
    expect(page.status).toBe(403);
    expect(page.text).toContain(`oidc:work:${BOB.sub}`);
    expect(browser.cookies.has(SESSION)).toBe(false);
  });

  it('proves the browser of a connect link', async () => {
    const person = await known('Ann Archer', ANN.sub);
    const { json } = await world.call(await world.addToken(person), 'POST', '/connections/google', {});
    const browser = createFormBrowser(world);
    const page = await browser.open(json.url);
    expect(page.text).toContain('First sign in');
    const back = await browser.consent(await toProvider(browser, page), { account: ANN.email });
    expect(back.url).toBe(json.url);
    expect(back.text).toContain('Google will ask you next');
  });

  it('of somebody else goes no further with a forwarded connect link', async () => {
    const person = await known('Mallory', 'someone-else');
    await known('Bob Baker', BOB.sub);
    const { json } = await world.call(await world.addToken(person), 'POST', '/connections/google', {});
    const victim = createFormBrowser(world);
    const back = await victim.consent(await toProvider(victim, await victim.open(json.url)), { account: BOB.email });
    expect(back.text).toContain('Somebody else is signed in here');
  });

  it('takes a state once, in the browser that began, and at its own callback only', async () => {
    await known('Ann Archer', ANN.sub);
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    const url = await browser.consentUrl(there, { account: ANN.email });
    expect((await createFormBrowser(world).open(url)).status).toBe(403);
    expect((await browser.open(url.replace('/sign-in/callback', '/oauth/google/callback'))).status).toBe(400);
    const mixedUp = new URL(url);
    expect(mixedUp.searchParams.get('iss')).toBe(provider.issuer);
    expect((await browser.open(url)).status).toBe(200);
    expect((await browser.open(url)).status).toBe(400);
  });

  it('refuses an answer that names another issuer', async () => {
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    const url = new URL(await browser.consentUrl(there, { account: ANN.email }));
    url.searchParams.set('iss', world.google.issuer);
    expect((await browser.open(url.href)).status).toBe(400);
    expect(browser.cookies.has(SESSION)).toBe(false);
  });

  it('refuses an answer without an issuer, as this provider promises to name itself (RFC 9207)', async () => {
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    const url = new URL(await browser.consentUrl(there, { account: ANN.email }));
    url.searchParams.delete('iss');
    expect((await browser.open(url.href)).status).toBe(400);
    expect(browser.cookies.has(SESSION)).toBe(false);
  });

  it('says so when the person refuses, or when the provider is down', async () => {
    const browser = createFormBrowser(world);
    const there = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    expect((await browser.consent(there, { account: ANN.email, deny: true })).status).toBe(403);
    const again = await toProvider(browser, await browser.open(`${PUBLIC_URL}/sign-in`));
    provider.faults.next({ match: { method: 'POST', pathIncludes: '/token' }, status: 500 });
    const failed = await browser.consent(again, { account: ANN.email });
    expect(failed.status).toBe(502);
    expect(failed.text).toContain('Work could not answer just now');
  });

  it('ends when the identity is taken from the person, and by signing out', async () => {
    const person = await known('Ann Archer', ANN.sub);
    const browser = createFormBrowser(world);
    const page = await browser.open(`${PUBLIC_URL}/`);
    await browser.consent(await toProvider(browser, page), { account: ANN.email });
    const session = browser.cookies.get(SESSION) ?? '';
    expect((await browser.open(`${PUBLIC_URL}/grants`)).status).toBe(200);
    await known('Ann’s successor', ANN.sub);
    expect((await browser.open(`${PUBLIC_URL}/grants`)).text).toContain('Sign in');
    await world.store.set(identityKey(`oidc:work:${ANN.sub}`), JSON.stringify({ v: 1, person }));
    const home = await browser.open(`${PUBLIC_URL}/`);
    expect(home.text).toContain('What you have allowed');
    await browser.press(home, '/sign-out');
    browser.cookies.set(SESSION, session);
    expect((await browser.open(`${PUBLIC_URL}/`)).text).toContain('Sign in with Work');
  });

  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/sign-out',
    '/connect/google?ticket=x&y=//z',
    '/%2Fevil',
  ])('never leads on to %s', async (target) => {
    await known('Ann Archer', ANN.sub);
    const browser = createFormBrowser(world);
    const there = await browser.open(`${PUBLIC_URL}/sign-in/provider?return_to=${encodeURIComponent(target)}`);
    const back = await browser.consent(there, { account: ANN.email });
    expect(back.url).toBe(`${PUBLIC_URL}/`);
  });
});

describe('linking a sign-in', () => {
  async function vouchedFor(name: string): Promise<{ person: string; browser: FormBrowser; home: Page }> {
    const person = await world.addPerson(name);
    const token = await world.addToken(person);
    const browser = createFormBrowser(world, { terminal: createTerminal(world, token) });
    const { json } = await world.call(token, 'POST', '/sign-in/tickets', { loopback: LOOPBACK });
    const home = await browser.press(await browser.open(json.url), '/sign-in');
    return { person, browser, home };
  }
  const forget = async (sub: string): Promise<void> => {
    const key = identityKey(`oidc:work:${sub}`);
    await world.store.compareAndDelete(key, (await world.store.get(key)) ?? '');
  };
  const onward = (page: Page): Page => ({
    ...page,
    url: (/url=([^"]*)"/.exec(page.html)?.[1] ?? '').replaceAll('&amp;', '&'),
  });

  it('proves both identities in one flow, and asks the provider for a fresh proof', async () => {
    await forget(BOB.sub);
    const { person, browser, home } = await vouchedFor('Bob Baker');
    const there = onward(await browser.press(home, '/sign-in/link'));
    expect(new URL(there.url).searchParams.get('prompt')).toBe('login');
    const page = await browser.consent(there, { account: BOB.email });
    expect(page.text).toContain('From now on you can sign in here');
    expect(JSON.parse((await world.store.get(identityKey(`oidc:work:${BOB.sub}`))) ?? '')).toEqual({ v: 1, person });
    const fresh = createFormBrowser(world);
    const back = await fresh.consent(await toProvider(fresh, await fresh.open(`${PUBLIC_URL}/`)), {
      account: BOB.email,
    });
    expect(back.text).toContain('Bob Baker');
  });

  it('never takes an identity from another person', async () => {
    const owner = await known('Ann Archer', ANN.sub);
    const { browser, home } = await vouchedFor('Mallory');
    const page = await browser.consent(onward(await browser.press(home, '/sign-in/link')), { account: ANN.email });
    expect(page.status).toBe(409);
    expect(JSON.parse((await world.store.get(identityKey(`oidc:work:${ANN.sub}`))) ?? '').person).toBe(owner);
  });

  it('does not happen when the session is gone at its end', async () => {
    await forget(BOB.sub);
    const { browser, home } = await vouchedFor('Bob Baker');
    const url = await browser.consentUrl(onward(await browser.press(home, '/sign-in/link')), { account: BOB.email });
    await browser.press(home, '/sign-out');
    const page = await browser.open(url);
    expect(page.text).toContain('Sign in');
    expect(await world.store.get(identityKey(`oidc:work:${BOB.sub}`))).toBeUndefined();
  });

  it('does not happen by the way, while Google is connected', async () => {
    await forget(BOB.sub);
    const person = await world.addPerson('Bob Baker');
    const token = await world.addToken(person);
    const browser = createFormBrowser(world, { terminal: createTerminal(world, token) });
    const { json } = await world.call(token, 'POST', '/connections/google', { loopback: LOOPBACK });
    const proved = await browser.press(await browser.open(json.url), '/connect/google');
    await browser.consent(await browser.press(proved, '/connect/google'), { account: BOB.email });
    const identities = await world.store.list('identity:');
    const mapped = await Promise.all(identities.keys.map((key) => world.store.get(key)));
    expect(mapped.filter((raw) => raw?.includes(person))).toEqual([]);
  });
});
