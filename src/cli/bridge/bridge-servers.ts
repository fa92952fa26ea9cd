import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';
import { LOCAL_FILE, type LocalFile } from '../client/local-file.ts';
import {
  type AuthSetting,
  bridgePath,
  problemsOf,
  readBridgeFile,
  SERVER_NAME,
  type SecretSetting,
  type ServerSetting,
  serverSetting,
} from './bridge-file.ts';
import { readCredentialsFile } from './certificate-proof.ts';
import type { DoorAuth, DoorOptions, SecretSource } from './door-options.ts';

// Which servers a bridge leads to: those of `bridge.json`, one that the command line or the environment describes, or else the system that runs on
// this machine. The environment is stronger than the file, the command line than both.

type Environment = Readonly<Record<string, string | undefined>>;

export interface BridgeFlags {
  readonly server?: readonly string[];
  readonly bridgeConfig?: string;
  readonly url?: string;
  readonly auth?: string;
}

export interface BridgeSources {
  readonly environment: Environment;
  readonly flags: BridgeFlags;
  readonly local: LocalFile | undefined;
}

/** In place of a path: the parts of this document lie in files of their own, which `local.json` names. */
const LOCAL_CREDENTIALS = LOCAL_FILE;

/** Where relative paths begin: the folder of the file that names them. */
function pathIn(base: string, path: string): string {
  return path.startsWith('~/') ? resolve(homedir(), path.slice(2)) : resolve(base, path);
}

function secretSource(setting: SecretSetting, base: string, environment: Environment): SecretSource {
  if (typeof setting === 'string') return async () => setting;
  if ('env' in setting) {
    return async () => {
      const value = environment[setting.env] ?? '';
      if (value !== '') return value;
      throw new AppError('misconfigured', `The environment variable ${setting.env} is not set.`);
    };
  }
  const path = pathIn(base, setting.file);
  return async () => (await readCredentialsFile(path)).trim();
}

function authOf(setting: AuthSetting, url: string, base: string, environment: Environment): DoorAuth {
  const secret = (one: SecretSetting): SecretSource => secretSource(one, base, environment);
  switch (setting.kind) {
    case 'none':
      return setting;
    case 'token':
      return { kind: 'token', token: secret(setting.token) };
    case 'sigv4':
      return { ...setting, token: setting.token === undefined ? undefined : secret(setting.token) };
    case 'certificate': {
      const path = pathIn(base, setting.credentials);
      const { person, scopes } = setting;
      return { kind: 'certificate', document: () => readCredentialsFile(path), person, scopes };
    }
    case 'oauth': {
      const { client_id: clientId, resource, ...rest } = setting;
      return { ...rest, clientId, resource: resource === false ? undefined : resource };
    }
    case 'client_credentials': {
      const { issuer, audience, scopes, client_auth: clientAuth, client_id: clientId, token_url: tokenUrl } = setting;
      // RFC 8707: for this door, unless the issuer knows it by another name.
      const named = setting.resource ?? (audience === undefined ? url : false);
      const clientSecret = secret(setting.client_secret);
      const resource = named === false ? undefined : named;
      return {
        kind: 'client_credentials',
        issuer,
        audience,
        scopes,
        clientAuth,
        clientId,
        tokenUrl,
        clientSecret,
        resource,
      };
    }
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('misconfigured', `The file ${path} cannot be read.`, { cause });
  }
}

function doorOf(name: string, setting: ServerSetting, base: string, environment: Environment): DoorOptions {
  const { url, headers, ca, timeout_seconds: timeout, retry_seconds: retry } = setting;
  return {
    name,
    url,
    auth: authOf(setting.auth, url, base, environment),
    headers,
    ...(ca !== undefined && { tls: { ca: readPem(pathIn(base, ca)) } }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
    ...(retry !== undefined && { patienceMs: retry * 1000 }),
  };
}

/** The system that `make dev` runs here, by each of its doors. The first one is the usual one. */
function localServers({ key_door, oauth_door, mcp, person }: LocalFile): Readonly<Record<string, ServerSetting>> {
  const { scopes } = mcp;
  return {
    local: { url: key_door.url, auth: { kind: 'token', token: key_door.token } },
    'local-oauth': { url: oauth_door.url, auth: { kind: 'oauth', browser: true } },
    'local-agent': { url: mcp.url, auth: { kind: 'certificate', credentials: LOCAL_CREDENTIALS, person, scopes } },
  };
}

/** The files as they are now: they change while the system runs. */
function localDocument({ mcp: { cert, key, ca, key_id, secret } }: LocalFile): SecretSource {
  return async () => {
    const [certificate, private_key, server_ca] = await Promise.all(
      [cert, key, ca].map((path) => readFile(path, 'utf8')),
    );
    return JSON.stringify({ v: 1, certificate, private_key, key_id, secret, server_ca });
  };
}

function withLocalDocument(door: DoorOptions, { auth }: ServerSetting, local: LocalFile): DoorOptions {
  const isOwn = auth.kind === 'certificate' && auth.credentials === LOCAL_CREDENTIALS;
  if (!isOwn || door.auth.kind !== 'certificate') return door;
  return { ...door, auth: { ...door.auth, document: localDocument(local) } };
}

const LIST = /[\s,]+/;

/** Variables that describe one server, in the shape that the file has. */
function settingFrom(environment: Environment, flags: BridgeFlags): Record<string, unknown> {
  const of = (name: string): string | undefined => environment[`SALLYPORT_BRIDGE_${name}`] || undefined;
  const url = flags.url ?? of('URL');
  const kind = flags.auth ?? of('AUTH') ?? (of('TOKEN') !== undefined ? 'token' : undefined);
  const scopes = of('SCOPES')
    ?.split(LIST)
    .filter((scope) => scope !== '');
  const members = {
    token: of('TOKEN') === undefined ? undefined : { env: 'SALLYPORT_BRIDGE_TOKEN' },
    credentials: of('CREDENTIALS'),
    person: of('PERSON'),
    issuer: of('ISSUER'),
    client_id: of('CLIENT_ID'),
    client_secret: of('CLIENT_SECRET') === undefined ? undefined : { env: 'SALLYPORT_BRIDGE_CLIENT_SECRET' },
    audience: of('AUDIENCE'),
    scopes,
    browser: of('BROWSER') === 'off' ? false : undefined,
  };
  const seconds = of('TIMEOUT');
  const told = Object.entries({ kind, ...members }).filter(([, value]) => value !== undefined);
  return {
    ...(url !== undefined && { url }),
    ...(told.length > 0 && { auth: Object.fromEntries(told) }),
    ...(of('CA') !== undefined && { ca: of('CA') }),
    ...(seconds !== undefined && { timeout_seconds: Number(seconds) }),
  };
}

/** What the environment says on top of the file: another kind of proof takes nothing of the file's own. */
function merged(file: ServerSetting | undefined, over: Record<string, unknown>): Record<string, unknown> {
  const auth = over['auth'] as Record<string, unknown> | undefined;
  if (auth === undefined) return { ...file, ...over };
  const sameKind = auth['kind'] === undefined || auth['kind'] === file?.auth.kind;
  return { ...file, ...over, auth: { kind: 'oauth', ...(sameKind && file?.auth), ...auth } };
}

function checked(name: string, given: Record<string, unknown>): ServerSetting {
  const parsed = serverSetting.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new AppError('misconfigured', `The MCP server "${name}" is not described right: ${problemsOf(parsed.error)}.`);
}

function wishedNames({ environment, flags }: BridgeSources): readonly string[] {
  const named = flags.server ?? (environment['SALLYPORT_BRIDGE_SERVER'] ?? '').split(LIST);
  return named.filter((name) => name !== '');
}

/** At least one, each by its name. Throws AppError `misconfigured` or `invalid_request`, saying what to write. */
export function findBridgeServers(sources: BridgeSources): readonly DoorOptions[] {
  const { environment, flags, local } = sources;
  const path = flags.bridgeConfig ?? bridgePath(environment);
  const isNamed = flags.bridgeConfig !== undefined || (environment['SALLYPORT_BRIDGE_CONFIG'] ?? '') !== '';
  const file = readBridgeFile(path, isNamed) ?? {};
  const wished = wishedNames(sources);
  const over = settingFrom(environment, flags);
  const make = (name: string, setting: ServerSetting): DoorOptions => doorOf(name, setting, dirname(path), environment);

  if ('url' in over) {
    const [name = 'sallyport'] = wished;
    if (!SERVER_NAME.test(name)) throw new AppError('invalid_request', `${name} is no name for a server.`);
    return [make(name, checked(name, merged(undefined, over)))];
  }
  const own = local === undefined ? {} : localServers(local);
  const enabled = Object.keys(file).filter((name) => file[name]?.disabled !== true);
  const usual = enabled.length > 0 ? enabled : Object.keys(own).slice(0, 1);
  const names = wished.length > 0 ? [...new Set(wished)] : usual;
  if (names.length === 0) {
    throw new AppError(
      'misconfigured',
      `No MCP server is known. Describe one in ${path} or by SALLYPORT_BRIDGE_URL, or start a system with \`make dev\` (SALLYPORT_HOME names its folder .sallyport).`,
    );
  }
  return names.map((name) => {
    const given = file[name] ?? own[name];
    if (given === undefined) {
      const choices = [...Object.keys(file), ...Object.keys(own)].join(', ');
      throw new AppError(
        'invalid_request',
        `There is no MCP server "${name}" in ${path}. Choose one of: ${choices || 'none'}.`,
      );
    }
    const setting = names.length === 1 ? checked(name, merged(given, over)) : given;
    const door = make(name, setting);
    const isLocals = file[name] === undefined && local !== undefined;
    return isLocals ? withLocalDocument(door, setting, local) : door;
  });
}
