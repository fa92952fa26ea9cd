import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { isLoopback } from './proxy.ts';
import { type Transport, TransportError } from './transport.ts';

// The issuer that a person signs in at, as a public client sees it: found by discovery, asked for tokens. ID tokens that come along
// are not looked at: who somebody is, the Agent API reads from the access token, which it verifies itself.

export interface IssuerMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint?: string | undefined;
  readonly tokenEndpoint: string;
  readonly deviceAuthorizationEndpoint?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  /** Where clients make themselves known (RFC 7591). */
  readonly registrationEndpoint?: string | undefined;
  /** It promises to name itself in every answer (RFC 9207 §3). */
  readonly namesItself: boolean;
}

export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** The issuer's word for a refusal (RFC 6749 §5.2, RFC 8628 §3.5). */
export class IssuerRefusal extends Error {
  override readonly name = 'IssuerRefusal';
  readonly code: string;

  constructor(code: string) {
    super(`The sign-in provider refused: ${code}.`);
    this.code = code;
  }
}

const MAX_BYTES = 256 * 1024;
const ANSWER_MS = 15_000;
/** What an issuer that says nothing of it is believed (RFC 6749 §5.1 recommends that it does). */
const USUAL_LIFE_SECONDS = 300;

const endpoint = z.url({ protocol: /^https?$/ });
const metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint.optional(),
  token_endpoint: endpoint,
  device_authorization_endpoint: endpoint.optional(),
  revocation_endpoint: endpoint.optional(),
  registration_endpoint: endpoint.optional(),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
});
const visibleText = z.string().regex(/^[!-~]{1,8192}$/);
const tokenAnswer = z.object({
  access_token: visibleText,
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().max(31_536_000).optional(),
  refresh_token: visibleText.optional(),
});
const registered = z.looseObject({ client_id: visibleText });
const refusal = z.object({ error: z.string().regex(/^[!-~]{1,64}$/) });

function addressOf(text: string): URL {
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new AppError('misconfigured', `${url.origin} is not asked: only https:// keeps what is sent there private.`);
}

export interface IssuerClient {
  /** OpenID Connect Discovery §4, RFC 8414. Rejects when the document is another issuer's. */
  discover(issuer: string): Promise<IssuerMetadata>;
  /** One form, one JSON answer. Rejects with IssuerRefusal when the issuer says no. */
  post<Schema extends z.ZodType>(
    url: string,
    form: Readonly<Record<string, string | undefined>>,
    schema: Schema,
    authorization?: string,
  ): Promise<z.infer<Schema>>;
  /** `authorization` for clients that prove themselves by a header (RFC 6749 §2.3.1). */
  /** RFC 7591: a public client of this computer's loopback, by its new id. */
  register(url: string, client: { readonly name: string; readonly redirectUri: string }): Promise<string>;
  requestToken(
    url: string,
    form: Readonly<Record<string, string | undefined>>,
    authorization?: string,
  ): Promise<TokenSet>;
}

export function createIssuerClient(deps: {
  readonly transport: Transport;
  readonly nowMs: () => number;
}): IssuerClient {
  async function exchange(
    method: 'GET' | 'POST',
    address: string,
    {
      body,
      authorization,
      type = 'application/x-www-form-urlencoded',
    }: { readonly body?: string; readonly authorization?: string | undefined; readonly type?: string } = {},
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const url = addressOf(address);
    const headers = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': type }),
      ...(authorization !== undefined && { authorization }),
    };
    try {
      const answer = await deps.transport({
        method,
        url,
        headers,
        ...(body !== undefined && { body }),
        answerMs: ANSWER_MS,
        once: method === 'POST',
      });
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of answer.body) {
        length += piece.length;
        if (length > MAX_BYTES) throw new AppError('upstream_failed', `${url.origin} answers too much.`);
        pieces.push(piece);
      }
      return { status: answer.status, json: parse(Buffer.concat(pieces).toString('utf8')) };
    } catch (cause) {
      if (!(cause instanceof TransportError)) throw cause;
      throw new AppError('unavailable', `${url.origin} does not answer.`, { cause });
    }
  }

  const post: IssuerClient['post'] = async (url, form, schema, authorization) => {
    const fields = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const { status, json } = await exchange('POST', url, {
      body: new URLSearchParams(fields).toString(),
      authorization,
    });
    const shaped = schema.safeParse(json);
    if (status === 200 && shaped.success) return shaped.data;
    const refused = refusal.safeParse(json);
    if (status >= 400 && status < 500 && refused.success) throw new IssuerRefusal(refused.data.error);
    throw new AppError(
      'upstream_failed',
      `${new URL(url).origin} answered ${status} with something that is not understood.`,
    );
  };

  /** As an OpenID provider, or else as a plain authorization server, whose document lies before its path (RFC 8414 §3.1). */
  async function describe(issuer: string): Promise<{ readonly status: number; readonly json: unknown }> {
    const openId = await exchange('GET', `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (openId.status !== 404) return openId;
    const { origin, pathname } = new URL(issuer);
    return exchange('GET', `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`);
  }

  return {
    post,
    async discover(issuer) {
      const { status, json } = await describe(issuer);
      const found = metadata.safeParse(json);
      if (status !== 200 || !found.success) {
        throw new AppError('upstream_failed', `${issuer} does not describe itself (${status}).`);
      }
      // OpenID Connect Discovery §4.3: anything else may be another issuer's.
      if (found.data.issuer !== issuer) {
        throw new AppError('misconfigured', `${issuer} calls itself by another name.`);
      }
      return {
        issuer,
        authorizationEndpoint: found.data.authorization_endpoint,
        tokenEndpoint: found.data.token_endpoint,
        deviceAuthorizationEndpoint: found.data.device_authorization_endpoint,
        revocationEndpoint: found.data.revocation_endpoint,
        registrationEndpoint: found.data.registration_endpoint,
        namesItself: found.data.authorization_response_iss_parameter_supported,
      };
    },
    async register(url, { name, redirectUri }) {
      const asked = {
        client_name: name,
        redirect_uris: [redirectUri],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      };
      const { status, json } = await exchange('POST', url, { body: JSON.stringify(asked), type: 'application/json' });
      const made = registered.safeParse(json);
      if ((status === 200 || status === 201) && made.success) return made.data.client_id;
      throw new AppError('upstream_failed', `${new URL(url).origin} registers no client (${status}). Set "client_id".`);
    },
    async requestToken(url, form, authorization) {
      const startedMs = deps.nowMs();
      const answer = await post(url, form, tokenAnswer, authorization);
      return {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token,
        expiresAtMs: startedMs + (answer.expires_in ?? USUAL_LIFE_SECONDS) * 1000,
      };
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
