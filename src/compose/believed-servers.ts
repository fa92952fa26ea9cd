import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mayConfigureHeader } from '../adapters/upstreams/http-fetch.ts';
import { toolsetNames } from '../config/settings.ts';
import { upstreamAuth } from '../config/upstream-auth.ts';
import { AppError } from '../kernel/app-error.ts';
import { isJsonObject } from '../kernel/json-object.ts';
import { accept, refuse } from '../kernel/result.ts';
import type { ToolFault } from '../mcp/tool-source.ts';
import { findToolsDeclaration } from '../mcp/tools/find/find-tools.ts';
import { APPROVED_FILE, type Approved, parseApproved } from '../mcp/upstreams/approved.ts';
import { type Belief, believe } from '../mcp/upstreams/believe.ts';
import { toolsetOf } from '../mcp/upstreams/names.ts';
import type { ChildLaunch, ServerConfig } from '../mcp/upstreams/server-config.ts';
import { readServers, SERVERS_FILE, type ServerFolder } from '../mcp/upstreams/servers-file.ts';
import type { UpstreamTool } from '../ports/upstream.ts';
import { toolHash } from '../trust/tool-hash.ts';

// The folder of other servers, read: which there are, and what of them was approved. The MCP API lists from it, the agent believes by it, the OAuth
// API knows its scopes: one authority for all three, and no server runs for any of it.

export interface BelievedServer {
  readonly config: ServerConfig;
  /** Undefined where nobody has approved anything of it. */
  readonly approved: readonly UpstreamTool[] | undefined;
  readonly belief: Belief;
}

export interface BelievedServers {
  readonly directory: string;
  readonly servers: readonly BelievedServer[];
  /** Of the list itself, and of servers that cannot be read. */
  readonly faults: readonly ToolFault[];
  readonly approved: Approved;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('misconfigured', `${path} cannot be read.`, { cause: error });
  }
}

function child(folder: string, command: string, args: readonly string[]): ChildLaunch {
  return { kind: 'child', command, args, env: {}, cwd: folder };
}

/** What `package.json` starts: its command (of several the one of its own name, as npx does it), else its main file. */
function nodeServer(folder: string): ChildLaunch | undefined {
  const text = readText(join(folder, 'package.json'));
  if (text === undefined) return undefined;
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(manifest)) return undefined;
  const { name, bin, main } = manifest;
  const commands = isJsonObject(bin) ? bin : {};
  const own = typeof name === 'string' ? commands[name.replace(/^@[^/]*\//, '')] : undefined;
  const chosen = [bin, own, Object.values(commands)[0], main].find((file) => typeof file === 'string');
  return child(folder, 'node', [typeof chosen === 'string' ? chosen : 'index.js']);
}

/** The texts of one table that stand on lines of their own: all of TOML that is needed here. */
function tableTexts(toml: string, table: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  let inside = false;
  for (const line of toml.split('\n')) {
    const header = /^\s*(\[+)\s*([^[\]]+?)\s*\]+\s*(?:#.*)?$/.exec(line);
    if (header !== null) inside = header[1] === '[' && header[2] === table;
    const [, key, value] = /^\s*["']?([A-Za-z0-9._-]+)["']?\s*=\s*["']([^"']*)["']/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) texts.set(key, value);
  }
  return texts;
}

/** What the project's command of its own name would run, or its first; without one the module of its name. */
function pythonProject(toml: string): readonly string[] | undefined {
  const [project, scripts] =
    ['project', 'tool.poetry']
      .map((table) => [tableTexts(toml, table).get('name'), tableTexts(toml, `${table}.scripts`)] as const)
      .find(([name]) => name !== undefined) ?? [];
  if (project === undefined || scripts === undefined) return undefined;
  const [, module, attribute] =
    /^([\w.]+):([\w.]+)$/.exec(scripts.get(project) ?? [...scripts.values()][0] ?? '') ?? [];
  if (module === undefined || attribute === undefined) return ['-m', project.toLowerCase().replaceAll(/[-.]/g, '_')];
  const [first = '', ...rest] = attribute.split('.');
  return ['-c', `import sys; from ${module} import ${first} as it; sys.exit(${['it', ...rest].join('.')}())`];
}

/** The environment that lies beside it, else the system's Python. */
function pythonServer(folder: string): ChildLaunch | undefined {
  const own = join(folder, '.venv', 'bin', 'python');
  const python = existsSync(own) ? own : 'python3';
  if (existsSync(join(folder, 'main.py'))) return child(folder, python, ['main.py']);
  const args = pythonProject(readText(join(folder, 'pyproject.toml')) ?? '');
  return args === undefined ? undefined : child(folder, python, args);
}

/** Folders beside the list in which a server lies: `package.json`, `pyproject.toml` or `main.py`. */
function findFolders(directory: string): readonly ServerFolder[] {
  return readdirSync(directory)
    .filter(
      (name) =>
        !name.startsWith('.') &&
        name !== 'node_modules' &&
        statSync(join(directory, name), { throwIfNoEntry: false })?.isDirectory() === true,
    )
    .sort()
    .flatMap((name) => {
      const folder = join(directory, name);
      const launch = nodeServer(folder) ?? pythonServer(folder);
      return launch === undefined ? [] : [{ name, launch }];
    });
}

/** Whether anything in this folder is a server: a list of them, or a folder with one. */
export function holdsServers(directory: string): boolean {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return existsSync(join(directory, SERVERS_FILE)) || findFolders(directory).length > 0;
}

function readApproved(directory: string): Approved {
  const text = readText(join(directory, APPROVED_FILE));
  return text === undefined ? new Map() : parseApproved(text);
}

/** Throws AppError `misconfigured` when the folder is not there or `approved.json` is damaged: then nothing is known of what to believe. */
export function readBelievedServers(folder: string): BelievedServers {
  const directory = resolve(folder);
  if (!existsSync(directory)) {
    throw new AppError('misconfigured', `SALLYPORT_SERVERS_DIR: there is no folder ${directory}.`);
  }
  const approved = readApproved(directory);
  const { servers, faults } = readServers({
    text: readText(join(directory, SERVERS_FILE)),
    directory,
    folders: findFolders(directory),
    reserved: [...toolsetNames.map(toolsetOf), 'find'],
    mayConfigureHeader,
    readAuth: (given) => {
      const parsed = upstreamAuth.safeParse(given, { jitless: true });
      if (parsed.success) return accept(parsed.data);
      return refuse(parsed.error.issues.map((issue) => `auth.${issue.path.join('.')} ${issue.message}`).join('; '));
    },
  });
  const believed = servers.map((config) => {
    const tools = approved.get(config.name);
    return { config, approved: tools, belief: believe(config, tools) };
  });
  return { directory, servers: believed, faults, approved };
}

/** For the agent: the hash of each tool as it is listed here. */
export function believedHashes(folder: string | undefined): Readonly<Record<string, string>> {
  if (folder === undefined) return {};
  const tools = readBelievedServers(folder).servers.flatMap(({ belief }) => belief.tools);
  const declarations = [findToolsDeclaration, ...tools.map(({ declaration }) => declaration)];
  return Object.fromEntries(declarations.map((declaration) => [declaration.name, toolHash(declaration)]));
}

/** For the pages where a person decides: the scopes that only these servers have, in words. */
export function believedScopes(folder: string | undefined): Readonly<Record<string, { readonly words: string }>> {
  if (folder === undefined) return {};
  return Object.fromEntries(
    readBelievedServers(folder).servers.flatMap(({ config: { name, toolset }, belief }) => {
      const used = new Set(belief.tools.flatMap(({ declaration }) => declaration.scopes));
      const words = {
        [`${toolset}.read`]: { words: `look things up with the server ${name}` },
        [`${toolset}.write`]: { words: `do with the server ${name} what it can, asking you before each change` },
      };
      return Object.entries(words).filter(([scope]) => used.has(scope));
    }),
  );
}
