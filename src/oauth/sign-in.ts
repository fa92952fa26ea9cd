import type { JWTPayload } from 'jose';
import { JWKSNoMatchingKey } from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { jwtVerify } from 'jose/jwt/verify';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { CodeExchange, SignedIn, SignIn } from './ports.ts';

// Signing a person in at any OpenID Connect provider: authorization code with PKCE and nonce (OpenID Connect Core §3.1, RFC 9700 §2.1).
// What it learns is one identity, `oidc:<alias>:<sub>`. It asks for no e-mail address to decide anything, keeps no token, and believes
// only asymmetric signatures of the provider's own keys.

export interface SignInOptions {
  /** Compared as an exact string with discovery and every ID token. */
  readonly issuer: string;
  /** The issuer's short name inside identities. */
  readonly alias: string;
  /** How pages call it; the alias unless given. */
  readonly label?: string;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret?: Secret | undefined;
  readonly http: OutsideClient;
  readonly clock: Clock;
}

const providerMetadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint: z.url({ protocol: /^https?$/ }),
  jwks_uri: z.url({ protocol: /^https?$/ }),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic']),
});
type ProviderMetadata = z.infer<typeof providerMetadata>;

const jsonWebKeys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });
const tokenAnswer = z.object({ id_token: z.string() });
const tokenFault = z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) });

/** Providers rotate keys and seldom move endpoints. */
const REMEMBER_MS = 3_600_000;
/** An unknown key id asks for the keys anew, but not more often than this: else anybody could make us ask. */
const RELOAD_MS = 30_000;
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_ANSWER_BYTES = 256 * 1024;
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

function readJson<Schema extends z.ZodType>(schema: Schema, body: Uint8Array, label: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch (cause) {
    throw new AppError('upstream_failed', `${label} answered something that is not understood. Try again later.`, {
      cause,
    });
  }
}

/** Remembers what `load` answered; concurrent callers share one load, and a failed one is forgotten. */
function remember<Value>(clock: Clock, load: () => Promise<Value>) {
  let loaded: { readonly at: number; readonly value: Promise<Value> } | undefined;
  return (maxAgeMs: number): Promise<Value> => {
    const now = clock.nowMs();
    if (loaded !== undefined && now - loaded.at < maxAgeMs) return loaded.value;
    const entry = { at: now, value: load() };
    loaded = entry;
    entry.value.catch(() => {
      if (loaded === entry) loaded = undefined;
    });
    return entry.value;
  };
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined and encoded again. */
function basicAuthorization(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { issuer, alias, clientId, clientSecret, http, clock } = options;
  const label = options.label ?? alias;

  async function getJson<Schema extends z.ZodType>(url: string, schema: Schema): Promise<z.infer<Schema>> {
    const answer = await http.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
    if (answer.status !== 200) {
      throw new AppError(
        'upstream_failed',
        `${label} does not answer as it should (${answer.status}). Try again later.`,
      );
    }
    return readJson(schema, answer.body, label);
  }

  const metadata = remember(clock, async (): Promise<ProviderMetadata> => {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = await getJson(url, providerMetadata);
    // OpenID Connect Discovery §4.3: anything else may be another provider's.
    if (found.issuer !== issuer)
      throw new AppError('misconfigured', 'The sign-in provider calls itself by another name.');
    return found;
  });
  const keys = remember(clock, async () => {
    const { jwks_uri: url } = await metadata(REMEMBER_MS);
    const set = await getJson(url, jsonWebKeys);
    return createLocalJWKSet(set);
  });

  async function verifyOnce(token: string, maxAgeMs: number): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, await keys(maxAgeMs), {
      issuer,
      audience: clientId,
      algorithms: ALGORITHMS,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
      currentDate: new Date(clock.nowMs()),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  }

  const notBelieved = (cause?: unknown): AppError =>
    new AppError('forbidden', `What ${label} said about you could not be verified. Start again.`, { cause });

  /** OpenID Connect Core §3.1.3.7. */
  async function verifyIdToken(token: string, nonce: string): Promise<JWTPayload & { readonly sub: string }> {
    const claims = await verifyOnce(token, REMEMBER_MS)
      .catch((error: unknown) => {
        if (error instanceof JWKSNoMatchingKey) return verifyOnce(token, RELOAD_MS);
        throw error;
      })
      .catch((cause: unknown) => {
        throw cause instanceof AppError ? cause : notBelieved(cause);
      });
    const { sub, azp } = claims;
    const severalAudiences = Array.isArray(claims.aud) && claims.aud.length > 1;
    const meantForUs = azp === undefined ? !severalAudiences : azp === clientId;
    // OpenID Connect Core §2: at most 255 ASCII characters.
    if (claims['nonce'] !== nonce || !meantForUs || sub === undefined || !/^[!-~]{1,255}$/.test(sub))
      throw notBelieved();
    return { ...claims, sub };
  }

  async function requestToken(exchange: CodeExchange): Promise<string> {
    const { token_endpoint: url, token_endpoint_auth_methods_supported: methods } = await metadata(REMEMBER_MS);
    const secret = clientSecret?.reveal();
    const byHeader = secret !== undefined && methods.includes('client_secret_basic');
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: exchange.code,
      redirect_uri: exchange.redirectUri,
      code_verifier: exchange.codeVerifier,
      ...(byHeader ? {} : { client_id: clientId }),
      ...(secret === undefined || byHeader ? {} : { client_secret: secret }),
    });
    const answer = await http.send({
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(byHeader ? { authorization: basicAuthorization(clientId, secret) } : {}),
      },
      body: form.toString(),
      maxResponseBytes: MAX_ANSWER_BYTES,
      retry: false,
      ...(exchange.signal === undefined ? {} : { signal: exchange.signal }),
    });
    if (answer.status === 200) return readJson(tokenAnswer, answer.body, label).id_token;
    if (answer.status >= 500)
      throw new AppError('upstream_failed', `${label} could not answer just now. Try again in a minute.`);
    const { error } = readJson(tokenFault, answer.body, label);
    if (error === 'invalid_grant') {
      throw new AppError('invalid_request', 'This sign-in was used already or took too long. Start again.');
    }
    throw new AppError(
      'upstream_failed',
      `${label} refused (${error}). Tell your operator this word if it happens again.`,
    );
  }

  return {
    issuer,
    label,
    namesItself: async () => (await metadata(REMEMBER_MS)).authorization_response_iss_parameter_supported,
    async authorizationUrl({ state, nonce, codeChallenge, redirectUri, prompt }) {
      const url = new URL((await metadata(REMEMBER_MS)).authorization_endpoint);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: 'openid profile',
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        ...(prompt === undefined ? {} : { prompt }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchangeCode(exchange): Promise<SignedIn> {
      const claims = await verifyIdToken(await requestToken(exchange), exchange.nonce);
      const name = claims['name'];
      return {
        identity: `oidc:${alias}:${claims.sub}`,
        ...(typeof name === 'string' && name !== '' ? { label: name } : {}),
      };
    },
  };
}
