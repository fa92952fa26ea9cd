import { generateKeyPairSync } from 'node:crypto';
import Provider, { type Configuration, interactionPolicy, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { Random } from '../../ports/random.ts';
import { errorPage } from './consent-page.ts';
import type { OAuthStore } from './oauth-store.ts';
import { asGoogleNamesThem, calendarScopes, signInScopes } from './scopes.ts';
import type { StandInAccount } from './stand-in-options.ts';

// Google's authorization server, played by oidc-provider under Google's paths and with Google's habits: a refresh token only after
// a consent with `access_type=offline`, never a second one, and none in the answer to a refresh. It keeps real time, whatever the
// stand-in's clock says, because the library reads the machine's; access tokens are judged by the stand-in's clock (`oauth-store.ts`).

export const oauthPaths = {
  authorization: '/o/oauth2/v2/auth',
  token: '/token',
  jwks: '/oauth2/v3/certs',
  userinfo: '/v1/userinfo',
  revoke: '/revoke',
  interaction: '/interaction',
} as const;

export interface OAuthProviderOptions {
  readonly issuer: string;
  readonly store: OAuthStore;
  readonly accounts: readonly StandInAccount[];
  readonly random: Random;
  /** A private JWK; kept over restarts, or id_tokens of before could not be checked. */
  readonly signingKey: JWK;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

export interface OAuthProvider {
  readonly provider: Provider;
  /** The next code of this grant brings a refresh token. */
  allowOffline(grantId: string): void;
}

const DAY_SECONDS = 86_400;

export function createOAuthProvider(options: OAuthProviderOptions): OAuthProvider {
  const offlineGrants = new Set<string>();
  const provider = new Provider(options.issuer, configuration(options, offlineGrants));
  provider.use(answerAsGoogle);
  return { provider, allowOffline: (grantId) => offlineGrants.add(grantId) };
}

function configuration(options: OAuthProviderOptions, offlineGrants: Set<string>): Configuration {
  const { store, random, refreshTokenSeconds } = options;
  return {
    adapter: store.adapter,
    routes: {
      authorization: oauthPaths.authorization,
      token: oauthPaths.token,
      jwks: oauthPaths.jwks,
      userinfo: oauthPaths.userinfo,
    },
    discovery: { revocation_endpoint: `${options.issuer}${oauthPaths.revoke}` },
    scopes: [...new Set([...signInScopes, ...Object.keys(calendarScopes)])],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // Google puts the address into the id_token itself, not only into userinfo.
    conformIdTokenClaims: false,
    extraParams: ['access_type', 'include_granted_scopes', 'hd'],
    findAccount: (_ctx, sub) => findAccount(options.accounts, sub),
    // Google asks for PKCE from nobody, so that a client which forgets it is not helped here.
    pkce: { required: () => false },
    jwks: { keys: [options.signingKey] },
    cookies: { keys: [Buffer.from(random.bytes(32)).toString('base64url')] },
    features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: false } },
    interactions: { policy: prompts(), url: (_ctx, { uid }) => `${oauthPaths.interaction}/${uid}` },
    issueRefreshToken: async (_ctx, _client, code) => 'grantId' in code && offlineGrants.delete(String(code.grantId)),
    rotateRefreshToken: false,
    expiresWithSession: () => false,
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'html';
      ctx.body = errorPage(error, description ?? '');
    },
    ttl: {
      AccessToken: options.accessTokenSeconds,
      AuthorizationCode: 600,
      IdToken: 3600,
      RefreshToken: refreshTokenSeconds,
      Grant: refreshTokenSeconds + DAY_SECONDS,
      Interaction: 3600,
      Session: 14 * DAY_SECONDS,
    },
  };
}

function findAccount(accounts: readonly StandInAccount[], sub: string) {
  const account = accounts.find((candidate) => candidate.sub === sub);
  if (account === undefined) return undefined;
  const claims = { sub, email: account.email, email_verified: true, name: account.name };
  return { accountId: sub, claims: () => claims };
}

/** Google's `prompt` values: the library knows `none`, `login` and `consent`; `select_account` leads to the same page. */
function prompts(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  return policy;
}

/** RS256, as Google's. */
export function createSigningKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' };
}

/** The token endpoint's answers in Google's words. */
async function answerAsGoogle(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  await next();
  const body: unknown = ctx.body;
  if (ctx.path !== oauthPaths.token || !isJsonObject(body)) return;
  if (body['error'] === 'invalid_grant') {
    const isRefresh = ctx.oidc?.params?.['grant_type'] === 'refresh_token';
    ctx.body = { ...body, error_description: isRefresh ? 'Token has been expired or revoked.' : 'Bad Request' };
    return;
  }
  if (typeof body['scope'] !== 'string') return;
  const { refresh_token: refreshToken, ...rest } = body;
  const isRefresh = ctx.oidc?.params?.['grant_type'] === 'refresh_token';
  const keepsRefreshToken = refreshToken !== undefined && !isRefresh;
  ctx.body = {
    ...rest,
    scope: asGoogleNamesThem(body['scope']),
    ...(keepsRefreshToken ? { refresh_token: refreshToken } : {}),
  };
}
