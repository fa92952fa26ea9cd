import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type CryptoKey, createLocalJWKSet, exportSPKI, importJWK } from 'jose';
import { accept, refuse } from '../../../src/kernel/result.ts';
import type { IssuerProfile } from '../../../src/trust/issuer-profile.ts';
import { createJwtVerifier, type KeyRequest, looksLikeJwt } from '../../../src/trust/jwt.ts';
import { createTestClock } from '../../support/clock.ts';
import {
  AUDIENCE,
  claimsAt,
  createSigningKey,
  ISSUER,
  profileOf,
  type SigningKey,
  signJwt,
  unsigned,
} from '../../support/jwt.ts';

// Which JWTs are access tokens of a configured issuer for us, and with which exact reason every other is refused.

const clock = createTestClock();
const NOW = clock.nowMs();
let key: SigningKey;
let rsa: SigningKey;
let foreign: SigningKey;
beforeAll(async () => {
  [key, rsa, foreign] = await Promise.all([
    createSigningKey('ES256', 'key-1'),
    createSigningKey('RS256', 'key-rsa'),
    createSigningKey('ES256', 'key-1'),
  ]);
});

/** Keys as the issuer publishes them, and what was asked of them. */
function verifierOf(profiles: readonly IssuerProfile[] = [profileOf()]) {
  const asked: KeyRequest[] = [];
  const verify = createJwtVerifier({
    issuers: profiles,
    clock,
    keysOf: () => async (request) => {
      asked.push(request);
      const set = createLocalJWKSet({ keys: [key.publicJwk, rsa.publicJwk] });
      try {
        return accept(await set({ ...request }, undefined as never));
      } catch {
        return refuse('jwt_key_unknown');
      }
    },
  });
  return { verify, asked };
}

const { verify } = verifierOf();
const reasonOf = async (token: string, check = verify): Promise<string> => {
  const verified = await check(token);
  return verified.ok ? 'accepted' : verified.reason;
};
const said = (over: Readonly<Record<string, unknown>>) => claimsAt(NOW, over);

describe('an access token of a configured issuer', () => {
  it('proves the identity that the issuer’s short name and the subject make, with scopes of ours only', async () => {
    const verified = await verify(await signJwt(key, said({ scope: 'openid calendar.read email confirm' })));
    expect(verified).toEqual({
      ok: true,
      value: {
        identity: 'oidc:work:user-1',
        issuer: ISSUER,
        client: 'cli',
        scopes: ['calendar.read'],
        expiresAt: Math.floor(NOW / 1000) + 600,
      },
    });
  });

  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])('is believed when signed with %s', async (alg) => {
    const other = await createSigningKey(alg, `kid of ${alg}`);
    const check = createJwtVerifier({
      issuers: [profileOf()],
      clock,
      keysOf: () => async () => accept((await importJWK(other.publicJwk, alg)) as CryptoKey),
    });
    expect(await reasonOf(await signJwt(other, said({})), check)).toBe('accepted');
  });

  it.each([
    ['without a type, as Cognito and Okta write it', {}, { typ: undefined }],
    ['of the type JWT', {}, { typ: 'JWT' }],
    ['of RFC 9068’s type, written out', {}, { typ: 'application/at+jwt' }],
    ['for several audiences', { aud: ['https://other.example.com', AUDIENCE] }, {}],
    ['with Okta’s scopes', { scope: undefined, scp: ['calendar.read'] }, {}],
    ['with Entra’s scopes', { scope: undefined, scp: 'calendar.read calendar.write' }, {}],
    ['whose clock is a little ahead', { iat: Math.floor(NOW / 1000) + 59, exp: Math.floor(NOW / 1000) + 600 }, {}],
    ['that ended less than a minute ago', { iat: Math.floor(NOW / 1000) - 600, exp: Math.floor(NOW / 1000) - 59 }, {}],
  ])('is believed %s', async (_, claims, header) => {
    expect(await reasonOf(await signJwt(key, said(claims), header))).toBe('accepted');
  });

  it('is told from tokens of ours by its form', async () => {
    expect(looksLikeJwt(await signJwt(key, said({})))).toBe(true);
    expect(looksLikeJwt('sp_01ARZ3NDEKTSV4RRFFQ69G5FAV_secret')).toBe(false);
  });
});

describe('a hostile or mistaken token', () => {
  const second = Math.floor(NOW / 1000);
  const claims: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['of another issuer', { iss: 'https://evil.example.com' }, 'jwt_issuer'],
    ['of an issuer whose name only begins like ours', { iss: `${ISSUER}/` }, 'jwt_issuer'],
    ['of an issuer spelled in other case', { iss: ISSUER.toUpperCase() }, 'jwt_issuer'],
    ['without an issuer', { iss: undefined }, 'jwt_claims'],
    ['with a list of issuers', { iss: [ISSUER] }, 'jwt_claims'],
    ['for another API', { aud: 'https://other.example.com' }, 'jwt_audience'],
    ['for an API whose name contains ours', { aud: `${AUDIENCE}.evil.example.com` }, 'jwt_audience'],
    ['for nobody', { aud: undefined }, 'jwt_audience'],
    ['for nobody in a list', { aud: [] }, 'jwt_audience'],
    ['with an audience that is no text', { aud: { [AUDIENCE]: true } }, 'jwt_claims'],
    ['that expired', { iat: second - 700, exp: second - 60 }, 'jwt_expired'],
    ['without an end', { exp: undefined }, 'jwt_claims'],
    ['whose end is text', { exp: `${second + 600}` }, 'jwt_claims'],
    ['without a beginning', { iat: undefined }, 'jwt_claims'],
    ['of the future', { iat: second + 61 }, 'jwt_in_future'],
    ['not valid yet', { nbf: second + 61 }, 'jwt_not_yet'],
    ['that lives for days', { exp: second + 86_401 }, 'jwt_lifetime'],
    ['that ends before it begins', { iat: second, exp: second - 1 }, 'jwt_lifetime'],
    ['whose end is no moment', { exp: 1e308 }, 'jwt_lifetime'],
    ['without a subject', { sub: undefined }, 'jwt_subject'],
    ['with an empty subject', { sub: '' }, 'jwt_subject'],
    ['whose subject holds what no identity may', { sub: 'user 1' }, 'jwt_subject'],
    ['whose subject breaks lines', { sub: 'user-1\nadmin' }, 'jwt_subject'],
    ['whose subject is too long', { sub: 'u'.repeat(256) }, 'jwt_subject'],
    ['whose subject is a number', { sub: 1 }, 'jwt_claims'],
    ['whose clients disagree', { client_id: 'cli', azp: 'other' }, 'jwt_client'],
    ['without a scope of ours', { scope: 'openid email' }, 'jwt_scope'],
    ['that would confirm and nothing else', { scope: 'confirm' }, 'jwt_scope'],
    ['without any scope', { scope: undefined }, 'jwt_scope'],
    ['bound to a key that nobody proved', { cnf: { jkt: 'abc' } }, 'jwt_bound'],
    ['that says it is an ID token (Cognito)', { token_use: 'id' }, 'jwt_id_token'],
    ['that says it is an ID token (Keycloak)', { typ: 'ID' }, 'jwt_id_token'],
  ];
  it.each(claims)('%s is refused', async (_, over, reason) => {
    expect(await reasonOf(await signJwt(key, said(over)))).toBe(reason);
  });

  it.each([
    ['a nonce', { nonce: 'n' }],
    ['a hash of an access token', { at_hash: 'h' }],
    ['a hash of a code', { c_hash: 'h' }],
  ])('that is an ID token by %s is refused, whatever its audience', async (_, over) => {
    expect(await reasonOf(await signJwt(key, said(over), { typ: 'JWT' }))).toBe('jwt_id_token');
  });

  it('whose audience is a client is an ID token', async () => {
    const { verify: check } = verifierOf([profileOf({ clientIds: ['cli'] })]);
    const token = await signJwt(key, said({ aud: ['cli', AUDIENCE] }), { typ: 'JWT' });
    expect(await reasonOf(token, check)).toBe('jwt_id_token');
  });

  const headers: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['a logout token', { typ: 'logout+jwt' }, 'jwt_type'],
    ['a delegation of ours', { typ: 'delegation+jwt' }, 'jwt_type'],
    ['a DPoP proof', { typ: 'dpop+jwt' }, 'jwt_type'],
    ['a key id nobody has', { kid: 'key-2' }, 'jwt_key_unknown'],
    ['a path for a key id', { kid: '../../../../dev/null' }, 'jwt_key_unknown'],
    ['an address for a key id', { kid: 'https://evil.example.com/key' }, 'jwt_key_unknown'],
    ['a query for a key id', { kid: "' OR '1'='1" }, 'jwt_key_unknown'],
  ];
  it.each(headers)('%s is refused', async (_, header, reason) => {
    expect(await reasonOf(await signJwt(key, said({}), header))).toBe(reason);
  });

  it('that brings its own key is checked with the issuer’s', async () => {
    const token = await signJwt(foreign, said({}), {
      jwk: foreign.publicJwk,
      jku: 'https://evil.example.com/jwks',
      x5u: 'https://evil.example.com/cert',
    });
    const { verify: check, asked } = verifierOf();
    expect(await reasonOf(token, check)).toBe('jwt_signature');
    expect(asked).toEqual([{ alg: 'ES256', kid: 'key-1' }]);
  });

  it.each(['none', 'None', 'nOnE', 'HS256', 'HS384', 'HS512', 'ES256K', 'RSA1_5', ''])(
    'with the algorithm "%s" is refused before a key is asked for',
    async (alg) => {
      const { verify: check, asked } = verifierOf();
      expect(await reasonOf(unsigned({ alg, kid: 'key-1' }, said({})), check)).toBe('jwt_algorithm');
      expect(asked).toEqual([]);
    },
  );

  it('whose HMAC is keyed with the public key is refused (algorithm confusion)', async () => {
    const pem = await exportSPKI((await importJWK(rsa.publicJwk, 'RS256', { extractable: true })) as CryptoKey);
    for (const secret of [pem, JSON.stringify(rsa.publicJwk), rsa.publicJwk.n ?? '']) {
      const signing = unsigned({ alg: 'HS256', kid: 'key-rsa', typ: 'at+jwt' }, said({}), '').slice(0, -1);
      const token = `${signing}.${createHmac('sha256', secret).update(signing).digest('base64url')}`;
      expect(await reasonOf(token)).toBe('jwt_algorithm');
    }
  });

  it('that names another algorithm than its key’s is refused', async () => {
    const [, claimsPart, signature] = (await signJwt(rsa, said({}))).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'PS256', kid: 'key-rsa' })).toString('base64url');
    expect(await reasonOf(`${header}.${claimsPart}.${signature}`)).toBe('jwt_key_unknown');
  });

  it('with a changed claim, a changed signature or none is refused', async () => {
    const [header = '', , signature = ''] = (await signJwt(key, said({}))).split('.');
    const other = Buffer.from(JSON.stringify(said({ sub: 'admin' }))).toString('base64url');
    const mine = Buffer.from(JSON.stringify(said({}))).toString('base64url');
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await reasonOf(`${header}.${other}.${signature}`)).toBe('jwt_signature');
    expect(await reasonOf(`${header}.${mine}.${flipped}`)).toBe('jwt_signature');
    expect(await reasonOf(`${header}.${mine}.`)).toBe('jwt_malformed');
  });

  it('with something critical in its header is refused', async () => {
    const token = unsigned({ alg: 'ES256', kid: 'key-1', crit: ['b64'], b64: false }, said({}));
    expect(await reasonOf(token)).toBe('jwt_critical');
  });

  it.each([
    ['nothing', ''],
    ['two parts', 'a.b'],
    ['five parts, as encrypted ones have', 'a.b.c.d.e'],
    ['what is no base64url', 'a+b.c.d'],
    ['a header that is no JSON', `${Buffer.from('{').toString('base64url')}.e30.AAAA`],
    ['a header that is a list', `${Buffer.from('[]').toString('base64url')}.e30.AAAA`],
    ['a key id that is an object', unsigned({ alg: 'ES256', kid: { a: 1 } }, {})],
    ['a key id without end', unsigned({ alg: 'ES256', kid: 'k'.repeat(257) }, {})],
    ['eight kilobytes and more', unsigned({ alg: 'ES256' }, { pad: 'x'.repeat(8192) })],
  ])('of %s is malformed', async (_, token) => {
    expect(await reasonOf(token)).toBe('jwt_malformed');
  });

  it('is a fault of nobody: whatever a token holds, the answer is a reason', async () => {
    const odd = ['null', '1', '"x"', '[]', '{"iss":null}', `{"__proto__":{"iss":"${ISSUER}"}}`, '\u0000'];
    for (const text of odd) {
      const part = Buffer.from(text).toString('base64url');
      expect(await reasonOf(`${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${part}.AAAA`)).toMatch(/^jwt_/);
    }
  });
});

describe('a profile', () => {
  const check = async (profile: Partial<IssuerProfile>, over: Readonly<Record<string, unknown>>, typ = 'JWT') =>
    reasonOf(await signJwt(key, said(over), { typ }), verifierOf([profileOf(profile)]).verify);
  const cognito = { audience: [], clientIds: ['cli'], tokenUse: 'access' } as const;

  it('for Cognito goes by client and token_use, for its tokens have no audience', async () => {
    expect(await check(cognito, { aud: undefined, token_use: 'access' })).toBe('accepted');
    expect(await check(cognito, { aud: undefined, token_use: 'access', client_id: 'other' })).toBe('jwt_client');
    expect(await check(cognito, { aud: undefined, token_use: 'access', client_id: undefined })).toBe('jwt_client');
    expect(await check(cognito, { aud: undefined })).toBe('jwt_token_use');
    expect(await check(cognito, { aud: 'cli', token_use: 'id' })).toBe('jwt_token_use');
  });

  it('without audience and clients lets in nobody', async () => {
    expect(await check({ audience: [], clientIds: [] }, {})).toBe('jwt_client');
  });

  it('that names clients refuses every other', async () => {
    expect(await check({ clientIds: ['cli'] }, { client_id: undefined, azp: 'cli' })).toBe('accepted');
    expect(await check({ clientIds: ['cli'] }, { client_id: undefined, cid: 'cli' })).toBe('accepted');
    expect(await check({ clientIds: ['cli'] }, { client_id: 'web' })).toBe('jwt_client');
  });

  it('may demand RFC 9068’s type', async () => {
    expect(await check({ typ: 'at+jwt' }, {}, 'at+jwt')).toBe('accepted');
    expect(await check({ typ: 'at+jwt' }, {}, 'JWT')).toBe('jwt_type');
  });

  it('says what the issuer’s scopes mean here; then none of them is taken for one of ours', async () => {
    const { verify: mapped } = verifierOf([profileOf({ scopes: { 'sallyport/plan': ['calendar.write', 'confirm'] } })]);
    const scoped = async (scope: string) => mapped(await signJwt(key, said({ scope })));
    expect(await scoped('sallyport/plan openid')).toMatchObject({ ok: true, value: { scopes: ['calendar.write'] } });
    expect(await scoped('calendar.write')).toMatchObject({ ok: false, reason: 'jwt_scope' });
    expect(await scoped('__proto__ constructor')).toMatchObject({ ok: false, reason: 'jwt_scope' });
  });

  it('of one issuer says nothing of another’s tokens', async () => {
    const other = profileOf({ issuer: 'https://other.example.com', alias: 'other', audience: ['other'] });
    const { verify: both } = verifierOf([profileOf(), other]);
    expect(await reasonOf(await signJwt(key, said({ aud: 'other' })), both)).toBe('jwt_audience');
    const theirs = await both(await signJwt(key, said({ iss: other.issuer, aud: 'other' })));
    expect(theirs).toMatchObject({ ok: true, value: { identity: 'oidc:other:user-1' } });
  });
});
