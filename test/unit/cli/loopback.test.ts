import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Loopback, listenOnLoopback } from '../../../src/cli/client/loopback.ts';
import { type AppServer, startAppServer } from '../../support/http-app-server.ts';

// The listener where a browser shows itself, asked by whoever may ask on this computer.

const TICKET = 'T'.repeat(43);
let oauth: AppServer;
let proved: string[];
let loopback: Loopback;

beforeEach(async () => {
  proved = [];
  oauth = await startAppServer(async ({ path, body }) => {
    proved.push(`${path} ${new TextDecoder().decode(body)}`);
    const answer = JSON.stringify({ continue_url: 'https://oauth.example.test/sign-in/proof?proof=p' });
    return { status: 200, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(answer) };
  });
  loopback = await listenOnLoopback({ url: oauth.url, token: 'sp_token' });
  loopback.expect(TICKET);
});
afterEach(async () => {
  loopback.close();
  await oauth.close();
});

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

function knock(query: string, options: { host?: string; method?: string; path?: string } = {}): Promise<Answer> {
  const url = new URL(loopback.url);
  return new Promise((resolve, reject) => {
    const { host = url.host, method = 'GET', path = url.pathname } = options;
    const outgoing = request({ host: '127.0.0.1', port: url.port, method, path: `${path}${query}`, headers: { host } });
    outgoing.on('error', reject);
    outgoing.on('response', async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, location: response.headers.location, text });
    });
    outgoing.end();
  });
}

const good = `?ticket=${TICKET}&challenge=c`;

describe('the loopback listener', () => {
  it('vouches for the browser that comes with its own ticket, and sends it on', async () => {
    expect(await knock(good)).toMatchObject({
      status: 303,
      location: 'https://oauth.example.test/sign-in/proof?proof=p',
    });
    expect(proved).toEqual([`/tickets/${TICKET}/prove {"challenge":"c"}`]);
  });

  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', '[::1]:80'])(
    'refuses a page that calls it %s: a name that was pointed here (DNS rebinding)',
    async (host) => {
      const answer = await knock(good, { host });
      expect(answer).toMatchObject({ status: 403, location: undefined });
      expect(answer.text).toContain('sallyport');
      expect(proved).toEqual([]);
    },
  );

  it.each([
    ['another ticket', `?ticket=${'U'.repeat(43)}&challenge=c`, {}],
    ['a ticket that is a path', '?ticket=..%2F..%2Fapprovals&challenge=c', {}],
    ['no challenge', `?ticket=${TICKET}`, {}],
    ['another method', good, { method: 'POST' }],
    ['another path', good, { path: '/' }],
  ])('answers nothing but words to %s', async (_what, query, options) => {
    const answer = await knock(query, options);
    expect(answer).toMatchObject({ status: 404, location: undefined });
    expect(answer.text).not.toBe('');
    expect(proved).toEqual([]);
  });

  it('survives a request line that is no address', async () => {
    expect((await knock('', { path: '//' })).status).toBe(404);
    expect((await knock(good)).status).toBe(303);
  });
});
