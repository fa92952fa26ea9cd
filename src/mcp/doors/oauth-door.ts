import { createHash } from 'node:crypto';
import { AppError } from '../../kernel/app-error.ts';
import { accept, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import { ownerOf } from '../../trust/identities.ts';
import { type IssuerProfile, spellScopes } from '../../trust/issuer-profile.ts';
import type { VerifyJwt } from '../../trust/jwt.ts';
import type { VerifiedJwt } from '../../trust/jwt-claims.ts';
import type { Caller } from '../caller.ts';
import {
  createRefusal,
  type Door,
  type DoorReason,
  type DoorRefusal,
  type DoorVerdict,
  describeCause,
  reportRefusal,
} from './door.ts';
import { metadataUrl } from './protected-resource.ts';

// The OAuth door, for clients that nobody here wrote: hosted ones and those of editors. An access token of an issuer that the operator configured
// for this very endpoint is all that counts (MCP authorization, RFC 6750, RFC 9068). The person is whoever the token's identity is linked to; the
// scopes are the token's, as the person gave them to that client at the issuer. The token ends here: no tool and no other server ever sees it.
//
// A client is told how to get a token that will do, and never why this one did not: the log says that. Two refusals say more, both to callers whose
// token is genuine: that a scope is missing, and that nobody here is known by the identity which the token proves.

export interface OAuthDoorOptions {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly verifyJwt: VerifyJwt;
  /** At least one. The first is the one whose spelling of scopes strangers are told. */
  readonly issuers: readonly [IssuerProfile, ...IssuerProfile[]];
  /** The MCP endpoint's URL. */
  readonly mcpUrl: string;
  /** All scopes that the tools behind this door ask for. */
  readonly scopes: () => readonly string[];
  /** Where a signed-in person links another identity. */
  readonly linkUrl: string;
  readonly log: Log;
}

/** RFC 6750 §2.1: in the header only. Several values arrive joined by a comma, which no token holds. */
const BEARER_PATTERN = /^bearer +([^\s,]+)$/i;
const VISIBLE = /^[!-~]{1,200}$/;

/** `error` is left out for a request that carried no token at all (RFC 6750 §3.1). */
interface Challenge {
  readonly error?: 'invalid_token' | 'insufficient_scope';
  readonly description?: string;
  readonly scopes: readonly string[];
}

/** The client as logs, limits and approvals name it. One whose id is longer than any that a person could tell apart goes by its hash. */
function agentOf({ alias }: IssuerProfile, { client }: VerifiedJwt): string {
  if (client === undefined) return `client/${alias}`;
  const id = VISIBLE.test(client) ? client : createHash('sha256').update(client).digest('base64url');
  return `client/${alias}/${id}`;
}

/** Which issuer a token names, believed or not: it chooses only between spellings that are public. */
function issuerNamed(token: string | undefined): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : undefined;
  } catch {
    return undefined;
  }
}

function createChallenge(mcpUrl: string): (challenge: Challenge) => string {
  const address = metadataUrl(mcpUrl);
  return ({ error, description, scopes }) => {
    const parts = ['realm="sallyport"', `resource_metadata="${address}"`];
    if (error !== undefined) parts.push(`error="${error}"`);
    if (description !== undefined) parts.push(`error_description="${description}"`);
    if (scopes.length > 0) parts.push(`scope="${scopes.join(' ')}"`);
    return `Bearer ${parts.join(', ')}`;
  };
}

export function createOAuthDoor(options: OAuthDoorOptions): Door {
  const { store, verifyJwt, issuers, linkUrl, log } = options;
  const challenge = createChallenge(options.mcpUrl);
  const profileOf = (issuer: unknown): IssuerProfile =>
    issuers.find((profile) => profile.issuer === issuer) ?? issuers[0];

  async function check(token: string | undefined): Promise<Result<VerifiedJwt, DoorReason>> {
    if (token === undefined) return refuse('token_missing');
    try {
      return await verifyJwt(token);
    } catch (cause) {
      const away = cause instanceof AppError && cause.code === 'unavailable';
      return refuse(away ? 'issuer_unavailable' : 'door_fault', describeCause(cause));
    }
  }

  async function findPerson({ identity }: VerifiedJwt): Promise<Result<string, DoorReason>> {
    try {
      const person = await ownerOf(store, identity);
      return person === undefined ? refuse('identity_unknown') : accept(person);
    } catch (cause) {
      return refuse('identity_store_unavailable', describeCause(cause));
    }
  }

  /** For a client that holds some scopes and needs more: it is to ask for all of them, or the new token would lack the old ones. */
  function stepUp(profile: IssuerProfile, held: readonly string[]): (needed: readonly string[]) => string {
    return (needed) => {
      const scopes = spellScopes(profile, [...held, ...needed]);
      return challenge({
        error: 'insufficient_scope',
        description: 'The token lacks a scope that this needs.',
        scopes,
      });
    };
  }

  function challengeFor(reason: DoorReason, profile: IssuerProfile): string {
    const wanted = options.scopes();
    if (reason === 'jwt_scope') return stepUp(profile, [])(wanted);
    const scopes = spellScopes(profile, wanted);
    if (reason === 'token_missing') return challenge({ scopes });
    return challenge({ error: 'invalid_token', description: 'The token is not accepted here.', scopes });
  }

  function refusalOf(refused: Refusal<DoorReason>, profile: IssuerProfile, jwt?: VerifiedJwt): DoorRefusal {
    const asks = challengeFor(refused.reason, profile);
    const refusal = createRefusal(
      { ...refused, challenge: asks },
      jwt === undefined ? {} : { agent: agentOf(profile, jwt) },
    );
    if (refused.reason === 'jwt_scope') return { ...refusal, headers: { 'www-authenticate': asks } };
    if (jwt === undefined || refused.reason !== 'identity_unknown') return refusal;
    const { identity } = jwt;
    const message = `You are signed in, but nobody here is known by this identity. Link it at ${linkUrl}, or give it to your operator.`;
    return { ...refusal, told: { message, details: { identity, link_url: linkUrl } } };
  }

  function letIn(jwt: VerifiedJwt, person: string): Caller {
    const profile = profileOf(jwt.issuer);
    const { scopes } = jwt;
    const challenge = stepUp(profile, scopes);
    const standing = { kind: 'identity', identity: jwt.identity, ends_at_ms: jwt.expiresAt * 1000 } as const;
    return { door: 'oauth', person, agent: agentOf(profile, jwt), scopes, tainted: true, challenge, standing };
  }

  async function decide(authorization: string | undefined): Promise<DoorVerdict> {
    // Something else than one bearer token is a token that is not accepted, and not none.
    const token = authorization === undefined ? undefined : (BEARER_PATTERN.exec(authorization)?.[1] ?? '');
    const jwt = await check(token);
    if (!jwt.ok) return refusalOf(jwt, profileOf(issuerNamed(token)));
    const person = await findPerson(jwt.value);
    if (person.ok) return { ok: true, caller: letIn(jwt.value, person.value) };
    return refusalOf(person, profileOf(jwt.value.issuer), jwt.value);
  }

  return async ({ headers, requestId }) => {
    const verdict = await decide(headers['authorization']);
    if (!verdict.ok) reportRefusal(log, 'oauth', verdict, requestId);
    return verdict;
  };
}
