import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { SCOPE_PATTERN } from '../../trust/scope.ts';
import { configFolder } from '../config-file.ts';

// `bridge.json` in the person's configuration folder: MCP servers by name, in the `mcpServers` form that clients know. A file that holds a secret
// itself must be nobody else's to read; better, it names the environment variable or the file where the secret lies.

type Environment = Readonly<Record<string, string | undefined>>;

/** The text itself, or where it is. */
const secret = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type SecretSetting = z.infer<typeof secret>;

const address = z.url({ protocol: /^https?$/ });
const scopes = z.array(z.string().min(1)).min(1);
/** `false`: the issuer is told of no resource. */
const resource = z.union([address, z.literal(false)]).optional();
const issuing = { issuer: address.optional(), resource, audience: z.string().min(1).optional() };

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('token'), token: secret }),
  z.strictObject({
    kind: z.literal('oauth'),
    ...issuing,
    client_id: z.string().min(1).optional(),
    scopes: scopes.optional(),
    port: z.int().min(1024).max(65_535).optional(),
    browser: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('client_credentials'),
    ...issuing,
    token_url: address.optional(),
    client_id: z.string().min(1),
    client_secret: secret,
    client_auth: z.enum(['basic', 'post']).default('basic'),
    scopes: scopes.optional(),
  }),
  z.strictObject({
    kind: z.literal('sigv4'),
    profile: z.string().min(1).optional(),
    region: z.string().min(1).optional(),
    token: secret.optional(),
  }),
  z.strictObject({
    kind: z.literal('certificate'),
    credentials: z.string().min(1),
    person: z.string().min(1).optional(),
    scopes: z.array(z.string().regex(SCOPE_PATTERN)).min(1),
  }),
]);
export type AuthSetting = z.infer<typeof auth>;

/** Those that the bridge sets itself. */
const OWN_HEADERS = /^(?:authorization|host|content-|mcp-|accept$|signature|connection$|transfer-|x-sallyport-)/i;
const header = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/)
  .refine((name) => !OWN_HEADERS.test(name), 'is the bridge’s own');

export const serverSetting = z.strictObject({
  url: address,
  auth: auth.default({ kind: 'oauth', browser: true }),
  headers: z.record(header, z.string().regex(/^[\t -~]*$/)).optional(),
  /** Of the door's certificate, where it is a private authority's: the path of a PEM file. */
  ca: z.string().min(1).optional(),
  timeout_seconds: z.number().positive().max(3600).optional(),
  retry_seconds: z.number().min(0).max(600).optional(),
  disabled: z.boolean().optional(),
});
export type ServerSetting = z.infer<typeof serverSetting>;

/** Short enough that `<server>__<tool>` is a name that clients take. */
export const SERVER_NAME = /^[a-z][a-z0-9-]{0,23}$/;
export const bridgeFile = z.strictObject({
  $schema: z.string().optional(),
  mcpServers: z.record(z.string(), z.unknown()),
});

export const bridgePath = (environment: Environment): string =>
  environment['SALLYPORT_BRIDGE_CONFIG'] || join(configFolder(environment), 'bridge.json');

export function problemsOf(error: z.ZodError, under = ''): string {
  const at = (path: readonly PropertyKey[]): string =>
    [under, ...path.map(String)].filter((part) => part !== '').join('.');
  return error.issues.map(({ path, message }) => `${at(path) || 'it'}: ${message}`).join('; ');
}

const holdsSecret = ({ auth: how }: ServerSetting): boolean =>
  ('token' in how && typeof how.token === 'string') ||
  ('client_secret' in how && typeof how.client_secret === 'string');

/** Windows has no such bits; its profile folders are the user's alone. */
function demandPrivate(path: string): void {
  if ((statSync(path).mode & 0o077) === 0 || process.platform === 'win32') return;
  throw new AppError('misconfigured', `${path} holds a secret and others can read it. Run \`chmod 600 ${path}\`.`);
}

/** Nothing when there is no such file, unless somebody named it. */
export function readBridgeFile(path: string, isNamed: boolean): Readonly<Record<string, ServerSetting>> | undefined {
  if (!existsSync(path)) {
    if (isNamed) throw new AppError('misconfigured', `There is no file ${path}.`);
    return undefined;
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('misconfigured', `${path} is no JSON that can be read.`, { cause });
  }
  const parsed = bridgeFile.safeParse(content);
  if (!parsed.success) throw new AppError('misconfigured', `${path} is not right: ${problemsOf(parsed.error)}.`);
  const servers = Object.entries(parsed.data.mcpServers).map(([name, given]) => {
    if (!SERVER_NAME.test(name)) {
      const rule = 'a name has small letters, digits and hyphens, 24 at most';
      throw new AppError('misconfigured', `${path} is not right: mcpServers.${name}: ${rule}.`);
    }
    const server = serverSetting.safeParse(given);
    if (server.success) return [name, server.data] as const;
    const problems = problemsOf(server.error, `mcpServers.${name}`);
    throw new AppError('misconfigured', `${path} is not right: ${problems}.`);
  });
  if (servers.some(([, server]) => holdsSecret(server))) demandPrivate(path);
  return Object.fromEntries(servers);
}
