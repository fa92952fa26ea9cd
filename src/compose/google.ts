import { createGoogleOAuth, type GoogleOAuth } from '../adapters/google/google-oauth.ts';
import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { GoogleTokens } from '../ports/google-tokens.ts';
import type { KeyService } from '../ports/key-service.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import { createGoogleTokens } from '../vault/google-tokens.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import type { Platform } from './service-handler.ts';

// The vault and Google's authorization server, which the MCP API and the OAuth API both need.

export interface GoogleParts {
  readonly config: Config<'mcp'> | Config<'oauth'>;
  readonly store: KeyValueStore;
  readonly platform: Platform;
  readonly log: Log;
  readonly http: OutsideClient;
}

async function composeKeyService({ config, platform }: GoogleParts): Promise<KeyService> {
  const keyId = config.settings.SALLYPORT_VAULT_KMS_KEY_ID;
  if (keyId !== undefined) {
    const { createKmsKeyService } = await import('../adapters/aws/kms-key-service.ts');
    return createKmsKeyService({ keyId });
  }
  const { createLocalKeyService } = await import('../adapters/embedded/local-key-service.ts');
  const master = Buffer.from((await config.secrets.read('SALLYPORT_VAULT_KEY')).reveal(), 'base64url');
  if (master.length !== 32) throw new AppError('misconfigured', 'SALLYPORT_VAULT_KEY must be 32 bytes in base64url.');
  return createLocalKeyService({ masterKey: createSecret(new Uint8Array(master)), random: platform.random });
}

export async function composeVault(parts: GoogleParts): Promise<Vault> {
  const { config, store, platform, log } = parts;
  const keys = await composeKeyService(parts);
  return createVault({ store, keys, clock: platform.clock, environment: config.settings.SALLYPORT_ENVIRONMENT, log });
}

export async function composeGoogleOAuth({ config, platform, http }: GoogleParts): Promise<GoogleOAuth> {
  const { settings, secrets } = config;
  return createGoogleOAuth({
    clientId: settings.GOOGLE_CLIENT_ID,
    clientSecret: await secrets.read('GOOGLE_CLIENT_SECRET'),
    issuer: settings.GOOGLE_ISSUER,
    authUrl: settings.GOOGLE_AUTH_URL,
    tokenUrl: settings.GOOGLE_TOKEN_URL,
    jwksUrl: settings.GOOGLE_JWKS_URL,
    revokeUrl: settings.GOOGLE_REVOKE_URL,
    http,
    clock: platform.clock,
  });
}

export async function composeGoogleTokens(parts: GoogleParts): Promise<GoogleTokens> {
  const { config, store, platform, log } = parts;
  const google = await composeGoogleOAuth(parts);
  return createGoogleTokens({
    vault: await composeVault(parts),
    store,
    refresh: google.refresh,
    clock: platform.clock,
    random: platform.random,
    reconnectUrl: `${config.settings.SALLYPORT_OAUTH_URL}/connect/google`,
    log,
  });
}
