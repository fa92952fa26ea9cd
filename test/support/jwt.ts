import type { CryptoKey, JWK } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { IssuerProfile } from '../../src/trust/issuer-profile.ts';

// Keys and tokens of an issuer that says whatever a test wants it to say.

export const ISSUER = 'https://issuer.example.com/tenant';
export const AUDIENCE = 'https://agent.example.com';

export const profileOf = (over: Partial<IssuerProfile> = {}): IssuerProfile => ({
  issuer: ISSUER,
  alias: 'work',
  audience: [AUDIENCE],
  clientIds: [],
  scopes: {},
  ...over,
});

export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function createSigningKey(alg = 'ES256', kid = 'key-1'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicJwk: { ...(await exportJWK(publicKey)), alg, use: 'sig', kid } };
}

/** What a good access token says, unless `over` says otherwise; a member that is undefined is left out. */
export function claimsAt(nowMs: number, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const now = Math.floor(nowMs / 1000);
  return {
    iss: ISSUER,
    sub: 'user-1',
    aud: AUDIENCE,
    client_id: 'cli',
    scope: 'openid calendar.read',
    iat: now,
    exp: now + 600,
    ...over,
  };
}

export async function signJwt(
  key: SigningKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { alg = 'ES256', kid } = key.publicJwk;
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Header and claims with whatever stands in place of a signature. */
export const unsigned = (header: object, claims: object, signature = 'AAAA'): string =>
  `${encode(header)}.${encode(claims)}.${signature}`;
