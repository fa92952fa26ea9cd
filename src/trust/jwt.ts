import type { CryptoKey } from 'jose';
import { compactVerify } from 'jose/jws/compact/verify';
import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { type ClaimsReason, checkClaims, jwtClaims, type VerifiedJwt } from './jwt-claims.ts';

// Whether a JWT is an access token of an issuer that the operator configured. It knows nothing of HTTP, so that each door may put
// its own frame around it. Only asymmetric signatures by keys that the issuer publishes count: nothing inside a token (`jwk`, `jku`,
// `x5u`, a path in `kid`) says where a key comes from, and there is no algorithm to negotiate.

export type KeyReason = 'jwt_key_unknown' | 'jwt_key_ambiguous' | 'jwt_key_unfit';
export type JwtReason = KeyReason | ClaimsReason | 'jwt_malformed' | 'jwt_algorithm' | 'jwt_critical' | 'jwt_signature';

/** Which key a token's header asks for. */
export interface KeyRequest {
  readonly alg: string;
  readonly kid?: string;
}

/** One issuer's keys. Rejects with AppError `unavailable` when they cannot be had. */
export type FindKey = (request: KeyRequest) => Promise<Result<CryptoKey, KeyReason>>;

export type VerifyJwt = (token: string) => Promise<Result<VerifiedJwt, JwtReason>>;

/** RFC 7518 §3.1 without `none` and HMAC, and RFC 8037/9864 EdDSA. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]);
/** Bounds what an unproved caller makes us parse. API Gateway takes 10 kB of headers in all. */
const MAX_TOKEN_LENGTH = 8192;
const JWT_PATTERN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const jwtHeader = z.looseObject({
  alg: z.string(),
  kid: z.string().min(1).max(256).optional(),
  typ: z.string().max(100).optional(),
});

/** Whether a bearer token has a JWT's form, which none of ours has. */
export const looksLikeJwt = (text: string): boolean => JWT_PATTERN.test(text);

function decode<Schema extends z.ZodType>(part: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function readHeader(part: string): Result<z.infer<typeof jwtHeader>, JwtReason> {
  const header = decode(part, jwtHeader);
  if (header === undefined) return refuse('jwt_malformed', 'header');
  if (!ALGORITHMS.has(header.alg)) return refuse('jwt_algorithm');
  // RFC 7515 §4.1.11: what must be understood, and is not, is refused.
  return header['crit'] === undefined ? accept(header) : refuse('jwt_critical');
}

async function hasSignature(token: string, key: CryptoKey, alg: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch {
    // The key does not fit the algorithm, is too short (RFC 7518 §3.3), or did not sign this.
    return false;
  }
}

export interface JwtVerifierOptions {
  readonly issuers: readonly IssuerProfile[];
  readonly keysOf: (issuer: IssuerProfile) => FindKey;
  readonly clock: Clock;
}

/** The profile is chosen by `iss` before the signature is checked, and by nothing else; every other claim counts only behind it. */
export function createJwtVerifier({ issuers, keysOf, clock }: JwtVerifierOptions): VerifyJwt {
  const known = new Map(issuers.map((profile) => [profile.issuer, { profile, findKey: keysOf(profile) }]));
  return async (token) => {
    const [headerPart, claimsPart] = token.split('.');
    const wellFormed = token.length <= MAX_TOKEN_LENGTH && looksLikeJwt(token);
    if (!wellFormed || headerPart === undefined || claimsPart === undefined) return refuse('jwt_malformed');
    const header = readHeader(headerPart);
    if (!header.ok) return header;
    const claims = decode(claimsPart, jwtClaims);
    if (claims === undefined) return refuse('jwt_claims');
    const issuer = known.get(claims.iss);
    if (issuer === undefined) return refuse('jwt_issuer');
    const { alg, kid, typ } = header.value;
    const key = await issuer.findKey({ alg, ...(kid === undefined ? {} : { kid }) });
    if (!key.ok) return key;
    if (!(await hasSignature(token, key.value, alg))) return refuse('jwt_signature');
    return checkClaims({ type: typ, claims }, issuer.profile, clock.nowMs());
  };
}
