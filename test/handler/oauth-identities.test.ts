import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet } from 'jose';
import { accept } from '../../src/kernel/result.ts';
import { createLinkTickets, type LinkTickets } from '../../src/oauth/link-tickets.ts';
import { createJwtVerifier } from '../../src/trust/jwt.ts';
import { identityKey } from '../../src/trust/person.ts';
import {
  createFormBrowser,
  createTerminal,
  type FormBrowser,
  type Page,
  type Terminal,
} from '../support/form-browser.ts';
import { claimsAt, createSigningKey, profileOf, type SigningKey, signJwt } from '../support/jwt.ts';
import { createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

// What proves who a person is: seen, taken back, and added to by proving both identities in one flow; and every way to have somebody else's
// identity taken for one's own, or one's own for somebody else's.

let world: OAuthWorld;
let key: SigningKey;
let linkTickets: LinkTickets;

beforeAll(async () => {
  key = await createSigningKey();
  const set = createLocalJWKSet({ keys: [key.publicJwk] });
  world = await createOAuthWorld({
    verifyJwt: createJwtVerifier({
      issuers: [profileOf()],
      clock: { nowMs: () => Date.now() },
      keysOf: () => async (request) => accept(await set({ ...request }, undefined as never)),
    }),
  });
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  linkTickets = createLinkTickets({ store: world.store, clock: world.clock, random, publicUrl: PUBLIC_URL });
});
afterAll(() => world.close());

let subjects = 0;
/** An identity nobody has yet, and its access token. */
async function stranger(): Promise<{ readonly identity: string; readonly token: string }> {
  subjects += 1;
  const sub = `user-${subjects}`;
  return { identity: `oidc:work:${sub}`, token: await signJwt(key, claimsAt(Date.now(), { sub })) };
}

interface Someone {
  readonly person: string;
  readonly token: string;
  readonly browser: FormBrowser;
}

/** A person whose browser was vouched for by their terminal; then the terminal waits for `next`. */
async function signedIn(name: string, next?: Terminal): Promise<Someone> {
  const person = await world.addPerson(name);
  const token = await world.addToken(person);
  let terminal: Terminal = createTerminal(world, token);
  const browser = createFormBrowser(world, { terminal: (url) => terminal(url) });
  const { json } = await world.call(token, 'POST', '/sign-in/tickets', { loopback: LOOPBACK });
  const home = await browser.press(await browser.open(json.url), '/sign-in');
  expect(home.text).toContain(name);
  terminal = next ?? (() => Promise.reject(new Error('nobody listens on this computer')));
  return { person, token, browser };
}

/** The terminal that holds an access token, as `sallyport link` is. */
const linkingTerminal =
  (token: string): Terminal =>
  async (url) => {
    const input = { ticket: url.searchParams.get('ticket'), challenge: url.searchParams.get('challenge') };
    const { status, json } = await world.call(token, 'POST', '/identities/prove', input);
    if (status !== 200) throw new Error(`prove answered ${status}`);
    return json.continue_url;
  };

const askLink = async (token: string): Promise<string> => {
  const { status, json } = await world.call(token, 'POST', '/identities/tickets', { loopback: LOOPBACK });
  expect(status).toBe(201);
  return json.url;
};

async function ownerOf(identity: string): Promise<string | undefined> {
  const raw = await world.store.get(identityKey(identity));
  return raw === undefined ? undefined : JSON.parse(raw).person;
}

const codeOn = (page: Page): string => /\/sallyport link ([0-9A-Z-]+)/.exec(page.text)?.[1] ?? '';

describe('linking a sign-in of a terminal', () => {
  it('makes it the person’s who is signed in to the browser of the same computer', async () => {
    const { identity, token } = await stranger();
    const ann = await signedIn('Ann Archer', linkingTerminal(token));
    const page = await ann.browser.open(await askLink(token));
    expect(page.text).toContain(identity.slice('oidc:work:'.length));
    expect(page.text).toContain('Ann Archer');
    const done = await ann.browser.press(page, '/identities/link');
    expect(done.text).toContain('Linked');
    expect(await ownerOf(identity)).toBe(ann.person);
    const { json } = await world.call(ann.token, 'GET', '/identities');
    expect(json).toEqual({ person: ann.person, identities: [identity] });
    expect((await ann.browser.open(`${PUBLIC_URL}/identities`)).text).toContain(identity);
  });

  it('changes nothing before the browser came back, and works once', async () => {
    const { identity, token } = await stranger();
    let proof = '';
    const ann = await signedIn('Ann', async (url) => {
      proof = await linkingTerminal(token)(url);
      expect(await ownerOf(identity)).toBeUndefined();
      return proof;
    });
    const url = await askLink(token);
    const page = await ann.browser.open(url);
    expect(await ownerOf(identity)).toBeUndefined();
    await ann.browser.press(page, '/identities/link');
    expect(await ownerOf(identity)).toBe(ann.person);
    expect((await ann.browser.open(proof)).status).toBe(400);
    expect((await ann.browser.open(url)).status).toBe(410);
    expect((await ann.browser.press(page, '/identities/link')).status).toBe(410);
  });

  it('leads through the sign-in where nobody is signed in, and back', async () => {
    const url = await askLink((await stranger()).token);
    const page = await createFormBrowser(world).open(url);
    expect(page.url).toBe(`${PUBLIC_URL}/sign-in?return_to=${encodeURIComponent(url.slice(PUBLIC_URL.length))}`);
  });

  it('that was forwarded ends on a computer where nobody listens', async () => {
    const { identity, token } = await stranger();
    const victim = await signedIn('Victim');
    const page = await victim.browser.open(await askLink(token));
    await expect(victim.browser.press(page, '/identities/link')).rejects.toThrow('nobody listens');
    expect(await ownerOf(identity)).toBeUndefined();
  });

  it('is of no use to whoever learns the link of somebody else’s identity', async () => {
    const { identity, token } = await stranger();
    const url = await askLink(token);
    // The thief confirms in a browser of their own, and slips the challenge to the owner's listener.
    let challenge: URL | undefined;
    const thief = await signedIn('Thief', async (there) => {
      challenge = there;
      return `${PUBLIC_URL}/`;
    });
    await thief.browser.press(await thief.browser.open(url), '/identities/link');
    const proof = await linkingTerminal(token)(challenge as URL);
    const owner = await signedIn('Owner');
    expect((await owner.browser.open(proof)).status).toBe(403);
    expect(await ownerOf(identity)).toBeUndefined();
  });

  it('needs the token of the very identity that asked', async () => {
    const [mine, other] = [await stranger(), await stranger()];
    const statuses: number[] = [];
    const ann = await signedIn('Ann', async (url) => {
      const input = { ticket: url.searchParams.get('ticket'), challenge: url.searchParams.get('challenge') };
      for (const token of [other.token, `${mine.token}x`, await world.addToken(await world.addPerson('Eve'))]) {
        statuses.push((await world.call(token, 'POST', '/identities/prove', input)).status);
      }
      return `${PUBLIC_URL}/`;
    });
    await ann.browser.press(await ann.browser.open(await askLink(mine.token)), '/identities/link');
    expect(statuses).toEqual([404, 401, 401]);
    expect(await ownerOf(mine.identity)).toBeUndefined();
  });

  it('is refused when somebody else has signed in to the browser in between', async () => {
    const { identity, token } = await stranger();
    let proof = '';
    const ann = await signedIn('Ann', async (url) => {
      proof = await linkingTerminal(token)(url);
      return `${PUBLIC_URL}/`;
    });
    await ann.browser.press(await ann.browser.open(await askLink(token)), '/identities/link');
    const bob = await signedIn('Bob');
    const session = '__Host-sallyport-session';
    ann.browser.cookies.set(session, bob.browser.cookies.get(session) ?? '');
    expect((await ann.browser.open(proof)).status).toBe(403);
    expect(await ownerOf(identity)).toBeUndefined();
  });

  it('never takes an identity away from another person', async () => {
    const { identity, token } = await stranger();
    const ann = await signedIn('Ann', linkingTerminal(token));
    await ann.browser.press(await ann.browser.open(await askLink(token)), '/identities/link');
    const bob = await signedIn('Bob', linkingTerminal(token));
    const page = await bob.browser.press(await bob.browser.open(await askLink(token)), '/identities/link');
    expect([page.status, await ownerOf(identity)]).toEqual([409, ann.person]);
    expect((await world.call(bob.token, 'GET', '/identities')).json.identities).toEqual([]);
  });

  it('is over after ten minutes', async () => {
    const { token } = await stranger();
    const { ticket, url } = await linkTickets.createLinkTicket('oidc:work:late', LOOPBACK);
    expect((await linkTickets.open(ticket.id)).identity).toBe('oidc:work:late');
    const late = createLinkTickets({
      store: world.store,
      clock: { nowMs: () => world.clock.nowMs() + 600_000 },
      random: { bytes: () => new Uint8Array(0) },
      publicUrl: PUBLIC_URL,
    });
    await expect(late.open(ticket.id)).rejects.toMatchObject({ code: 'gone' });
    expect(url).toContain(ticket.id);
    expect((await world.call(token, 'POST', '/identities/tickets', {})).status).toBe(400);
  });
});

describe('asking for a link', () => {
  it.each([
    ['nothing', undefined],
    ['a token of ours', 'ours'],
    ['an ID token', 'id'],
    ['what is no token', 'x.y.z'],
  ])('is refused with %s', async (_, kind) => {
    const token =
      kind === 'ours'
        ? await world.addToken(await world.addPerson('Ann'))
        : kind === 'id'
          ? await signJwt(key, claimsAt(Date.now(), { nonce: 'n' }), { typ: 'JWT' })
          : kind;
    const answer = await world.call(token, 'POST', '/identities/tickets', { loopback: LOOPBACK });
    expect(answer.status).toBe(401);
  });

  it.each(['https://evil.example.com/prove', 'http://127.0.0.1.evil.example.com:1/', 'http://localhost:1/prove'])(
    'sends no browser to %s',
    async (loopback) => {
      const { token } = await stranger();
      expect((await world.call(token, 'POST', '/identities/tickets', { loopback })).status).toBe(400);
    },
  );

  it('opens nothing else to an access token', async () => {
    const { token } = await stranger();
    for (const path of ['/identities', '/grants', '/approvals', '/connections']) {
      expect((await world.call(token, 'GET', path)).status).toBe(401);
    }
    expect((await world.call(token, 'POST', '/identities/unlink', { identity: 'oidc:work:user-1' })).status).toBe(401);
  });
});

describe('linking by a code, as Slack does', () => {
  const member = (): string => {
    subjects += 1;
    return `slack:T0123:U${subjects}`;
  };

  it('shows a code to the browser that confirmed; brought by that identity, it links the two', async () => {
    const identity = member();
    const ann = await signedIn('Ann');
    const { url } = await linkTickets.createLinkTicket(identity);
    const page = await ann.browser.press(await ann.browser.open(url), '/identities/link');
    const code = codeOn(page);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(await ownerOf(identity)).toBeUndefined();
    expect(await linkTickets.redeemCode(identity, ` ${code.toLowerCase().replace('-', ' ')} `)).toBe('linked');
    expect(await ownerOf(identity)).toBe(ann.person);
    expect(await linkTickets.redeemCode(identity, code)).toBe('unknown_code');
  });

  it('gives nothing to the sender of a forwarded link: the code is on the page of whoever confirmed', async () => {
    const attacker = member();
    const victim = await signedIn('Victim');
    const { url } = await linkTickets.createLinkTicket(attacker);
    const page = await victim.browser.press(await victim.browser.open(url), '/identities/link');
    expect(page.text).toContain('give it to nobody');
    for (const guess of ['', '0000-0000', 'link', '../../x']) {
      expect(await linkTickets.redeemCode(attacker, guess)).toBe('unknown_code');
    }
    expect(await ownerOf(attacker)).toBeUndefined();
  });

  it('refuses the code to any other identity', async () => {
    const [identity, other] = [member(), member()];
    const ann = await signedIn('Ann');
    const { url } = await linkTickets.createLinkTicket(identity);
    const code = codeOn(await ann.browser.press(await ann.browser.open(url), '/identities/link'));
    expect(await linkTickets.redeemCode(other, code)).toBe('unknown_code');
    expect(await linkTickets.redeemCode(identity, code)).toBe('linked');
  });

  it('uses a code once, though it comes twice at the same moment', async () => {
    const identity = member();
    const ann = await signedIn('Ann');
    const code = await linkTickets.createCode(identity, ann.person);
    const outcomes = await Promise.all([1, 2, 3].map(() => linkTickets.redeemCode(identity, code)));
    expect([...outcomes].sort()).toEqual(['linked', 'unknown_code', 'unknown_code']);
  });

  it('takes an identity from nobody', async () => {
    const identity = member();
    const [ann, bob] = [await world.addPerson('Ann'), await world.addPerson('Bob')];
    expect(await linkTickets.redeemCode(identity, await linkTickets.createCode(identity, ann))).toBe('linked');
    expect(await linkTickets.redeemCode(identity, await linkTickets.createCode(identity, bob))).toBe('taken');
    expect(await linkTickets.redeemCode(identity, await linkTickets.createCode(identity, ann))).toBe('known');
    expect(await ownerOf(identity)).toBe(ann);
  });

  it('shows one code for one link', async () => {
    const ann = await signedIn('Ann');
    const { url } = await linkTickets.createLinkTicket(member());
    const page = await ann.browser.open(url);
    expect((await ann.browser.press(page, '/identities/link')).status).toBe(200);
    expect((await ann.browser.press(page, '/identities/link')).status).toBe(410);
  });

  it('is confirmed by a page of ours in a session, and by nothing else', async () => {
    const identity = member();
    const ann = await signedIn('Ann');
    const { url, ticket } = await linkTickets.createLinkTicket(identity);
    const form = new URLSearchParams({ ticket: ticket.id });
    const foreign = await ann.browser.request(`${PUBLIC_URL}/identities/link`, { form });
    expect(foreign.status).toBe(403);
    const crossSite = await ann.browser.open(url);
    const csrf = /name="csrf" value="([^"]+)"/.exec(crossSite.html)?.[1] ?? '';
    const headers = { 'sec-fetch-site': 'cross-site' };
    const stolen = new URLSearchParams({ ticket: ticket.id, csrf });
    const answer = await ann.browser.request(`${PUBLIC_URL}/identities/link`, { form: stolen, headers });
    expect(answer.status).toBe(403);
    const byToken = await world.call(ann.token, 'POST', '/identities/link', { ticket: ticket.id });
    expect(byToken.status).toBe(403);
    expect((await linkTickets.open(ticket.id)).used).toBe(false);
  });

  it('is only ever made for what may be an identity', async () => {
    for (const identity of ['', 'email:ann@example.com', 'slack:T1:', 'slack:T1:U 1', 'oidc:work:a\nb']) {
      await expect(linkTickets.createLinkTicket(identity)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

describe('unlinking', () => {
  it('ends what the identity proves', async () => {
    const { identity, token } = await stranger();
    const ann = await signedIn('Ann', linkingTerminal(token));
    await ann.browser.press(await ann.browser.open(await askLink(token)), '/identities/link');
    const page = await ann.browser.open(`${PUBLIC_URL}/identities`);
    const after = await ann.browser.press(page, '/identities/unlink');
    expect(after.text).not.toContain(identity);
    expect(await ownerOf(identity)).toBeUndefined();
  });

  it('is for one’s own identities only', async () => {
    const { identity, token } = await stranger();
    const ann = await signedIn('Ann', linkingTerminal(token));
    await ann.browser.press(await ann.browser.open(await askLink(token)), '/identities/link');
    const bob = await signedIn('Bob');
    for (const foreign of [identity, 'oidc:work:nobody', 'nonsense']) {
      expect((await world.call(bob.token, 'POST', '/identities/unlink', { identity: foreign })).status).toBe(404);
    }
    expect(await ownerOf(identity)).toBe(ann.person);
    expect((await world.call(ann.token, 'POST', '/identities/unlink', { identity })).status).toBe(204);
    expect(await ownerOf(identity)).toBeUndefined();
  });
});

describe('the log of all this', () => {
  it('holds no token, ticket, code or subject', async () => {
    const sub = 'canary-subject';
    const token = await signJwt(key, claimsAt(Date.now(), { sub }));
    const ann = await signedIn('Canary Name', linkingTerminal(token));
    const url = await askLink(token);
    await ann.browser.press(await ann.browser.open(url), '/identities/link');
    const { url: slackUrl } = await linkTickets.createLinkTicket('slack:TCANARY:UCANARY');
    const code = codeOn(await ann.browser.press(await ann.browser.open(slackUrl), '/identities/link'));
    const text = world.logged.join('\n');
    for (const canary of [sub, token, url.split('=')[1] ?? '-', code, 'CANARY', 'Canary Name', ann.token]) {
      expect(text).not.toContain(canary);
    }
    expect(text).toContain('identity.linked');
  });
});
