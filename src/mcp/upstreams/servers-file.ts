import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { UpstreamAuth } from '../../ports/upstream-auth.ts';
import { SCOPE_PATTERN } from '../../trust/scope.ts';
import type { ToolFault } from '../tool-source.ts';
import { isServerName, MAX_SERVER_NAME, toolsetOf } from './names.ts';
import type { ChildLaunch, Launch, ServerConfig } from './server-config.ts';

// Reads `mcp.json`: other clients' `mcpServers` form as it is, and beside it one member of ours, `sallyport`. A server that cannot be read is named
// and left out; the others go on. Members that other clients have of their own (`disabled`, `alwaysAllow`, …) are passed over, ours must all be
// known: a misspelt `deny` that nobody reads would let everything through.

export const SERVERS_FILE = 'mcp.json';

const text = (longest = 4096) => z.string().min(1).max(longest);
const names = () => z.array(text(256)).max(500);
const scope = z
  .string()
  .regex(SCOPE_PATTERN, 'must be a scope such as docs.read')
  .refine((value) => value !== 'confirm', 'confirm is no scope of a tool');
const hints = z.strictObject({
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
});

const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
const webUrl = () => z.url({ protocol: /^https?$/ });

const own = z.strictObject({
  kind: z.enum(['child', 'http', 'lambda']).optional(),
  /** Read by whoever knows the ways to prove oneself. */
  auth: z.unknown().optional(),
  allow: names().optional(),
  deny: names().default([]),
  scopes: z.record(text(256), z.array(scope).max(10)).default({}),
  annotations: z.record(text(256), hints).default({}),
  tenant: z.enum(['person', 'none']).optional(),
  timeout_seconds: z.number().min(1).max(900).default(20),
  concurrency: z.int().min(1).max(64).default(4),
  /** Variables of ours that `${NAME}` may stand for in this entry. */
  env: z.array(z.string().regex(SECRET_NAME, 'must be names of variables')).max(50).default([]),
});
type OwnMember = z.output<typeof own>;

const entry = z.object({
  type: z.string().optional(),
  command: text().optional(),
  args: z.array(z.string().max(4096)).max(200).default([]),
  env: z.record(text(256), z.string().max(8192)).default({}),
  cwd: text().optional(),
  url: webUrl().optional(),
  headers: z.record(text(256), z.string().max(8192)).default({}),
  disabled: z.boolean().default(false),
  sallyport: own.prefault({}),
});
type Entry = z.output<typeof entry>;

/** A folder in which a server lies, found beside the file. */
export interface ServerFolder {
  readonly name: string;
  readonly launch: Launch;
}

export interface ReadServers {
  readonly servers: readonly ServerConfig[];
  readonly faults: readonly ToolFault[];
}

const fault = (name: string, message: string): ToolFault => ({ name, code: 'server_misconfigured', message });

/** Our environment has the vault's key in it: what a server may be told of it is named in its entry, and these never. */
const NEVER_PASSED = new RegExp(
  [
    '^(?:SALLYPORT_(?!UPSTREAM_)|REDIS_|SLACK_|NTFY_|LD_|DYLD_|NODE_OPTIONS$|GOOGLE_CLIENT_SECRET$',
    '(?:OPENAI|ANTHROPIC|GEMINI|DEEPSEEK)_API_KEY$',
    'AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CONTAINER_|WEB_IDENTITY_))',
  ].join('|'),
);

/** How it is reached, or in words why it cannot be. */
function launchOf(
  given: Entry,
  folder: Launch | undefined,
  { directory, readAuth, mayConfigureHeader }: ServersFileOptions,
): Launch | string {
  const { command, url, sallyport } = given;
  if (command !== undefined && url !== undefined) return 'has both a command and a url';
  if (url !== undefined) {
    if (given.type === 'sse')
      return 'speaks the old HTTP+SSE transport, which is not served; use its streamable HTTP url';
    if (sallyport.kind === 'child' || sallyport.kind === 'lambda')
      return `has a url and is said to be a ${sallyport.kind}`;
    const auth = readAuth(sallyport.auth ?? { kind: 'none' });
    if (!auth.ok) return `cannot be proved to: ${auth.reason}`;
    // As other clients have it: the whole proof in a header. Beside another one it would be a second word for the same thing.
    const ownProof = auth.value.kind === 'none' ? 'authorization' : undefined;
    const names = Object.keys(given.headers).map((header) => header.toLowerCase());
    const refused = names.filter((header) => header !== ownProof && !mayConfigureHeader(header));
    if (refused.length > 0) return `sets headers that are not for it to set: ${refused.join(', ')}`;
    return { kind: 'http', url, headers: given.headers, auth: auth.value };
  }
  if (sallyport.auth !== undefined) return 'has auth, which is for servers with a url';
  if (sallyport.kind === 'http') return 'is said to be http and has no url';
  const child = childOf(given, folder, directory);
  if (sallyport.kind !== 'lambda' || typeof child === 'string') return child;
  // One instance serves whoever comes.
  if (sallyport.tenant === 'person') return 'is said to be a lambda, which serves everybody, and to serve one person';
  return { kind: 'lambda', child };
}

function childOf(given: Entry, folder: Launch | undefined, directory: string): ChildLaunch | string {
  const { command } = given;
  if (command === undefined) {
    if (folder === undefined || folder.kind !== 'child')
      return 'has neither a command nor a url, and no folder of its name is there';
    return { ...folder, args: [...folder.args, ...given.args], env: given.env };
  }
  const { cwd = '.' } = given;
  return {
    kind: 'child',
    command,
    args: given.args,
    env: given.env,
    cwd: isAbsolute(cwd) ? cwd : resolve(directory, cwd),
  };
}

function toConfig(name: string, launch: Launch, given: OwnMember): ServerConfig {
  const personal = launch.kind === 'child' || (launch.kind === 'http' && launch.auth.kind === 'agent_door');
  return {
    name,
    toolset: toolsetOf(name),
    launch,
    passes: given.env,
    tenant: given.tenant ?? (personal ? 'person' : 'none'),
    allow: given.allow ?? ['*'],
    deny: given.deny,
    scopes: given.scopes,
    annotations: given.annotations,
    timeoutMs: given.timeout_seconds * 1000,
    concurrency: given.concurrency,
  };
}

/** Nothing for a server that is switched off. */
function readEntry(
  value: unknown,
  folder: Launch | undefined,
  options: ServersFileOptions,
): Result<((name: string) => ServerConfig) | undefined, string> {
  const parsed = entry.safeParse(value, { jitless: true });
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return refuse(`Its entry in ${SERVERS_FILE} cannot be read: ${where.join('; ')}.`);
  }
  const { sallyport, disabled } = parsed.data;
  if (disabled) return accept(undefined);
  const forbidden = sallyport.env.filter((variable) => NEVER_PASSED.test(variable));
  if (forbidden.length > 0) return refuse(`${forbidden.join(', ')} may not be passed on to a server.`);
  const launch = launchOf(parsed.data, folder, options);
  if (typeof launch === 'string') return refuse(`It ${launch}.`);
  return accept((name) => toConfig(name, launch, sallyport));
}

const fileShape = z.object({ mcpServers: z.record(z.string(), z.unknown()) });

function entriesOf(json: string | undefined): Result<Readonly<Record<string, unknown>>, string> {
  if (json === undefined) return accept({});
  try {
    const parsed = fileShape.safeParse(JSON.parse(json), { jitless: true });
    return parsed.success ? accept(parsed.data.mcpServers) : refuse(`${SERVERS_FILE} has no object "mcpServers".`);
  } catch {
    return refuse(`${SERVERS_FILE} is not JSON.`);
  }
}

export interface ServersFileOptions {
  /** The file's text; undefined where there is none. */
  readonly text: string | undefined;
  /** Absolute: where the file lies. */
  readonly directory: string;
  readonly folders: readonly ServerFolder[];
  /** Toolsets of our own: a server of such a name would share their scopes. */
  readonly reserved: readonly string[];
  /** Reads an entry's `auth`; a refusal's reason is in words. */
  readonly readAuth: (given: unknown) => Result<UpstreamAuth, string>;
  /** Of a lower-case name: whether an entry may set this header. */
  readonly mayConfigureHeader: (name: string) => boolean;
}

function nameProblem(name: string, reserved: readonly string[]): string | undefined {
  if (!isServerName(name)) {
    return `Its name must be lower-case letters, digits, - and single _, at most ${MAX_SERVER_NAME}: tools are called <server>__<tool>.`;
  }
  return reserved.includes(toolsetOf(name))
    ? 'Its name is that of a toolset of our own. Give it another one.'
    : undefined;
}

export function readServers(options: ServersFileOptions): ReadServers {
  const { reserved } = options;
  const folders = new Map(options.folders.map(({ name, launch }) => [name, launch]));
  const entries = entriesOf(options.text);
  if (!entries.ok) return { servers: [], faults: [fault(SERVERS_FILE, entries.reason)] };
  const servers = new Map<string, ServerConfig>();
  const faults: ToolFault[] = [];
  for (const name of new Set([...Object.keys(entries.value), ...folders.keys()])) {
    const folder = folders.get(name);
    const given = Object.hasOwn(entries.value, name) ? entries.value[name] : {};
    const problem = nameProblem(name, reserved);
    const read = problem === undefined ? readEntry(given, folder, options) : refuse(problem);
    if (!read.ok) {
      faults.push(fault(name, read.reason));
      continue;
    }
    const config = read.value?.(name);
    if (config === undefined) continue;
    const twin = servers.get(config.toolset);
    if (twin === undefined) servers.set(config.toolset, config);
    else faults.push(fault(name, `Its scopes would be those of ${twin.name}. Give it another name.`));
  }
  return { servers: [...servers.values()], faults };
}
