import { generateKeyPairSync } from 'node:crypto';
import Provider, { type Configuration, errors, type JWK } from 'oidc-provider';
import type { Random } from '../../ports/random.ts';
import { issuerErrorPage } from './issuer-page.ts';
import type { IssuerRecords } from './issuer-records.ts';

// An OAuth 2.1 authorization server for the OAuth door of this machine, by oidc-provider: code with PKCE, clients that register themselves (RFC 7591),
// resource indicators (RFC 8707), access tokens as RFC 9068 has them. It keeps real time, since the library reads the machine's.

export interface IssuerAccount {
  readonly sub: string;
  readonly name: string;
  readonly email: string;
}

export interface IssuerProviderOptions {
  readonly issuer: string;
  /** The one API that tokens are made out for. */
  readonly resource: string;
  /** Scopes of that API. */
  readonly scopes: readonly string[];
  readonly accounts: readonly IssuerAccount[];
  readonly records: IssuerRecords;
  readonly signingKey: JWK;
  readonly random: Random;
}

export const INTERACTION_PATH = '/interaction';
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const LOOPBACK = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** ES256: made in a millisecond, where an RSA key takes a third of a second. */
export function createIssuerKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
}

function resourceIndicators({ resource, scopes }: IssuerProviderOptions) {
  return {
    enabled: true,
    defaultResource: () => resource,
    useGrantedResource: () => true,
    getResourceServerInfo: (_context: unknown, indicator: string) => {
      if (indicator !== resource) throw new errors.InvalidTarget();
      return {
        scope: scopes.join(' '),
        audience: resource,
        accessTokenFormat: 'jwt' as const,
        accessTokenTTL: HOUR_SECONDS,
        jwt: { sign: { alg: 'ES256' as const } },
      };
    },
  };
}

export function createIssuerProvider(options: IssuerProviderOptions): Provider {
  const configuration: Configuration = {
    adapter: options.records.adapter,
    jwks: { keys: [options.signingKey] },
    scopes: ['openid', 'offline_access', ...options.scopes],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context, sub) => {
      const account = options.accounts.find((candidate) => candidate.sub === sub);
      if (account === undefined) return undefined;
      const claims = { sub, name: account.name, email: account.email, email_verified: true };
      return { accountId: sub, claims: () => claims };
    },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: resourceIndicators(options),
    },
    interactions: { url: (_context, { uid }) => `${INTERACTION_PATH}/${uid}` },
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    // Pages of this machine, such as an inspector's.
    clientBasedCORS: (_context, origin) => LOOPBACK.test(origin),
    cookies: { keys: [Buffer.from(options.random.bytes(32)).toString('base64url')] },
    renderError(context, { error, error_description: description }) {
      context.type = 'html';
      context.body = issuerErrorPage(error, description ?? '');
    },
    ttl: {
      AccessToken: HOUR_SECONDS,
      AuthorizationCode: 600,
      IdToken: HOUR_SECONDS,
      RefreshToken: 30 * DAY_SECONDS,
      Grant: 31 * DAY_SECONDS,
      Interaction: HOUR_SECONDS,
      Session: 14 * DAY_SECONDS,
    },
  };
  return new Provider(options.issuer, configuration);
}
