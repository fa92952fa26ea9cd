import { AppError } from '../../kernel/app-error.ts';
import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutsideClient, OutsideResponse } from '../../ports/outside-client.ts';
import type { VerifyIdToken } from './google-id-token.ts';
import { parseBody, readText } from './google-json.ts';

// Google's authorization server as plain REST (docs/decisions/0003-google-oauth-by-rest.md): the page to send a person to, codes and refresh
// tokens to exchange, tokens to revoke. It keeps nothing, believes no ID token unverified, and its errors quote no code and no token.
// https://developers.google.com/identity/protocols/oauth2/web-server

export interface GoogleOAuthOptions {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly jwksUrl: string;
  /** `https://accounts.google.com`. */
  readonly issuer: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
}

export interface GoogleAuthorizationRequest {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, S256 (RFC 7636 §4.2). */
  readonly codeChallenge: string;
  readonly redirectUri: string;
  /** Beside `openid email`, which are always asked for. */
  readonly scopes: readonly string[];
  readonly loginHint?: string;
}

export interface GoogleCodeExchange {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  /** What the ID token must carry. */
  readonly nonce: string;
  readonly signal?: AbortSignal;
}

export interface GoogleTokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** What Google gave for a code, its ID token verified. */
export interface GoogleSignIn extends GoogleTokenSet {
  /** The scopes that the person really ticked. */
  readonly scopes: readonly string[];
  /** Google's stable account id. */
  readonly sub: string;
  /** Only an address that Google says is verified. */
  readonly email?: string;
}

export interface GoogleRefresh extends GoogleTokenSet {
  readonly scopes?: readonly string[];
}

export interface GoogleOAuth {
  readonly issuer: string;
  authorizationUrl(request: GoogleAuthorizationRequest): string;
  /** Rejects with `invalid_request` (code expired, used or foreign), `forbidden` (ID token not believed), `misconfigured`, `upstream_failed` or `timed_out`. */
  exchangeCode(exchange: GoogleCodeExchange): Promise<GoogleSignIn>;
  /** `invalid_grant` is final; rejects with `misconfigured`, `upstream_failed` or `timed_out` for everything that is not. */
  refresh(refreshToken: Secret, signal?: AbortSignal): Promise<Result<GoogleRefresh, 'invalid_grant'>>;
  /** Resolves when the token no longer works, also when it did not before. */
  revoke(token: string, signal?: AbortSignal): Promise<void>;
}

const TIMEOUT_MS = 8_000;
const MAX_BYTES = 64 * 1024;
/** Google says 3599 every time; this stands in if it says nothing (RFC 6749 §5.1: `expires_in` is recommended). */
const DEFAULT_LIFE_SECONDS = 300;
/** RFC 6749 §5.2 and Google's own: it is our client that is wrong, not the person's code or token. */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'redirect_uri_mismatch',
  'invalid_scope',
  'unsupported_grant_type',
]);

const splitScopes = (text: string): readonly string[] => text.split(' ').filter((scope) => scope !== '');

/** Faults of Google's answer other than a refused grant. */
function tokenFault(response: OutsideResponse): AppError {
  const error = readText(parseBody(response.body) ?? {}, 'error') ?? '';
  if (CLIENT_ERRORS.has(error)) {
    return new AppError(
      'misconfigured',
      `Google refuses our OAuth client (${error}): check its id, secret and addresses.`,
    );
  }
  return new AppError('upstream_failed', `Google answered with status ${response.status}. Try again later.`);
}

export function createGoogleOAuth(options: GoogleOAuthOptions): GoogleOAuth {
  const { clientId, clientSecret, http, clock, issuer } = options;

  function post(url: string, form: Readonly<Record<string, string>>, signal?: AbortSignal, retry = false) {
    return http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(form).toString(),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
      retry,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  const client = () => ({ client_id: clientId, client_secret: clientSecret.reveal() });

  function readTokenSet(body: Readonly<Record<string, unknown>>): GoogleTokenSet {
    const accessToken = readText(body, 'access_token');
    if (!accessToken) throw new AppError('upstream_failed', 'Google’s answer holds no access token. Try again later.');
    const refreshToken = readText(body, 'refresh_token');
    const lifeSeconds = Number(body['expires_in'] ?? DEFAULT_LIFE_SECONDS);
    const life = Number.isFinite(lifeSeconds) && lifeSeconds > 0 ? lifeSeconds : DEFAULT_LIFE_SECONDS;
    return { accessToken, expiresAtMs: clock.nowMs() + life * 1000, ...(refreshToken ? { refreshToken } : {}) };
  }

  /** Loaded when somebody first connects: whoever only refreshes tokens, as the MCP API does, needs no verifier. */
  let verifier: Promise<VerifyIdToken> | undefined;
  const loadVerifier = (): Promise<VerifyIdToken> => {
    verifier ??= import('./google-id-token.ts').then(({ createIdTokenVerifier }) => createIdTokenVerifier(options));
    return verifier;
  };

  return {
    issuer,
    authorizationUrl(request) {
      const url = new URL(options.authUrl);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: request.redirectUri,
        scope: [...new Set(['openid', 'email', ...request.scopes])].join(' '),
        state: request.state,
        nonce: request.nonce,
        code_challenge: request.codeChallenge,
        code_challenge_method: 'S256',
        // Both are needed for a refresh token, and the second for a second one.
        access_type: 'offline',
        prompt: 'consent',
        ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchangeCode({ code, codeVerifier, redirectUri, nonce, signal }) {
      const response = await post(
        options.tokenUrl,
        { ...client(), grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri },
        signal,
      );
      const body = parseBody(response.body) ?? {};
      if (response.status !== 200) {
        if (readText(body, 'error') !== 'invalid_grant') throw tokenFault(response);
        throw new AppError('invalid_request', 'This sign-in at Google has expired or was used before. Connect again.');
      }
      const verifyIdToken = await loadVerifier();
      const account = await verifyIdToken(readText(body, 'id_token'), nonce);
      return { ...readTokenSet(body), scopes: splitScopes(readText(body, 'scope') ?? ''), ...account };
    },
    async refresh(refreshToken, signal) {
      const form = { ...client(), grant_type: 'refresh_token', refresh_token: refreshToken.reveal() };
      const response = await post(options.tokenUrl, form, signal, true);
      const body = parseBody(response.body) ?? {};
      if (response.status === 200) {
        const scope = readText(body, 'scope');
        return accept({ ...readTokenSet(body), ...(scope === undefined ? {} : { scopes: splitScopes(scope) }) });
      }
      const isFinal = response.status === 400 && readText(body, 'error') === 'invalid_grant';
      if (isFinal) return refuse('invalid_grant');
      throw tokenFault(response);
    },
    async revoke(token, signal) {
      // RFC 7009 §2.1 wants the client to say who it is; Google does not ask, but does not mind.
      const response = await post(options.revokeUrl, { ...client(), token }, signal, true);
      const error = readText(parseBody(response.body) ?? {}, 'error');
      // Google answers 400 `invalid_token` for one that is revoked or expired already: that is what was asked for.
      if (response.status === 200 || (response.status === 400 && error === 'invalid_token')) return;
      throw tokenFault(response);
    },
  };
}
