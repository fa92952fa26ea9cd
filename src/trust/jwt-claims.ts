import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import { type IssuerProfile, mapScopes } from './issuer-profile.ts';

// What a JWT access token says, once its signature is believed: whether it is an access token at all, for us, for now, and from which
// client (RFC 9068 §4, RFC 8725). Pure: the claims, the profile and the time come in, nothing is fetched.

export type ClaimsReason =
  | 'jwt_claims'
  | 'jwt_type'
  | 'jwt_id_token'
  | 'jwt_bound'
  | 'jwt_issuer'
  | 'jwt_audience'
  | 'jwt_client'
  | 'jwt_token_use'
  | 'jwt_subject'
  | 'jwt_scope'
  | 'jwt_expired'
  | 'jwt_not_yet'
  | 'jwt_in_future'
  | 'jwt_lifetime';

export interface VerifiedJwt {
  /** `oidc:<issuer alias>:<sub>` */
  readonly identity: string;
  readonly issuer: string;
  /** The client that holds the token, where the token says it. */
  readonly client?: string;
  /** Scopes of ours; at least one. */
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** As far as clocks of machines that keep time differ; the window of our own signatures. */
const SKEW_SECONDS = 60;
/** Issuers' access tokens live for minutes or hours; Okta and Cognito allow a day at most. One for weeks is something else. */
const MAX_LIFETIME_SECONDS = 86_400;

const texts = z.array(z.string()).max(100);

export const jwtClaims = z.looseObject({
  iss: z.string(),
  sub: z.string().optional(),
  aud: z.union([z.string(), texts]).optional(),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  /** RFC 8693 §4.2 and RFC 9068 §2.2.3. */
  scope: z.string().max(4000).optional(),
  /** How Okta and Entra spell it. */
  scp: z.union([z.string().max(4000), texts]).optional(),
  client_id: z.string().optional(),
  azp: z.string().optional(),
  cid: z.string().optional(),
  token_use: z.string().optional(),
});
export type JwtClaims = z.infer<typeof jwtClaims>;

/** RFC 9068 §2.1, RFC 8725 §3.11: a JWT of another kind (a logout token, a delegation of ours) says so in its type. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** Claims that stand in ID tokens and in no access token (OpenID Connect Core §3.1.3.6, §3.3.2.11). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;
/** OpenID Connect Core §2: at most 255 ASCII characters; identities of ours take the visible ones. */
const SUBJECT = /^[!-~]{1,255}$/;

const audiencesOf = (claims: JwtClaims): readonly string[] =>
  typeof claims.aud === 'string' ? [claims.aud] : (claims.aud ?? []);

/** Every claim that names the client must name the same one. */
function clientOf(claims: JwtClaims): Result<string | undefined, ClaimsReason> {
  const named = new Set([claims.client_id, claims.azp, claims.cid].filter((client) => client !== undefined));
  return named.size > 1 ? refuse('jwt_client', 'several') : accept([...named][0]);
}

function scopesIn(claims: JwtClaims): readonly string[] {
  const given = claims.scope ?? claims.scp ?? '';
  return typeof given === 'string' ? given.split(' ').filter((scope) => scope !== '') : given;
}

function checkKind(type: string | undefined, claims: JwtClaims, profile: IssuerProfile): Result<void, ClaimsReason> {
  const kind = type?.toLowerCase();
  if (kind !== undefined && !TYPES.has(kind)) return refuse('jwt_type');
  const saysAccess = kind !== undefined && kind !== 'jwt';
  if (profile.typ === 'at+jwt' && !saysAccess) return refuse('jwt_type', 'at+jwt is demanded');
  if (profile.tokenUse !== undefined && claims.token_use !== profile.tokenUse) return refuse('jwt_token_use');
  const keycloakKind = claims['typ'];
  const isIdToken =
    claims.token_use === 'id' ||
    (typeof keycloakKind === 'string' && keycloakKind.toUpperCase() === 'ID') ||
    (!saysAccess && ID_TOKEN_CLAIMS.some((name) => claims[name] !== undefined)) ||
    // An ID token is for its client, an access token for an API (OpenID Connect Core §2, RFC 9068 §4).
    audiencesOf(claims).some(
      (audience) => profile.clientIds.includes(audience) && !profile.audience.includes(audience),
    );
  if (isIdToken) return refuse('jwt_id_token');
  // RFC 7800: bound to a key that the caller would have to prove, which this door does not ask for. As a bearer token it may be stolen.
  return claims['cnf'] === undefined ? accept(undefined) : refuse('jwt_bound');
}

function checkTimes({ exp, iat, nbf }: JwtClaims, nowMs: number): Result<void, ClaimsReason> {
  const now = nowMs / 1000;
  if (!(exp - iat > 0 && exp - iat <= MAX_LIFETIME_SECONDS)) return refuse('jwt_lifetime');
  if (iat > now + SKEW_SECONDS) return refuse('jwt_in_future');
  if (nbf !== undefined && nbf > now + SKEW_SECONDS) return refuse('jwt_not_yet');
  return now >= exp + SKEW_SECONDS ? refuse('jwt_expired') : accept(undefined);
}

/** Whom it is for and who holds it. Answers the client. */
function checkParties(claims: JwtClaims, profile: IssuerProfile): Result<string | undefined, ClaimsReason> {
  const meantForUs = audiencesOf(claims).some((audience) => profile.audience.includes(audience));
  if (profile.audience.length > 0 && !meantForUs) return refuse('jwt_audience');
  const client = clientOf(claims);
  if (!client.ok) return client;
  // Without an audience it is the client alone that says whom a token is for: a profile that names none would let in any.
  const anyClient = profile.clientIds.length === 0 && profile.audience.length > 0;
  if (anyClient) return client;
  return client.value !== undefined && profile.clientIds.includes(client.value) ? client : refuse('jwt_client');
}

/** `type` is the header's `typ`. The signature must have been believed before. */
export function checkClaims(
  token: { readonly type: string | undefined; readonly claims: JwtClaims },
  profile: IssuerProfile,
  nowMs: number,
): Result<VerifiedJwt, ClaimsReason> {
  const { claims } = token;
  if (claims.iss !== profile.issuer) return refuse('jwt_issuer');
  const kind = checkKind(token.type, claims, profile);
  if (!kind.ok) return kind;
  const parties = checkParties(claims, profile);
  if (!parties.ok) return parties;
  const timely = checkTimes(claims, nowMs);
  if (!timely.ok) return timely;
  if (claims.sub === undefined || !SUBJECT.test(claims.sub)) return refuse('jwt_subject');
  const scopes = mapScopes(profile, scopesIn(claims));
  if (scopes.length === 0) return refuse('jwt_scope');
  return accept({
    identity: `oidc:${profile.alias}:${claims.sub}`,
    issuer: profile.issuer,
    ...(parties.value === undefined ? {} : { client: parties.value }),
    scopes,
    expiresAt: claims.exp,
  });
}
