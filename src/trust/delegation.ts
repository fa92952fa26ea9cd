import { type KeyObject, sign, verify } from 'node:crypto';
import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { PERSON_PATTERN } from './person.ts';
import { parseScopes } from './scope.ts';
import { SIGNATURE_WINDOW_SECONDS } from './signature-profile.ts';

// A delegation says for whom an agent makes a call, in which scopes, for a minute at most: a JWT (RFC 7519) that the agent
// signs with its certificate's own key, so that nobody else's connection can use it. It is a claim, not a permission:
// what the call may do is still held to the person's grant. Only ES256 exists here; there is nothing to negotiate.
// `tainted: true` says that the conversation behind the call holds private or untrusted data: then more needs the person's yes.

const DELEGATION_TYPE = 'delegation+jwt';
const DELEGATION_MAX_SECONDS = 60;
/** How far ahead of ours the agent's clock may be when it says `iat`: as far as for `created`, which the same clock writes. */
const DELEGATION_SKEW_SECONDS = SIGNATURE_WINDOW_SECONDS;
/** Bounds what an unproved caller makes us parse; our own is about 700 characters. */
const MAX_TOKEN_LENGTH = 4096;
/** RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1). */
const BEARER_PATTERN = /^bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;

export interface Delegation {
  /** For whom: `p_<ulid>`. */
  readonly person: string;
  readonly scopes: readonly string[];
  /** What the agent says of the call: private or untrusted data may have shaped it. */
  readonly tainted: boolean;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly id: string;
}

export type DelegationReason =
  | 'delegation_missing'
  | 'delegation_malformed'
  | 'delegation_algorithm'
  | 'delegation_type'
  | 'delegation_critical'
  | 'delegation_thumbprint'
  | 'delegation_signature'
  | 'delegation_claims'
  | 'delegation_issuer'
  | 'delegation_actor'
  | 'delegation_audience'
  | 'delegation_person'
  | 'delegation_scope'
  | 'delegation_lifetime'
  | 'delegation_in_future'
  | 'delegation_expired'
  | 'delegation_bridge_person';

const headerShape = z.looseObject({
  alg: z.string(),
  typ: z.string().optional(),
  'x5t#S256': z.string().optional(),
});

const claimsShape = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  act: z.looseObject({ sub: z.string() }),
  aud: z.union([z.string(), z.array(z.string()).length(1)]),
  scope: z.string().min(1),
  tainted: z.boolean().optional(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1).max(200),
});
type Claims = z.infer<typeof claimsShape>;

export interface DelegationRequest {
  readonly certificate: Pick<ClientCertificate, 'spiffeId' | 'thumbprint'>;
  /** The certificate's own. */
  readonly privateKey: KeyObject;
  readonly person: string;
  readonly scopes: readonly string[];
  /** Private or untrusted data may have shaped what is called under it. */
  readonly tainted?: boolean;
  /** The MCP URL. */
  readonly audience: string;
  readonly nowMs: number;
  /** At most 60. */
  readonly lifetimeSeconds: number;
  /** 16 random bytes for `jti`. */
  readonly random: Uint8Array;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Throws a RangeError on a lifetime no door would accept. */
export function mintDelegation(request: DelegationRequest): string {
  if (!(request.lifetimeSeconds > 0 && request.lifetimeSeconds <= DELEGATION_MAX_SECONDS)) {
    throw new RangeError(`a delegation lives at most ${DELEGATION_MAX_SECONDS} seconds`);
  }
  const iat = Math.floor(request.nowMs / 1000);
  const header = { alg: 'ES256', typ: DELEGATION_TYPE, 'x5t#S256': request.certificate.thumbprint };
  const claims = {
    iss: request.certificate.spiffeId.text,
    sub: request.person,
    act: { sub: request.certificate.spiffeId.agent },
    aud: request.audience,
    scope: request.scopes.join(' '),
    ...(request.tainted === true && { tainted: true }),
    iat,
    exp: iat + request.lifetimeSeconds,
    jti: Buffer.from(request.random).toString('base64url'),
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  // RFC 7518 §3.4: r and s side by side, not DER.
  const signature = sign('sha256', Buffer.from(signed), { key: request.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

export interface DelegationExpectation {
  /** The certificate of this very connection. */
  readonly certificate: Pick<ClientCertificate, 'spiffeId' | 'thumbprint' | 'publicKey'>;
  /** The MCP URL. */
  readonly audience: string;
  readonly nowMs: number;
}

/** The token in an `Authorization` header. */
export function readBearer(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER_PATTERN.exec(authorization)?.[1];
}

function decode<Schema extends z.ZodType>(part: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function checkHeader(part: string, expected: DelegationExpectation): Result<void, DelegationReason> {
  const header = decode(part, headerShape);
  if (header === undefined) return refuse('delegation_malformed', 'header');
  if (header.alg !== 'ES256') return refuse('delegation_algorithm');
  if (header.typ !== DELEGATION_TYPE) return refuse('delegation_type');
  // RFC 7515 §4.1.11: what must be understood, and is not, is refused.
  if (header['crit'] !== undefined) return refuse('delegation_critical');
  if (header['x5t#S256'] !== expected.certificate.thumbprint) return refuse('delegation_thumbprint');
  return accept(undefined);
}

function checkTimes(claims: Pick<Claims, 'iat' | 'exp'>, nowMs: number): Result<void, DelegationReason> {
  const lifetime = claims.exp - claims.iat;
  if (!(lifetime > 0 && lifetime <= DELEGATION_MAX_SECONDS)) return refuse('delegation_lifetime');
  if (claims.iat * 1000 > nowMs + DELEGATION_SKEW_SECONDS * 1000) return refuse('delegation_in_future');
  return nowMs >= claims.exp * 1000 ? refuse('delegation_expired') : accept(undefined);
}

function checkClaims(claims: Claims, expected: DelegationExpectation): Result<Delegation, DelegationReason> {
  const { spiffeId } = expected.certificate;
  if (claims.iss !== spiffeId.text) return refuse('delegation_issuer');
  const bareName = spiffeId.agent.slice(spiffeId.agent.indexOf('/') + 1);
  if (![spiffeId.agent, bareName, spiffeId.text].includes(claims.act.sub)) return refuse('delegation_actor');
  const audience = typeof claims.aud === 'string' ? claims.aud : claims.aud[0];
  if (audience !== expected.audience) return refuse('delegation_audience');
  if (!PERSON_PATTERN.test(claims.sub)) return refuse('delegation_person');
  if (spiffeId.bridgePerson !== undefined && spiffeId.bridgePerson !== claims.sub) {
    return refuse('delegation_bridge_person');
  }
  const scopes = parseScopes(claims.scope);
  if (scopes === undefined || scopes.length === 0) return refuse('delegation_scope');
  const timely = checkTimes(claims, expected.nowMs);
  if (!timely.ok) return timely;
  const { tainted = false } = claims;
  return accept({ person: claims.sub, scopes, tainted, expiresAt: claims.exp, id: claims.jti });
}

/** Checks a delegation against the certificate of this connection. About 100 µs: worth remembering until it expires. */
export function verifyDelegation(token: string, expected: DelegationExpectation): Result<Delegation, DelegationReason> {
  const [header, claims, signature, ...rest] = token.split('.');
  if (token.length > MAX_TOKEN_LENGTH || rest.length > 0) return refuse('delegation_malformed');
  if (header === undefined || claims === undefined || signature === undefined) return refuse('delegation_malformed');
  const checked = checkHeader(header, expected);
  if (!checked.ok) return checked;
  const key = { key: expected.certificate.publicKey, dsaEncoding: 'ieee-p1363' as const };
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))) {
    return refuse('delegation_signature');
  }
  const shaped = decode(claims, claimsShape);
  return shaped === undefined ? refuse('delegation_claims') : checkClaims(shaped, expected);
}
