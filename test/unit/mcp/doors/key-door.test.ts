import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../../src/adapters/embedded/memory-store.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { createKeyDoor } from '../../../../src/mcp/doors/key-door.ts';
import type { HttpRequest } from '../../../../src/ports/http.ts';
import { createToken, type NewToken, type TokenRecord, tokenKey } from '../../../../src/trust/access-token.ts';
import { createKeptLog, PERSON } from './door-fixture.ts';

const INVALID = 'error="invalid_token"';

function requestWith(authorization: string | undefined, over: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    path: '/mcp',
    query: '',
    headers: authorization === undefined ? {} : { authorization },
    cookies: [],
    body: Buffer.from('{}'),
    domainName: 'keys.example.org',
    apiId: 'api',
    stage: '$default',
    sourceIp: '127.0.0.1',
    requestId: 'request-1',
    remainingMs: 29_000,
    ...over,
  };
}

async function createWorld(token: Partial<NewToken> = {}, changes: Partial<TokenRecord> = {}) {
  const clock = { now: 1_790_000_000_000 };
  const lines: Record<string, unknown>[] = [];
  const store = createMemoryStore({ clock: { nowMs: () => clock.now } });
  const { text, record } = createToken({
    person: PERSON,
    audience: 'mcp',
    scopes: ['calendar.read'],
    nowMs: clock.now,
    lifetimeSeconds: 60,
    random: randomBytes(42),
    ...token,
  });
  const save = (more: Partial<TokenRecord> = {}) =>
    store.set(tokenKey(record.id), JSON.stringify({ ...record, ...changes, ...more }));
  await save();
  const door = createKeyDoor({ store, clock: { nowMs: () => clock.now }, log: createKeptLog(lines) });
  return { clock, lines, store, text, record, door, save };
}

describe('the key door', () => {
  it('lets in the holder of a token of ours, for its person and scopes', async () => {
    const { door, text, record, lines } = await createWorld();
    for (const scheme of ['Bearer', 'bearer']) {
      expect(await door(requestWith(`${scheme} ${text}`))).toEqual({
        ok: true,
        caller: {
          door: 'key',
          person: PERSON,
          agent: `token/${record.id}`,
          scopes: ['calendar.read'],
          tainted: true,
          standing: { kind: 'token', id: record.id },
        },
      });
    }
    expect(lines).toEqual([]);
  });

  it('asks for a token with a plain challenge when there is none', async () => {
    const { door, lines } = await createWorld();
    const verdict = await door(requestWith(undefined));
    expect(verdict).toMatchObject({
      ok: false,
      status: 401,
      reason: 'token_missing',
      headers: { 'www-authenticate': 'Bearer realm="sallyport"' },
    });
    expect(lines[0]).toMatchObject({ event: 'door.refused', door: 'key', reason: 'token_missing' });
    expect(lines[1]).toEqual({ level: 'metric', event: 'Refused', reason: 'token_missing' });
  });

  it('does not read a token from a query or a certificate from anywhere', async () => {
    const { door, text } = await createWorld();
    const request = requestWith(undefined, { query: `access_token=${text}`, clientCertificatePem: 'anything' });
    expect(await door(request)).toMatchObject({ reason: 'token_missing' });
  });

  it.each(['agent', 'confirm'] as const)('refuses a token whose audience is %s', async (audience) => {
    const { door, text } = await createWorld({ audience });
    const verdict = await door(requestWith(`Bearer ${text}`));
    expect(verdict).toMatchObject({ status: 401, reason: 'token_audience' });
    expect(verdict.ok ? '' : verdict.headers['www-authenticate']).toContain(INVALID);
  });

  it('refuses other texts, other secrets and unknown ids alike', async () => {
    const { door, text } = await createWorld();
    const swapped = text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');
    const unknown = text.replace(/^sp_.{26}/, 'sp_01ARZ3NDEKTSV4RRFFQ69G5FAV');
    const answers = new Set<string>();
    for (const value of [
      'Bearer x',
      'Bearer ',
      'Basic eDp5',
      `Bearer ${swapped}`,
      `Bearer ${unknown}`,
      `${text}`,
      `Bearer ${text}, Bearer ${text}`,
    ]) {
      const verdict = await door(requestWith(value));
      expect(verdict).toMatchObject({ ok: false, status: 401, reason: 'token_unknown' });
      if (!verdict.ok) answers.add(JSON.stringify([verdict.status, verdict.code, verdict.headers]));
    }
    expect(answers.size).toBe(1);
  });

  it('refuses a token that is over or was taken back, from the very next call', async () => {
    const { door, text, clock, save } = await createWorld();
    expect((await door(requestWith(`Bearer ${text}`))).ok).toBe(true);
    await save({ revoked_at: 1 });
    expect(await door(requestWith(`Bearer ${text}`))).toMatchObject({ reason: 'token_revoked' });
    await save();
    clock.now += 60_000;
    expect(await door(requestWith(`Bearer ${text}`))).toMatchObject({ reason: 'token_expired' });
  });

  it('answers 503 while the store is down or the record is damaged', async () => {
    const { door, text, store, record } = await createWorld();
    await store.set(tokenKey(record.id), '{}');
    expect(await door(requestWith(`Bearer ${text}`))).toMatchObject({
      status: 503,
      reason: 'token_store_unavailable',
      headers: { 'retry-after': '1' },
    });
    await store.close();
    expect(await door(requestWith(`Bearer ${text}`))).toMatchObject({
      status: 503,
      detail: expect.stringContaining('unavailable'),
    });
    expect(new AppError('unavailable', '').status).toBe(503);
  });

  it('never logs a token', async () => {
    const { door, text, lines, clock } = await createWorld();
    clock.now += 60_000;
    await door(requestWith(`Bearer ${text}`));
    expect(JSON.stringify(lines)).not.toContain(text.slice(-43));
  });
});
