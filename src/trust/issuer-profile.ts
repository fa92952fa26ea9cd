import { holdsScope, SCOPE_PATTERN } from './scope.ts';

// What is believed of one OAuth 2 or OpenID Connect issuer: which tokens of its are for us, and what its scopes mean here.
// Profiles are the operator's; a token can choose none of them but the one of the very issuer that it names.

export interface IssuerProfile {
  /** Compared as an exact string with `iss` and with what discovery says. */
  readonly issuer: string;
  /** The issuer's short name inside identities: `oidc:<alias>:<sub>`. */
  readonly alias: string;
  /** One of these must be in `aud`. Empty only where tokens have none (Cognito): then `tokenUse` and `clientIds` say whom they are for. */
  readonly audience: readonly string[];
  /** When there are any, the token's client must be one of them. */
  readonly clientIds: readonly string[];
  /** Demands the claim `token_use`, as Cognito writes it. */
  readonly tokenUse?: 'access' | undefined;
  /** Demands `typ: at+jwt` (RFC 9068 §2.1) where an issuer writes it. */
  readonly typ?: 'at+jwt' | undefined;
  /** The issuer's scopes, and ours that each stands for. Empty: its scopes are spelled as ours. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
}

/** What a token's scopes allow here. `confirm` is never among them: the yes to a write does not come from a token that chats. */
export function mapScopes(profile: Pick<IssuerProfile, 'scopes'>, given: readonly string[]): readonly string[] {
  const spelledAsOurs = Object.keys(profile.scopes).length === 0;
  const meant = given.flatMap((scope) => {
    if (spelledAsOurs) return SCOPE_PATTERN.test(scope) ? [scope] : [];
    return Object.hasOwn(profile.scopes, scope) ? (profile.scopes[scope] ?? []) : [];
  });
  return [...new Set(meant)].filter((scope) => scope !== 'confirm').sort();
}

/**
 * Scopes of ours as this issuer spells them, for clients to ask it for: of those that bring what is needed, the one that brings least.
 * What no scope of the issuer's stands for cannot be asked for there and is left out.
 */
export function spellScopes(profile: Pick<IssuerProfile, 'scopes'>, ours: readonly string[]): readonly string[] {
  const spellings = Object.entries(profile.scopes).sort(([, left], [, right]) => left.length - right.length);
  if (spellings.length === 0) return [...new Set(ours)];
  const found = ours.map((needed) => spellings.find(([, meant]) => holdsScope(meant, needed))?.[0]);
  return [...new Set(found.filter((scope) => scope !== undefined))];
}
