import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import { accept, refuse } from '../../../src/kernel/result.ts';
import { createJwtVerifier, type VerifyJwt } from '../../../src/trust/jwt.ts';
import { createTestClock } from '../../support/clock.ts';
import { claimsAt, createSigningKey, profileOf, type SigningKey, signJwt, unsigned } from '../../support/jwt.ts';

// Whatever stands in a token, the answer is a reason, never a fault; and nothing that was changed on its way is believed.

const clock = createTestClock();
let key: SigningKey;
let verify: VerifyJwt;
beforeAll(async () => {
  key = await createSigningKey();
  const set = createLocalJWKSet({ keys: [key.publicJwk] });
  verify = createJwtVerifier({
    issuers: [profileOf()],
    clock,
    keysOf: () => async (request) =>
      set({ ...request }, undefined as never).then(
        (found) => accept(found),
        () => refuse('jwt_key_unknown'),
      ),
  });
});

describe('a JWT', () => {
  it('of any text at all is refused with a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        expect(await verify(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/^jwt_/) });
      }),
    );
  });

  it('with any header and any claims, unsigned, is refused with a reason', async () => {
    const header = fc.oneof(
      fc.object(),
      fc.record({ alg: fc.constantFrom('ES256', 'none', 'HS256'), kid: fc.string() }),
    );
    const claims = fc.oneof(
      fc.object(),
      fc.object().map((odd) => claimsAt(clock.nowMs(), odd)),
    );
    await fc.assert(
      fc.asyncProperty(header, claims, async (head, body) => {
        expect(await verify(unsigned(head, body))).toMatchObject({ ok: false });
      }),
    );
  });

  it('with any claims, well signed, is believed or refused, and believed for its own subject only', async () => {
    const odd = fc.dictionary(
      fc.constantFrom(
        'sub',
        'aud',
        'exp',
        'iat',
        'nbf',
        'scope',
        'scp',
        'client_id',
        'azp',
        'cid',
        'token_use',
        'nonce',
        'cnf',
        'typ',
      ),
      fc.oneof(fc.string(), fc.integer(), fc.double(), fc.array(fc.string()), fc.constant(null), fc.object()),
      { maxKeys: 3 },
    );
    await fc.assert(
      fc.asyncProperty(odd, async (over) => {
        const claims = claimsAt(clock.nowMs(), over);
        const verified = await verify(await signJwt(key, claims));
        if (verified.ok) {
          expect(verified.value.identity).toBe(`oidc:work:${String(claims['sub'])}`);
          expect(verified.value.scopes).not.toContain('confirm');
        }
      }),
    );
  });

  it('of which one character was changed is not believed', async () => {
    const token = await signJwt(key, claimsAt(clock.nowMs()));
    expect(await verify(token)).toMatchObject({ ok: true });
    // The last character of a part carries bits that mean nothing: another spelling of the same bytes is the same signature.
    const ends = new Set([token.length - 1]);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom('A', 'z', '9', '.'), async (at, character) => {
        fc.pre(token[at] !== character && !ends.has(at));
        expect(await verify(`${token.slice(0, at)}${character}${token.slice(at + 1)}`)).toMatchObject({ ok: false });
      }),
    );
  });
});
