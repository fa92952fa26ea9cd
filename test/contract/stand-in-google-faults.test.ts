import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStandInGoogle } from '../../src/local/google/stand-in-google.ts';
import {
  ANN,
  accessTokenOf,
  askForToken,
  BOB,
  CLIENT,
  startTestGoogle,
  type TestGoogle,
} from '../support/google-stand-in.ts';

// Faults on demand, in code and at the control endpoint, and what the stand-in refuses to be.

let stand: TestGoogle;
let headers: Readonly<Record<string, string>>;

beforeEach(async () => {
  stand = await startTestGoogle();
  const token = await accessTokenOf(stand.google, ANN.email);
  headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
});
afterEach(() => stand.google.close());

const list = () => fetch(`${stand.google.calendarUrl}/calendars/primary/events`, { headers });
const insert = (id: string, signal?: AbortSignal) =>
  fetch(`${stand.google.calendarUrl}/calendars/primary/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ id, start: { date: '2026-12-01' }, end: { date: '2026-12-02' } }),
    ...(signal === undefined ? {} : { signal }),
  });
const get = (id: string) => fetch(`${stand.google.calendarUrl}/calendars/primary/events/${id}`, { headers });

describe('a fault', () => {
  it('answers its status with the body Google uses, as often as it was told, then is gone', async () => {
    stand.google.faults.next({ status: 403, times: 2, retryAfter: 7 });
    for (let time = 0; time < 2; time += 1) {
      const response = await list();
      expect([response.status, response.headers.get('retry-after')]).toEqual([403, '7']);
      expect(await response.json()).toMatchObject({
        error: { code: 403, errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }] },
      });
    }
    expect((await list()).status).toBe(200);
    expect(stand.google.faults.waiting()).toEqual([]);
  });

  it('strikes only what matches, in the order in which faults came', async () => {
    stand.google.faults.next({ match: { method: 'post' }, status: 500 });
    stand.google.faults.next({ match: { pathIncludes: '/token' }, status: 503, body: { error: 'backend_error' } });
    stand.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, status: 429 });
    expect((await list()).status).toBe(200);
    expect((await insert('struck00')).status).toBe(500);
    expect((await insert('struck00')).status).toBe(429);
    expect((await get('struck00')).status).toBe(404);
    const refreshed = await askForToken(stand.google, { grant_type: 'refresh_token', refresh_token: 'any' });
    expect(refreshed).toEqual({ status: 503, body: { error: 'backend_error' } });
  });

  it('can do what was asked and never say so', async () => {
    stand.google.faults.next({ match: { method: 'POST' }, commitThenTimeout: true });
    await expect(insert('committed', AbortSignal.timeout(300))).rejects.toThrow(/timeout/i);
    expect((await get('committed')).status).toBe(200);
    expect((await insert('committed')).status).toBe(409);
  });

  it('can cut the connection without doing anything', async () => {
    stand.google.faults.next({ match: { method: 'POST' }, reset: true });
    await expect(insert('neverdone')).rejects.toThrow();
    expect((await get('neverdone')).status).toBe(404);
  });

  it('can wait before it lets the request through', async () => {
    stand.google.faults.next({ delayMs: 150 });
    const started = performance.now();
    expect((await list()).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(140);
  });

  it('that waits ends when the stand-in closes', async () => {
    stand.google.faults.next({ commitThenTimeout: true });
    const pending = expect(list()).rejects.toThrow();
    while (stand.google.faults.waiting().length > 0) await new Promise((resolve) => setImmediate(resolve));
    await stand.google.close();
    await pending;
  });

  it('that says nonsense is refused', () => {
    expect(() => stand.google.faults.next({ status: 99 })).toThrow();
    expect(() => stand.google.faults.next({ times: 0 })).toThrow();
  });
});

describe('the control endpoint', () => {
  const control = (method: string, name: string, body?: unknown, type = 'application/json') =>
    fetch(`${stand.google.url}/_stand-in/${name}`, {
      method,
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('sets, shows and clears faults, and is struck by none', async () => {
    await control('POST', 'faults', { status: 500 });
    await control('POST', 'faults', { status: 429, times: 3 });
    expect(await (await control('GET', 'faults')).json()).toMatchObject({
      faults: [
        { status: 500, times: 1 },
        { status: 429, times: 3 },
      ],
    });
    expect((await list()).status).toBe(500);
    await control('DELETE', 'faults');
    expect((await list()).status).toBe(200);
  });

  it('refuses what it cannot read, and what a web page could send unasked', async () => {
    expect((await control('POST', 'faults', { status: 'high' })).status).toBe(400);
    expect((await control('POST', 'faults', { stauts: 500 })).status).toBe(400);
    expect((await control('POST', 'faults', { status: 500 }, 'text/plain')).status).toBe(415);
    expect((await control('GET', 'nothing')).status).toBe(404);
    expect(stand.google.faults.waiting()).toEqual([]);
  });

  it('ends access tokens, takes back an account, and shows the mails and the events', async () => {
    await control('POST', 'expire-access-tokens', {});
    expect((await list()).status).toBe(401);
    headers = { ...headers, authorization: `Bearer ${await accessTokenOf(stand.google, ANN.email)}` };
    await fetch(`${stand.google.calendarUrl}/calendars/primary/events?sendUpdates=all`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        start: { date: '2026-12-01' },
        end: { date: '2026-12-02' },
        attendees: [{ email: BOB.email }],
      }),
    });
    expect(await (await control('GET', 'outbox')).json()).toMatchObject({
      mails: [{ kind: 'invited', to: [BOB.email] }],
    });
    expect(await (await control('GET', `events?calendar=${ANN.email}`)).json()).toMatchObject({
      events: [{ start: { date: '2026-12-01' }, attendees: [{ email: BOB.email }] }],
    });
    expect((await control('POST', 'revoke-account', { email: ANN.email })).status).toBe(200);
    expect((await control('POST', 'revoke-account', { email: 'nobody@example.com' })).status).toBe(400);
    expect((await list()).status).toBe(401);
  });
});

describe('the stand-in', () => {
  it('says EADDRINUSE of a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { clock } = stand;
    const start = createStandInGoogle({ clock, clients: [CLIENT], accounts: [ANN], port });
    await expect(start).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => other.close(resolve));
  });

  it('starts with the events that an account comes with, and with none that Google would not take', async () => {
    const day = { start: { date: '2026-12-01' }, end: { date: '2026-12-02' } };
    const start = (events: readonly Readonly<Record<string, unknown>>[]) =>
      createStandInGoogle({ clock: stand.clock, clients: [], accounts: [{ ...ANN, events }] });
    const google = await start([{ ...day, summary: 'From the start' }]);
    expect(google.events(ANN.email)).toMatchObject([{ summary: 'From the start', organizer: { self: true } }]);
    expect(google.events('nobody@example.com')).toEqual([]);
    await google.close();
    await expect(start([{ summary: 'No time' }])).rejects.toThrow('Missing start time.');
  });

  it('listens on loopback only', async () => {
    const host: string = '0.0.0.0';
    const start = createStandInGoogle({ clock: stand.clock, clients: [], accounts: [], host: host as '127.0.0.1' });
    await expect(start).rejects.toThrow(/loopback only/);
  });

  it('answers malformed requests as Google does', async () => {
    const url = `${stand.google.calendarUrl}/calendars/primary/events`;
    for (const body of ['{', '[]', '"text"']) {
      const response = await fetch(url, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { errors: [{ reason: 'parseError' }] } });
    }
    expect((await fetch(`${stand.google.calendarUrl}/colors`, { headers })).status).toBe(404);
    expect((await fetch(`${stand.google.calendarUrl}/calendars/%E0%A4%A/events`, { headers })).status).toBe(404);
    const long = JSON.stringify({ description: 'x'.repeat(1024 * 1024) });
    expect((await fetch(url, { method: 'POST', headers, body: long })).status).toBe(413);
  });
});
