import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChromiumPage, hasChromium, startChromium } from '../support/chromium.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// Pages of other origins in a real browser, which decides what they may send and read: one origin that the operator named, and one that nobody did.

(hasChromium() ? describe : describe.skip)('a page of another origin', () => {
  let pages: Server;
  let system: TestMachine;
  let browser: ChromiumPage;
  /** One server, two origins: the browser goes by names. */
  let named = '';
  let unnamed = '';

  beforeAll(async () => {
    pages = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>a page</title>');
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    const { port } = pages.address() as AddressInfo;
    named = `http://localhost:${port}`;
    unnamed = `http://127.0.0.1:${port}`;
    system = await startTestMachine({ given: { SALLYPORT_CORS_ORIGINS: named } });
    await system.connect();
    browser = await startChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await system?.close();
    pages?.close();
  });

  /** What the page gets to see, in JSON. */
  async function run(origin: string, script: string): Promise<unknown> {
    await browser.open(`${origin}/`);
    await browser.evaluate(`(async () => { ${script} })()
      .catch((error) => ({ thrown: error.name }))
      .then((seen) => { globalThis.seen = JSON.stringify(seen); });`);
    await browser.waitFor('globalThis.seen !== undefined');
    return JSON.parse(String(await browser.evaluate('globalThis.seen')));
  }

  const ask = (): string => {
    const { url, token } = system.machine.access.agent;
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      body: JSON.stringify({ message: 'What can you do?' }),
    };
    return `const answer = await fetch(${JSON.stringify(`${url}/stream`)}, ${JSON.stringify(request)});
      const events = [];
      let rest = '';
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        rest += value;
      }
      for (const [, name] of rest.matchAll(/^event: (.+)$/gm)) events.push(name);
      return { status: answer.status, id: answer.headers.get('x-request-id') !== null, events };`;
  };

  it('whose origin is named asks with its token and reads the events', async () => {
    const seen = (await run(named, ask())) as { status: number; id: boolean; events: string[] };
    expect(seen).toMatchObject({ status: 200, id: true });
    expect([seen.events[0], seen.events.at(-1)]).toEqual(['turn.start', 'turn.end']);
  });

  it('whose origin is named reads refusals, too', async () => {
    const { url } = system.machine.access.agent;
    const script = `const answer = await fetch(${JSON.stringify(`${url}/contacts`)}, { headers: { authorization: 'Bearer nobody' } });
      return { status: answer.status, code: (await answer.json()).error.code };`;
    expect(await run(named, script)).toEqual({ status: 401, code: 'unauthenticated' });
  });

  it('whose origin is named calls tools at the key door', async () => {
    const { url, token } = system.machine.access.key_door ?? { url: '', token: '' };
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    };
    const script = `const answer = await fetch(${JSON.stringify(url)}, ${JSON.stringify(request)});
      return { status: answer.status, text: await answer.text() };`;
    expect(await run(named, script)).toEqual({ status: 200, text: expect.stringContaining('"name":"freebusy"') });
  });

  it('that nobody named sends nothing that needs leave, and reads nothing', async () => {
    const turns = system.lines('turn.finished').length;
    expect(await run(unnamed, ask())).toEqual({ thrown: 'TypeError' });
    const { url } = system.machine.access.agent;
    const read = `return (await fetch(${JSON.stringify(`${url}/health`)})).status;`;
    expect(await run(unnamed, read)).toEqual({ thrown: 'TypeError' });
    expect(system.lines('turn.finished')).toHaveLength(turns);
  });

  it('gets nothing by the browser’s own credentials, named or not', async () => {
    const { url } = system.machine.access.agent;
    const script = `return (await fetch(${JSON.stringify(`${url}/health`)}, { credentials: 'include' })).status;`;
    expect(await run(named, script)).toEqual({ thrown: 'TypeError' });
  });
});
