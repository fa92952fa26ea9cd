import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { createSecret, type Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutsideClient, OutsideResponse } from '../../ports/outside-client.ts';
import type { ClientCredentialsAuth } from '../../ports/upstream-auth.ts';

// An access token for this system itself (RFC 6749 §4.4), remembered until shortly before it ends and asked for once however many wait for it.
// It is asked for one server (RFC 8707), so that no server can use it at another. Nothing that the authorization server says reaches a caller.

/** A token is not used in the last part of its life, in which it might end on the way. */
const MARGIN_MS = 30_000;
/** Where the answer does not say how long it lives (RFC 6749 §5.1 only recommends it). */
const UNTOLD_MS = 300_000;
/** However long it lives: a withdrawn right ends within this. */
const LONGEST_MS = 3_600_000;
/** A server that refuses every token must not make us ask for one at each call. */
const RENEW_AGAIN_MS = 30_000;
const METADATA_MS = 86_400_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

const tokenAnswer = z.object({
  access_token: z.string().min(1).max(16_384),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().optional(),
});
const refusal = z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) });
const metadata = z.object({ issuer: z.string(), token_endpoint: z.url({ protocol: /^https?$/ }) });

export interface ClientCredentialsDeps {
  readonly http: OutsideClient;
  readonly clock: Clock;
  /** Rejects with AppError `misconfigured` where there is no such secret. */
  readonly readSecret: (name: string) => Promise<Secret>;
}

export interface ClientCredentials {
  /** Rejects with AppError `misconfigured` or `unavailable`. */
  token(): Promise<Secret>;
  /** The server refused this token. Whether another one is there, or may be asked for now. */
  discard(refused: string): boolean;
}

function parseJson(response: OutsideResponse): unknown {
  try {
    return JSON.parse(Buffer.from(response.body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** RFC 8414 §3.1, where the well-known part goes between host and path; and OpenID Connect Discovery §4, all that Cognito and others have. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** RFC 6749 §2.3.1: both are encoded as a form's values are, before they are joined. */
function basic(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`, 'utf8').toString('base64')}`;
}

/** `url` is the server that the token is for. */
export function createClientCredentials(
  auth: ClientCredentialsAuth,
  url: string,
  deps: ClientCredentialsDeps,
): ClientCredentials {
  const { http, clock, readSecret } = deps;
  let known: { readonly token: Secret; readonly untilMs: number } | undefined;
  let asking: Promise<Secret> | undefined;
  let endpoint: { readonly url: string; readonly untilMs: number } | undefined;
  let discardedAtMs = Number.NEGATIVE_INFINITY;

  async function endpointUrl(): Promise<string> {
    if (auth.tokenUrl !== undefined) return auth.tokenUrl;
    if (endpoint !== undefined && clock.nowMs() < endpoint.untilMs) return endpoint.url;
    if (auth.issuer === undefined) throw new AppError('misconfigured', 'OAuth needs token_url or issuer.');
    for (const place of metadataUrls(auth.issuer)) {
      const response = await http.send({
        method: 'GET',
        url: place,
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MAX_BYTES,
      });
      const found = metadata.safeParse(parseJson(response));
      // RFC 8414 §3.3: metadata under another name may be another's.
      if (response.status !== 200 || !found.success || found.data.issuer !== auth.issuer) continue;
      endpoint = { url: found.data.token_endpoint, untilMs: clock.nowMs() + METADATA_MS };
      return endpoint.url;
    }
    throw new AppError('unavailable', 'The authorization server of this server does not say where its tokens are.');
  }

  function form(secret: string): { readonly body: string; readonly authorization?: string } {
    const inBody = auth.clientAuth === 'post';
    const fields = new URLSearchParams({ grant_type: 'client_credentials' });
    if (auth.scopes !== undefined && auth.scopes.length > 0) fields.set('scope', auth.scopes.join(' '));
    fields.set('resource', auth.resource ?? url);
    if (auth.audience !== undefined) fields.set('audience', auth.audience);
    if (!inBody) return { body: fields.toString(), authorization: basic(auth.clientId, secret) };
    fields.set('client_id', auth.clientId);
    fields.set('client_secret', secret);
    return { body: fields.toString() };
  }

  /** What the answer's own words are is for no caller: only its code, and that to the operator. */
  function failure(response: OutsideResponse): AppError {
    const told = refusal.safeParse(parseJson(response));
    const code = told.success ? told.data.error : `status ${response.status}`;
    if (response.status >= 500 || response.status === 429) {
      return new AppError('unavailable', 'The authorization server of this server does not answer just now.', {
        retryAfterSeconds: 5,
      });
    }
    return new AppError('misconfigured', `The authorization server gives this system no token (${code}).`);
  }

  async function ask(): Promise<Secret> {
    const secret = await readSecret(auth.secret);
    const { body, authorization } = form(secret.reveal());
    // A token's age counts from the question.
    const askedAtMs = clock.nowMs();
    const response = await http.send({
      method: 'POST',
      url: await endpointUrl(),
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization !== undefined && { authorization }),
      },
      body,
      // Asking twice makes two tokens, and does no harm.
      retry: true,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
    });
    if (response.status !== 200) throw failure(response);
    const answer = tokenAnswer.safeParse(parseJson(response));
    if (!answer.success) throw new AppError('unavailable', 'The authorization server gave no token that can be read.');
    const { access_token, expires_in } = answer.data;
    const lifeMs = Math.min(expires_in === undefined ? UNTOLD_MS : expires_in * 1000, LONGEST_MS);
    const token = createSecret(access_token);
    known = { token, untilMs: askedAtMs + lifeMs - Math.min(MARGIN_MS, lifeMs / 2) };
    return token;
  }

  return {
    async token() {
      if (known !== undefined && clock.nowMs() < known.untilMs) return known.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    discard(refused) {
      // Of several calls that one token was refused to, the first has asked for another already.
      if (asking !== undefined || (known !== undefined && known.token.reveal() !== refused)) return true;
      const mayAsk = clock.nowMs() - discardedAtMs >= RENEW_AGAIN_MS;
      // Until then it is shown again: another one was refused as well.
      if (!mayAsk) return false;
      known = undefined;
      discardedAtMs = clock.nowMs();
      return true;
    },
  };
}
