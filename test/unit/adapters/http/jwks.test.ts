import { beforeEach, describe, expect, it } from '@jest/globals';
import { createIssuerKeys } from '../../../../src/adapters/http/jwks.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { OutsideRequest, OutsideResponse } from '../../../../src/ports/outside-client.ts';
import { createTestClock, type TestClock } from '../../../support/clock.ts';
import { createSigningKey, ISSUER, type SigningKey } from '../../../support/jwt.ts';
import { createTestLog, type TestLog } from '../../../support/log.ts';

// When an issuer is asked for its keys, how often, and for how long what it said counts. The issuer here says what a test wants; a real one
// is in test/contract/issuer-tokens.test.ts.

const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const JWKS = 'https://keys.example.com/jwks';
const MINUTE = 60_000;
const HOUR = 3_600_000;

let clock: TestClock;
let log: TestLog;
let one: SigningKey;
let two: SigningKey;
/** What was asked, by address. */
let asked: OutsideRequest[];
let documents: Map<string, unknown>;
let fault: (() => Promise<OutsideResponse>) | undefined;
let headers: Record<string, string>;

beforeEach(async () => {
  clock = createTestClock();
  log = createTestLog();
  [one, two] = await Promise.all([createSigningKey('ES256', 'one'), createSigningKey('ES256', 'two')]);
  asked = [];
  headers = {};
  fault = undefined;
  documents = new Map<string, unknown>([
    [DISCOVERY, { issuer: ISSUER, jwks_uri: JWKS }],
    [JWKS, { keys: [one.publicJwk] }],
  ]);
});

function keys(issuer = ISSUER) {
  const http = {
    send: async (request: OutsideRequest): Promise<OutsideResponse> => {
      asked.push(request);
      // A network is never there at once.
      await new Promise((resolve) => setImmediate(resolve));
      if (fault !== undefined) return fault();
      const document = documents.get(request.url);
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      return { status: document === undefined ? 404 : 200, headers, body: Buffer.from(text ?? '') };
    },
  };
  return createIssuerKeys({ issuer, http, clock, log });
}

const ask = { alg: 'ES256', kid: 'one' };
const timesAsked = (url = JWKS): number => asked.filter((request) => request.url === url).length;
const reasonOf = async (found: Promise<{ ok: boolean; reason?: string }>) => (await found).reason ?? 'found';

describe('an issuer’s keys', () => {
  it('are found by discovery and kept', async () => {
    const find = keys();
    expect(await find(ask)).toMatchObject({ ok: true });
    expect(await find(ask)).toMatchObject({ ok: true });
    expect(asked.map(({ url }) => url)).toEqual([DISCOVERY, JWKS]);
  });

  it('are asked for with limits of size and time', async () => {
    await keys()(ask);
    for (const request of asked) {
      expect(request).toMatchObject({ method: 'GET', maxResponseBytes: 262_144, timeoutMs: 5000 });
    }
  });

  it('are asked for once by all who need them at the same moment', async () => {
    const find = keys();
    const found = await Promise.all(Array.from({ length: 50 }, () => find(ask)));
    expect(found.every(({ ok }) => ok)).toBe(true);
    expect(timesAsked()).toBe(1);
  });

  it.each([
    ['ten minutes where the issuer says nothing', undefined, 10 * MINUTE],
    ['as long as it says', 'public, max-age=1800', 30 * MINUTE],
    ['an hour at most', 'max-age=999999999', HOUR],
    ['a minute at least', 'no-cache, max-age=0', MINUTE],
    ['ten minutes where what it says is no number', 'max-age=soon', 10 * MINUTE],
  ])('are good for %s', async (_, cacheControl, lifeMs) => {
    if (cacheControl !== undefined) headers = { 'cache-control': cacheControl };
    const find = keys();
    await find(ask);
    clock.advance(lifeMs - 1);
    await find(ask);
    expect(timesAsked()).toBe(1);
    clock.advance(1);
    await find(ask);
    expect(timesAsked()).toBe(2);
  });

  it('are used when a token names none and there is one that fits', async () => {
    expect(await keys()({ alg: 'ES256' })).toMatchObject({ ok: true });
    documents.set(JWKS, { keys: [one.publicJwk, two.publicJwk] });
    expect(await reasonOf(keys()({ alg: 'ES256' }))).toBe('jwt_key_ambiguous');
  });

  it('that are not for signatures, or for another algorithm, are not there', async () => {
    documents.set(JWKS, {
      keys: [
        { ...one.publicJwk, use: 'enc' },
        { kty: 'oct', kid: 'one', k: 'c2VjcmV0' },
      ],
    });
    const find = keys();
    expect(await reasonOf(find(ask))).toBe('jwt_key_unknown');
    expect(await reasonOf(find({ alg: 'RS256', kid: 'one' }))).toBe('jwt_key_unknown');
  });

  it('that are broken are refused as unfit', async () => {
    documents.set(JWKS, { keys: [{ ...one.publicJwk, x: 'AAAA' }] });
    expect(await reasonOf(keys()(ask))).toBe('jwt_key_unfit');
  });
});

describe('a rotation', () => {
  it.each([0, 30_000])(
    'is noticed at once by a key id that nobody knows, %i ms after the keys were read',
    async (ms) => {
      const find = keys();
      await find(ask);
      clock.advance(ms);
      documents.set(JWKS, { keys: [one.publicJwk, two.publicJwk] });
      expect(await find({ alg: 'ES256', kid: 'two' })).toMatchObject({ ok: true });
      expect(timesAsked()).toBe(2);
    },
  );

  it('lets made-up key ids ask for the keys once in half a minute, however many come', async () => {
    const find = keys();
    await find(ask);
    const guess = (kid: number) => reasonOf(find({ alg: 'ES256', kid: `made up ${kid}` }));
    for (let second = 0; second < 120; second += 1) {
      expect(await guess(second)).toBe('jwt_key_unknown');
      clock.advance(1000);
    }
    // For itself, and for a guess at 0, 30, 60 and 90 seconds.
    expect(timesAsked()).toBe(5);
    expect(await find(ask)).toMatchObject({ ok: true });
  });

  it('ends a key that was withdrawn when the set is read again', async () => {
    const find = keys();
    await find(ask);
    documents.set(JWKS, { keys: [two.publicJwk] });
    clock.advance(10 * MINUTE);
    expect(await reasonOf(find(ask))).toBe('jwt_key_unknown');
  });

  it('may move the keys to another address', async () => {
    const find = keys();
    await find(ask);
    const moved = 'https://elsewhere.example.com/jwks';
    documents.delete(JWKS);
    documents.set(DISCOVERY, { issuer: ISSUER, jwks_uri: moved });
    documents.set(moved, { keys: [one.publicJwk] });
    clock.advance(10 * MINUTE);
    // Once the old address has failed, the new one is looked up.
    await find(ask);
    clock.advance(30_000);
    await find(ask);
    expect(timesAsked(moved)).toBe(1);
  });
});

describe('an issuer that does not answer', () => {
  const broken = () => Promise.reject(new AppError('upstream_failed', 'The service could not be reached.'));

  it('makes it impossible to say, not impossible to believe: 503, with a time to come back', async () => {
    fault = broken;
    await expect(keys()(ask)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 30 });
  });

  it('is not asked again for half a minute', async () => {
    fault = broken;
    const find = keys();
    for (let call = 0; call < 20; call += 1) await expect(find(ask)).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(1);
    clock.advance(30_000);
    fault = undefined;
    expect(await find(ask)).toMatchObject({ ok: true });
  });

  it('has its keys believed for six hours, and no longer', async () => {
    const find = keys();
    await find(ask);
    fault = broken;
    clock.advance(6 * HOUR);
    expect(await find(ask)).toMatchObject({ ok: true });
    clock.advance(1);
    await expect(find(ask)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is logged by its host, and by nothing else', async () => {
    fault = broken;
    await keys()(ask).catch(() => undefined);
    expect(log.events).toEqual([
      {
        level: 'warn',
        event: 'issuer.keys_not_read',
        fields: { host: 'issuer.example.com', cause: 'upstream_failed' },
      },
    ]);
  });
});

describe('what an issuer answers', () => {
  const huge = { keys: Array.from({ length: 101 }, (_, index) => ({ kty: 'RSA', kid: `${index}` })) };
  it.each([
    ['another issuer’s discovery', DISCOVERY, { issuer: 'https://evil.example.com', jwks_uri: JWKS }],
    ['a discovery without keys', DISCOVERY, { issuer: ISSUER }],
    ['keys at an address that is none', DISCOVERY, { issuer: ISSUER, jwks_uri: 'file:///etc/passwd' }],
    ['no JSON', JWKS, '<html>sign in</html>'],
    ['no list of keys', JWKS, { keys: 'all' }],
    ['keys without a kind', JWKS, { keys: [{ kid: 'one' }] }],
    ['more than a hundred keys', JWKS, huge],
    ['nothing', JWKS, undefined],
  ])('%s is not believed', async (_, url, document) => {
    documents.set(url, document);
    await expect(keys()(ask)).rejects.toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify(log.events)).not.toContain('<html>');
  });

  it('in place of good keys does not take them away before their time', async () => {
    const find = keys();
    await find(ask);
    documents.set(JWKS, huge);
    clock.advance(10 * MINUTE);
    expect(await find(ask)).toMatchObject({ ok: true });
  });
});
