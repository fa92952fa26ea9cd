import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

// A checkout of its own for the operator's commands, run as a person's shell runs them: child processes that know what they are told and
// nothing of this machine. Its zip holds small functions that answer, so that a deployment takes seconds.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TERMINAL = join(ROOT, 'test/infra/scripts/terminal.py');
const NOT_COPIED = /\.terraform($|\/|\.lock)|\.tfstate|\.tfplan|_override\.tf$/;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, one after the other. */
  readonly output: string;
}

export interface RunOptions {
  /** On file descriptor 3. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with everything that was written so far, each time there is more. */
  readonly onOutput?: (output: string, child: ChildProcess) => void;
}

export interface OperatorCheckout {
  readonly folder: string;
  /** `scripts/aws/<name>.ts` with these arguments; never throws for its exit code. */
  run(name: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same at a terminal, where somebody gives these answers to these questions, in order. Its output is what stood there. */
  runAtTerminal(name: string, args: readonly string[], exchanges: readonly (readonly [string, string])[]): Promise<Ran>;
  /** Puts a zip in place whose functions say this edition. */
  bundle(edition: number): Promise<void>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  list(path: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
  dispose(): Promise<void>;
}

const ZIP_TIME = new Date('2020-01-01T00:00:00Z');

/** `environment`: all that the commands are told, beside where Node and Terraform are. */
export async function createOperatorCheckout(environment: Readonly<Record<string, string>>): Promise<OperatorCheckout> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-operator-'));
  const copy = (name: string) =>
    cp(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !NOT_COPIED.test(path) });
  await Promise.all(['build', 'gateway', 'package.json', 'scripts', 'src', 'terraform', 'tsconfig.json'].map(copy));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'dist'));
  const base = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(process.env['SALLYPORT_TF_PLUGIN_DIR'] === undefined
      ? {}
      : { SALLYPORT_TF_PLUGIN_DIR: process.env['SALLYPORT_TF_PLUGIN_DIR'] }),
    TF_CLI_ARGS_plan: '-parallelism=30',
    ...environment,
  };
  async function start(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
    const { input, env = {}, onOutput } = options;
    const child = spawn(program, [...args], {
      cwd: folder,
      env: { ...base, ...env },
      stdio: ['ignore', 'pipe', 'pipe', input === undefined ? 'ignore' : 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout + stderr, child);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onOutput?.(stdout + stderr, child);
    });
    const pipe = child.stdio[3];
    if (input !== undefined && pipe !== null && pipe !== undefined && 'end' in pipe) {
      // A command that refuses its arguments never reads it.
      pipe.on('error', () => {});
      pipe.end(input);
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, stdout, stderr, output: stdout + stderr };
  }
  const at = (path: string): string => join(folder, path);
  return {
    folder,
    run: (name, args, options = {}) => start(process.execPath, [`scripts/aws/${name}.ts`, ...args], options),
    runAtTerminal: (name, args, exchanges) => {
      const command = [process.execPath, `scripts/aws/${name}.ts`, ...args];
      return start('python3', [TERMINAL, JSON.stringify(exchanges), ...command], {});
    },
    async bundle(edition) {
      const code = `export const handler = async () => ({ edition: ${edition} });\n`;
      const names = ['agent', 'calls', 'mcp', 'oauth', 'rotate', 'worker'].map((name) => [
        `${name}.mjs`,
        new TextEncoder().encode(code),
      ]);
      await writeFile(at('dist/lambda.zip'), zipSync(Object.fromEntries(names), { mtime: ZIP_TIME }));
    },
    write: (path, text) => writeFile(at(path), text),
    read: (path) => readFile(at(path), 'utf8'),
    list: (path) => readdir(at(path)),
    remove: (path) => rm(at(path), { recursive: true, force: true }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
