// What the OAuth API needs from the parts beside it, as narrow as it uses them: Google's authorization
// server, and an OIDC provider for browser sign-in. It never sees a calendar or a model.

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
  /** Absent when Google gave none: then the vault keeps the one it has of the same account, if any. */
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
  /** Whether it promises an `iss` parameter in every answer (RFC 9207 §3); one without it is then refused. */
  namesItself(): Promise<boolean>;
  authorizationUrl(
    request: Omit<AuthorizationRequest, 'scopes' | 'loginHint'> & { readonly prompt?: 'login' },
  ): Promise<string>;
  /** Rejects as `GoogleAuthorization.exchangeCode` does. */
  exchangeCode(exchange: CodeExchange): Promise<SignedIn>;
}
