import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

// Builds the zip of one MCP server that speaks over standard streams: its packages, the wrapper that starts it on Lambda, and `server.json`, which
// says what to start. Packages come from the registries that npm and pip are configured for, in exact versions; no script of a package runs here.

export interface ServerSource {
  readonly name: string;
  /** As in `mcp.json`: `npx` or `uvx` with a package in its exact version, or `node` or `python` with a file in `cwd`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly pass: readonly string[];
  readonly timeoutSeconds: number;
  /** The folder that holds a server of one's own. */
  readonly cwd: string;
}

export interface PythonTarget {
  /** Such as `3.12`. */
  readonly version: string;
  /** A platform tag of wheels; this machine's own when left out. */
  readonly platform?: string;
}

export interface BuiltServer {
  readonly zip: Uint8Array;
  readonly runtime: string;
}

interface Launch {
  readonly runtime: 'node' | 'python';
  readonly args: readonly string[];
}

/** What Lambda runs the functions on: arm64 (terraform/modules/function). */
const LAMBDA_PYTHON: PythonTarget = { version: '3.12', platform: 'manylinux2014_aarch64' };
const NODE_RUNTIME = 'nodejs22.x';
/** Lambda's limits for a zip that is sent with the request, and for what is in it. */
const MAX_ZIP_BYTES = 50_000_000;
const MAX_BYTES = 250_000_000;
const ZIP_TIME = new Date('2020-01-01T00:00:00Z');
const EXACT = /^\d+\.\d+(?:\.\d+)*(?:[-.+]?[0-9A-Za-z.]+)?$/;
/** Of no use where it runs. */
const LEFT_OUT =
  /(?:^|\/)(?:__pycache__|\.bin|\.git|\.venv|\.pytest_cache)(?:\/|$)|\.pyc$|(?:^|\/)\.package-lock\.json$/;

const WRAPPER = 'sallyport_server';
const PYTHON_WRAPPER = 'gateway/python/sallyport_server.py';

export class CannotBuild extends Error {
  override readonly name = 'CannotBuild';
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void said.push(text));
  }
  child.on('error', (error) => said.push(error.message));
  const code = await new Promise<number>((resolve) => {
    child.on('close', (ended) => resolve(ended ?? 1));
    child.on('error', () => resolve(1));
  });
  if (code !== 0) throw new CannotBuild(`${command} ${args[0]} ended with ${code}:\n${said.join('').slice(-2000)}`);
}

/** `name@1.2.3`, `@scope/name@1.2.3`, `name==1.2.3`; the version is exact or the build is refused: another day would bring another server. */
function pinned(spec: string, separator: '@' | '=='): { readonly name: string; readonly version: string } {
  const at = spec.lastIndexOf(separator);
  const [name, version] = at <= 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + separator.length)];
  if (!EXACT.test(version)) {
    throw new CannotBuild(`${spec} has no exact version: say which one, as in ${name}${separator}1.2.3.`);
  }
  return { name, version };
}

async function npmServer(folder: string, args: readonly string[]): Promise<Launch> {
  const [spec, ...rest] = args.filter((arg) => arg !== '-y' && arg !== '--yes');
  if (spec === undefined || spec.startsWith('-')) throw new CannotBuild('npx needs the name of a package.');
  const { name, version } = pinned(spec, '@');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { [name]: version } }));
  await run(
    'npm',
    ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
    folder,
  );
  const manifest = JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly bin?: string | Readonly<Record<string, string>>;
  };
  const { bin } = manifest;
  const file = typeof bin === 'string' ? bin : (bin?.[name.split('/').at(-1) ?? ''] ?? Object.values(bin ?? {})[0]);
  if (file === undefined) throw new CannotBuild(`${name} has no command to run.`);
  return { runtime: 'node', args: [join('node_modules', name, file), ...rest] };
}

async function pipInstall(folder: string, what: readonly string[], target: PythonTarget): Promise<void> {
  const elsewhere =
    target.platform === undefined
      ? []
      : ['--platform', target.platform, '--implementation', 'cp', '--python-version', target.version];
  const flags = ['--only-binary=:all:', '--no-compile', '--disable-pip-version-check', '--quiet', '--target', folder];
  await run('python3', ['-m', 'pip', 'install', ...flags, ...elsewhere, ...what], folder);
}

/** What a package's console script of this name would run: the scripts themselves name the Python that they were installed by. */
async function consoleScript(folder: string, script: string): Promise<readonly string[]> {
  const infos = (await readdir(folder)).filter((name) => name.endsWith('.dist-info'));
  for (const info of infos) {
    const text = await readFile(join(folder, info, 'entry_points.txt'), 'utf8').catch(() => '');
    const [, section = ''] = /\[console_scripts\]([^[]*)/.exec(text) ?? [];
    for (const line of section.split('\n')) {
      const [, name, module, attribute] = /^\s*([^\s=]+)\s*=\s*([\w.]+):([\w.]+)/.exec(line) ?? [];
      if (name !== script || module === undefined || attribute === undefined) continue;
      return [
        '-c',
        `import sys; from ${module} import ${attribute.split('.')[0]} as m; sys.exit(m${attribute.replace(/^\w+/, '')}())`,
      ];
    }
  }
  throw new CannotBuild(`no package has a command ${script}.`);
}

async function pypiServer(folder: string, args: readonly string[], target: PythonTarget): Promise<Launch> {
  const from = args[0] === '--from' ? args[1] : undefined;
  const [script = '', ...rest] = from === undefined ? args : args.slice(2);
  const spec = from ?? script;
  const { name, version } = pinned(spec, spec.includes('==') ? '==' : '@');
  await pipInstall(folder, [`${name}==${version}`], target);
  return { runtime: 'python', args: [...(await consoleScript(folder, from === undefined ? name : script)), ...rest] };
}

async function exists(folder: string, file: string): Promise<boolean> {
  return (await readdir(folder)).includes(file);
}

/** A server of one's own: its folder as it is, with its packages beside it. */
async function ownServer(folder: string, source: ServerSource, target: PythonTarget): Promise<Launch> {
  const { command, args, cwd } = source;
  const runtime = command === 'node' ? 'node' : 'python';
  await cp(cwd, folder, { recursive: true, filter: (path) => !/(?:^|\/)(?:node_modules|\.venv|\.git)$/.test(path) });
  if (runtime === 'node' && (await exists(folder, 'package.json'))) {
    if (!(await exists(folder, 'package-lock.json'))) {
      throw new CannotBuild(`${cwd} has no package-lock.json, so no exact versions: npm install makes one.`);
    }
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  }
  if (runtime === 'python' && (await exists(folder, 'requirements.txt'))) {
    await pipInstall(folder, ['-r', 'requirements.txt'], target);
  }
  return { runtime, args };
}

async function install(folder: string, source: ServerSource, target: PythonTarget): Promise<Launch> {
  switch (source.command) {
    case 'npx':
      return npmServer(folder, source.args);
    case 'uvx':
      return pypiServer(folder, source.args, target);
    case 'node':
    case 'python':
    case 'python3':
      return ownServer(folder, source, target);
    default:
      throw new CannotBuild(`a command ${source.command} cannot be brought to Lambda: npx, uvx, node and python can.`);
  }
}

async function wrapperOf(runtime: Launch['runtime']): Promise<readonly [string, Uint8Array]> {
  if (runtime === 'python') return [`${WRAPPER}.py`, await readFile(PYTHON_WRAPPER)];
  const { outputFiles } = await build({
    entryPoints: ['src/handlers/stdio-server.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new CannotBuild('the wrapper is empty.');
  return [`${WRAPPER}.mjs`, file.contents];
}

async function filesBelow(folder: string): Promise<readonly (readonly [string, Uint8Array])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !LEFT_OUT.test(path))
    .sort();
  return Promise.all(paths.map(async (path) => [path, new Uint8Array(await readFile(join(folder, path)))] as const));
}

function zipOf(name: string, files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const size = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const zip = zipSync(Object.fromEntries(files), { level: 9, mtime: ZIP_TIME });
  if (size > MAX_BYTES || zip.length > MAX_ZIP_BYTES) {
    const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;
    throw new CannotBuild(
      `${name} is too large for Lambda: ${megabytes(zip.length)} as a zip (50 at most), ${megabytes(size)} unpacked (250 at most).`,
    );
  }
  return zip;
}

/** Rejects with `CannotBuild`, whose message says what is wrong with the server. */
export async function buildServer(source: ServerSource, target: PythonTarget = LAMBDA_PYTHON): Promise<BuiltServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-server-'));
  try {
    const { runtime, args } = await install(folder, source, target);
    const { name, env, pass, timeoutSeconds } = source;
    const settings = { name, command: runtime, args, env, pass, timeout_seconds: timeoutSeconds };
    const files = [
      ...(await filesBelow(folder)).filter(([path]) => path !== 'server.json'),
      await wrapperOf(runtime),
      ['server.json', Buffer.from(`${JSON.stringify(settings, null, 2)}\n`)] as const,
    ];
    return { zip: zipOf(name, files), runtime: runtime === 'node' ? NODE_RUNTIME : `python${target.version}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
