import * as z from 'zod';
import type { UpstreamAuth } from '../ports/upstream-auth.ts';

// How a server's entry says what proves us there: the member `auth`, in snake_case as all our JSON. A secret is named, never given: its value is in
// the document SALLYPORT_SERVER_SECRETS.

const secret = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be the name of a secret, not the secret')
  .describe('The name of a secret in SALLYPORT_SERVER_SECRETS.');
const httpsUrl = z.url({ protocol: /^https?$/ });
const scopes = z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'must be scopes of RFC 6749 §3.3'));

const oauth = z
  .strictObject({
    kind: z.literal('oauth'),
    token_url: httpsUrl.optional(),
    issuer: httpsUrl.optional(),
    client_id: z.string().min(1).max(500),
    secret,
    scopes: scopes.optional(),
    resource: httpsUrl.optional(),
    audience: z.string().min(1).max(500).optional(),
    client_auth: z.enum(['basic', 'post']).optional(),
  })
  .refine(
    (auth) => (auth.token_url === undefined) !== (auth.issuer === undefined),
    'needs token_url or issuer, not both',
  );

const schema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('bearer'), secret }),
  oauth,
  z.strictObject({
    kind: z.literal('sigv4'),
    service: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/)
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('agent_door'),
    secret,
    scopes: scopes.min(1),
    person: z
      .string()
      .regex(/^p_[0-9A-HJKMNP-TV-Z]{26}$/)
      .optional(),
  }),
]);

function given<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}

/** Reads `auth`; gives `UpstreamAuth`. Part of the schema of a server's entry. */
export const upstreamAuth = schema.transform((auth): UpstreamAuth => {
  if (auth.kind !== 'oauth') return given(auth) as UpstreamAuth;
  const { token_url: tokenUrl, client_id: clientId, client_auth: clientAuth, ...rest } = auth;
  return given({ ...rest, tokenUrl, clientId, clientAuth }) as UpstreamAuth;
});

/** The document: name to value. Throws nothing that holds a value. */
export const serverSecrets = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  z.string().min(1).max(16_384),
);
