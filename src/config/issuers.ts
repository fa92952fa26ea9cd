import * as z from 'zod';

// SALLYPORT_ISSUERS: which issuers' access tokens are believed, one profile each. Everything is checked when a service starts: a profile
// that would let in tokens meant for somebody else is refused there, not at the first request.

/** As `trust/scope.ts` spells scopes, without `confirm`: no token from outside may answer an approval. */
const OUR_SCOPES = /^[a-z][a-z0-9_]{0,31}\.(?:read|write)(?: [a-z][a-z0-9_]{0,31}\.(?:read|write))*$/;
const ALIAS = /^[a-z][a-z0-9-]{0,31}$/;
const SCOPE_TOKEN = /^[!#-[\]-~]{1,300}$/;
const text = () => z.string().min(1).max(300);

/** How `sallyport login` gets a token there. Nothing in it is secret: a command that anybody may read can keep none (RFC 8252 §8.5). */
const login = () =>
  z.strictObject({
    client_id: text(),
    scopes: z.array(text()).min(1).default(['openid', 'offline_access']),
    /** RFC 8707 §2, where the issuer wants to hear for which API the token is. */
    resource: z.url().optional(),
    /** The same for issuers that call it `audience` (Auth0). */
    audience: text().optional(),
    /** A fixed port for issuers that compare the whole redirect URI; RFC 8252 §7.3 lets any be used. */
    port: z.int().min(1024).max(65_535).optional(),
  });

const profile = () =>
  z
    .strictObject({
      issuer: z
        .url({ protocol: /^https?$/ })
        .refine((url) => !/[?#]/.test(url), 'must have neither query nor fragment (OpenID Connect Discovery §3)'),
      alias: z.string().regex(ALIAS, 'must be a short name such as okta'),
      audience: z.array(text()).default([]),
      client_ids: z.array(text()).default([]),
      token_use: z.literal('access').optional(),
      typ: z.literal('at+jwt').optional(),
      scopes: z
        .record(
          z.string().regex(SCOPE_TOKEN, 'must be one scope (RFC 6749 §3.3)'),
          z.string().regex(OUR_SCOPES, 'must be scopes such as "calendar.read calendar.write"'),
        )
        .default({}),
      login: login().optional(),
    })
    .refine(
      (given) => given.audience.length > 0 || (given.client_ids.length > 0 && given.token_use === 'access'),
      'needs an audience; or, for tokens that have none (Cognito), client_ids and "token_use": "access"',
    );

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** Made for whoever believes an issuer: these schemas are a tenth of all that a start makes. */
const profiles = () =>
  z
    .array(profile())
    .max(20)
    .refine((list) => unique(list.map(({ issuer }) => issuer)), 'names an issuer twice')
    .refine((list) => unique(list.map(({ alias }) => alias)), 'names an alias twice');

export interface LoginProfile {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resource?: string | undefined;
  readonly audience?: string | undefined;
  readonly port?: number | undefined;
}

/** A profile as services use it; of the shape of `IssuerProfile` in `trust/issuer-profile.ts`. */
export interface Issuer {
  readonly issuer: string;
  readonly alias: string;
  readonly audience: readonly string[];
  readonly clientIds: readonly string[];
  readonly tokenUse?: 'access' | undefined;
  readonly typ?: 'at+jwt' | undefined;
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  readonly login?: LoginProfile | undefined;
}

function toIssuer(given: z.output<ReturnType<typeof profile>>): Issuer {
  const { client_ids: clientIds, token_use: tokenUse, scopes, login: way, ...same } = given;
  return {
    ...same,
    clientIds,
    tokenUse,
    scopes: Object.fromEntries(Object.entries(scopes).map(([name, ours]) => [name, ours.split(' ')])),
    login: way && {
      clientId: way.client_id,
      scopes: way.scopes,
      resource: way.resource,
      audience: way.audience,
      port: way.port,
    },
  };
}

function readIssuers(value: string, context: z.RefinementCtx): readonly Issuer[] {
  let given: unknown;
  try {
    given = JSON.parse(value);
  } catch {
    context.addIssue('must be a list in JSON');
    return z.NEVER;
  }
  if (Array.isArray(given) && given.length === 0) return [];
  const parsed = profiles().safeParse(given);
  if (parsed.success) return parsed.data.map(toIssuer);
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', message, path });
  return z.NEVER;
}

export const issuers = () =>
  z
    .string()
    .transform(readIssuers)
    .prefault('[]')
    .describe(
      'OAuth 2 or OpenID Connect issuers whose access tokens are believed, as a list in JSON; docs/identities.md describes a profile. None by default.',
    );
