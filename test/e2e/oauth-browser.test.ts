import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approvalKey, decisionKey } from '../../src/trust/approval.ts';
import { grantKey } from '../../src/trust/grant.ts';
import { createTestServerCertificate } from '../support/certificates.ts';
import { type ChromiumPage, hasChromium, startChromium } from '../support/chromium.ts';
import { createTerminal } from '../support/form-browser.ts';
import { AGENT, ANN, createOAuthWorld, type OAuthWorld } from '../support/oauth-app.ts';

// A real browser through the real pages. What only it can tell: that its cookies, its `Origin` and its reading of our content security policy
// (which covers redirects of forms, to the terminal's loopback and to Google) let a person through, behind https and on plain http.

const describeWithBrowser = hasChromium() ? describe : describe.skip;

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function answer(
  world: OAuthWorld,
  base: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readAll(incoming);
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const method = incoming.method ?? 'GET';
  const response = await world.app.fetch(
    new Request(`${base}${incoming.url}`, { method, headers, ...(body.length > 0 ? { body } : {}) }),
  );
  const { 'set-cookie': _, ...plain } = Object.fromEntries(response.headers);
  outgoing.writeHead(response.status, { ...plain, 'set-cookie': response.headers.getSetCookie() });
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

/** The terminal's listener: nothing but a redirect for a browser that shows a challenge. */
function createListener(world: OAuthWorld, token: string): Server {
  const terminal = createTerminal(world, token);
  return createServer((incoming, outgoing) => {
    terminal(new URL(incoming.url ?? '/', 'http://127.0.0.1')).then(
      (location) => outgoing.writeHead(303, { location }).end(),
      () => outgoing.writeHead(404).end(),
    );
  });
}

describeWithBrowser.each(['https', 'http'] as const)('a person with a browser, over %s', (scheme) => {
  let server: Server;
  let listener: Server;
  let world: OAuthWorld;
  let browser: ChromiumPage;
  let publicUrl: string;
  let person: string;
  let token: string;
  let loopback: string;

  beforeAll(async () => {
    if (scheme === 'https') {
      const { pem: cert, keyPem: key } = await createTestServerCertificate();
      server = createTlsServer({ cert, key });
    } else server = createServer();
    publicUrl = `${scheme}://127.0.0.1:${await listen(server)}`;
    world = await createOAuthWorld({ publicUrl });
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      answer(world, publicUrl, incoming, outgoing).catch(() => outgoing.destroy());
    });
    person = await world.addPerson('Ann Archer');
    token = await world.addToken(person);
    listener = createListener(world, token);
    loopback = `http://127.0.0.1:${await listen(listener)}/prove`;
    browser = await startChromium();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await close(server);
    await close(listener);
    await world.close();
  });

  it('connects Google: over the terminal’s listener, Google’s page and back', async () => {
    const { json } = await world.call(token, 'POST', '/connections/google', { loopback });
    await browser.open(json.url);
    expect(await browser.text()).toContain('Ann Archer');
    await browser.click('main button');
    expect(await browser.text()).toContain('Google will ask you next');
    await browser.click('main button');
    expect(await browser.url()).toContain(world.google.url);
    await browser.evaluate(`document.querySelector('input[value="${ANN.email}"]').click()`);
    await browser.click('button[value=allow]');
    expect(await browser.text()).toContain('Google Calendar is connected');
    expect(await world.store.get(grantKey(AGENT, person))).toBeDefined();
  }, 60_000);

  it('answers a question, and is safe from its words', async () => {
    const now = Math.floor(world.clock.nowMs() / 1000);
    const id = `a_${'A'.repeat(43)}`;
    const attack = '<img src=x onerror="document.title=1">Lunch';
    const record = { v: 1, id, instance: 'instance-of-the-question', person, agent: AGENT, tool: 'createevent' };
    const text = { arguments: JSON.stringify({ summary: attack }), summary: attack };
    await world.store.set(
      approvalKey(person, id),
      JSON.stringify({ ...record, ...text, created_at: now, expires_at: now + 600 }),
    );
    await browser.open(`${publicUrl}/approvals/${id}`);
    expect(await browser.evaluate('document.images.length')).toBe(0);
    expect(await browser.text()).toContain(attack);
    await browser.click('button[value=yes]');
    expect(await browser.text()).toContain('You said yes');
    expect(JSON.parse((await world.store.get(decisionKey(person, id))) ?? '')).toMatchObject({ decision: 'yes' });
  }, 60_000);

  it('shows its pages in their own style, and its scripts nothing', async () => {
    await browser.open(`${publicUrl}/`);
    expect(await browser.evaluate('document.cookie')).toBe('');
    expect(await browser.evaluate('getComputedStyle(document.querySelector("main")).maxWidth')).toBe('672px');
  }, 60_000);

  it('signs out', async () => {
    await browser.click('header button');
    await browser.open(`${publicUrl}/`);
    expect(await browser.url()).toContain('/sign-in');
  }, 60_000);
});
