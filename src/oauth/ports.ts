// What the OAuth API needs from the parts beside it, as narrow as it uses them: the vault, Google's authorization server,
// and an OIDC provider for browser sign-in. It never sees a ciphertext, a calendar or a model.

export interface AuthorizationRequest {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, S256 (RFC 7636 §4.2). */
  readonly codeChallenge: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** The account that is enrolled already, so that Google offers that one. */
  readonly loginHint?: string;
}

export interface CodeExchange {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  /** What the ID token must carry. */
  readonly nonce: string;
  readonly signal?: AbortSignal;
}

/** What Google gave for a code, its ID token verified. */
export interface GoogleConnection {
  readonly accessToken: string;
  /** Absent when Google gave none: then there is nothing to keep. */
  readonly refreshToken?: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  /** The scopes that the person really ticked. */
  readonly scopes: readonly string[];
  /** Google's stable account id. */
  readonly sub: string;
  readonly email?: string;
}

export interface GoogleAuthorization {
  /** Compared with the `iss` parameter of a callback (RFC 9207 §2.4). */
  readonly issuer: string;
  authorizationUrl(request: AuthorizationRequest): string;
  /** Rejects with `invalid_request` (code expired, used or foreign), `forbidden` (ID token not believed), `upstream_failed` or `timed_out`. */
  exchangeCode(exchange: CodeExchange): Promise<GoogleConnection>;
  /** Resolves when the token no longer works, also when it did not before; rejects with `upstream_failed` or `timed_out`. */
  revoke(token: string): Promise<void>;
}

/** A person's connection as the vault knows it. */
export interface VaultedConnection {
  readonly status: 'connected' | 'revoked';
  readonly sub: string;
  readonly email?: string;
  readonly scopes: readonly string[];
  /** Unix milliseconds of the last connect or revocation. */
  readonly changedAtMs: number;
}

export interface ConnectionVault {
  read(person: string): Promise<VaultedConnection | undefined>;
  /** Rejects with `conflict` when another write came between, or when another account is connected. */
  save(person: string, connection: GoogleConnection): Promise<void>;
  /** Leaves a tombstone and answers the token to revoke at Google, or nothing when there was no live connection. */
  revoke(person: string): Promise<{ readonly token: string } | undefined>;
}

/** Who an OIDC provider says this is. */
export interface SignedIn {
  /** `oidc:<issuer alias>:<sub>`. */
  readonly identity: string;
  /** A name or address to show to that very person; not used to decide anything. */
  readonly label?: string;
}

export interface SignIn {
  readonly issuer: string;
  /** How pages call this way of signing in. */
  readonly label: string;
  authorizationUrl(
    request: Omit<AuthorizationRequest, 'scopes' | 'loginHint'> & { readonly prompt?: 'login' },
  ): Promise<string>;
  /** Rejects as `GoogleAuthorization.exchangeCode` does. */
  exchangeCode(exchange: CodeExchange): Promise<SignedIn>;
}
