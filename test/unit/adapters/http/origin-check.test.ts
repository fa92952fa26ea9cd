import { describe, expect, it } from '@jest/globals';
import { createOriginCheck, ORIGIN_HEADER } from '../../../../src/adapters/http/origin-check.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { HttpApp, HttpRequest } from '../../../../src/ports/http.ts';
import { createTestLog } from '../../../support/log.ts';

const SECRET = 'k3Vn0c1tQpX8sJbW5yRzLhAeUfGmDoTi-_9Y2N7P4aB';
const NEXT = 'Zx8Wv6Ut4Sr2Qp0On9Ml7Kj5Ih3Gf1Ed-_CbA2yX4wV';
const ok = { status: 200, headers: {}, body: 'hello' };

function createRequest(headers: HttpRequest['headers'], path = '/chat'): HttpRequest {
  return {
    method: 'POST',
    path,
    query: '',
    headers,
    cookies: [],
    body: new Uint8Array(),
    domainName: 'agent.example.com',
    apiId: 'api',
    stage: '$default',
    sourceIp: '192.0.2.1',
    requestId: 'r1',
    remainingMs: 29_000,
  };
}

function createChecked(configured = SECRET) {
  const seen: HttpRequest[] = [];
  const log = createTestLog();
  let value = configured;
  const app: HttpApp = async (request) => {
    seen.push(request);
    return ok;
  };
  return {
    seen,
    log,
    check: createOriginCheck(app, { secret: async () => createSecret(value), log }),
    configure: (next: string) => {
      value = next;
    },
  };
}

describe('a request that came through the edge', () => {
  it('passes, and the app never sees what proved it', async () => {
    const { check, seen, log } = createChecked();
    await expect(check(createRequest({ [ORIGIN_HEADER]: SECRET, accept: '*/*' }))).resolves.toBe(ok);
    expect(seen[0]?.headers).toEqual({ accept: '*/*' });
    expect(log.events).toEqual([]);
  });

  it('passes with the old secret and with the new one while it is replaced', async () => {
    const { check, configure, seen } = createChecked();
    configure(`${NEXT},${SECRET}`);
    await check(createRequest({ [ORIGIN_HEADER]: SECRET }));
    await check(createRequest({ [ORIGIN_HEADER]: NEXT }));
    configure(NEXT);
    await expect(check(createRequest({ [ORIGIN_HEADER]: SECRET }))).rejects.toMatchObject({ code: 'forbidden' });
    expect(seen).toHaveLength(2);
  });
});

describe('a request that came around the edge', () => {
  it.each([
    ['nothing', undefined, 'origin_missing'],
    ['an empty header', '', 'origin_wrong'],
    ['another secret', NEXT, 'origin_wrong'],
    ['a part of the secret', SECRET.slice(0, -1), 'origin_wrong'],
    ['the secret and more', `${SECRET}A`, 'origin_wrong'],
    ['the secret in other case', SECRET.toLowerCase(), 'origin_wrong'],
    ['the header twice, as API Gateway joins it', `${NEXT},${SECRET}`, 'origin_wrong'],
    ['a value of 100,000 characters', 'A'.repeat(100_000), 'origin_wrong'],
  ])('is refused with %s, and the log alone says why', async (_what, value, reason) => {
    const { check, seen, log } = createChecked();
    const headers = value === undefined ? {} : { [ORIGIN_HEADER]: value };
    await expect(check(createRequest(headers))).rejects.toMatchObject({ code: 'forbidden', message: 'Forbidden.' });
    expect(seen).toEqual([]);
    expect(log.events).toEqual([
      { level: 'warn', event: 'origin.refused', fields: { request_id: 'r1', reason } },
      { level: 'metric', event: 'Refused', fields: { reason } },
    ]);
    expect(JSON.stringify(log.events)).not.toContain(SECRET);
  });

  it('is refused at /health too', async () => {
    const { check, seen } = createChecked();
    await expect(check(createRequest({}, '/health'))).rejects.toMatchObject({ code: 'forbidden' });
    expect(seen).toEqual([]);
  });
});

describe('a secret that is none', () => {
  it.each([
    ['the placeholder of a parameter never set', 'unset'],
    ['an empty text', ''],
    ['one that is short', SECRET.slice(0, 31)],
    ['three of them', `${SECRET},${NEXT},${SECRET}`],
    ['one and a comma', `${SECRET},`],
    ['one that no header can carry', `${SECRET}ä`],
  ])('opens nothing, even to who presents it: %s', async (_what, value) => {
    const { check, seen } = createChecked(value);
    const fault = await check(createRequest({ [ORIGIN_HEADER]: value })).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'misconfigured' });
    if (value !== '') expect(String(fault)).not.toContain(value);
    expect(seen).toEqual([]);
  });
});
