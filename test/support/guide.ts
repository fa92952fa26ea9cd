import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type CommandRun, runCommand } from './run-command.ts';

// A guide, followed to the letter: its blocks in their order, in a copy of this checkout. `ts` and `json` blocks are new files, `diff` blocks change one; either is named in
// the paragraph before it. `sh` blocks are run.

export interface GuideBlock {
  readonly language: string;
  readonly code: string;
  /** The file that the paragraph before it names first. */
  readonly file: string | undefined;
  /** Its heading and its number below it: what a test is called. */
  readonly name: string;
}

export function readGuide(path: string): readonly GuideBlock[] {
  const blocks: GuideBlock[] = [];
  let [heading, paragraph, line] = ['', '', 0];
  const lines = readFileSync(path, 'utf8').split('\n');
  while (line < lines.length) {
    const text = lines[line] ?? '';
    const language = /^```(\w+)$/.exec(text)?.[1];
    if (language !== undefined) {
      const end = lines.indexOf('```', line + 1);
      if (end < 0) throw new Error(`${path}: a block that does not end`);
      const code = lines.slice(line + 1, end).join('\n');
      const file = [...paragraph.matchAll(/`([^`\s]+\/[^`\s]+)`/g)][0]?.[1];
      blocks.push({ language, code: `${code}\n`, file, name: `${heading}, line ${line + 1}` });
      [paragraph, line] = ['', end];
    } else if (text.startsWith('#')) [heading, paragraph] = [text.replace(/^#+ /, ''), ''];
    else if (text !== '') paragraph = (lines[line - 1] ?? '') === '' ? text : `${paragraph} ${text}`;
    line += 1;
  }
  return blocks;
}

/** The lines of a diff as they are before and after it; a guide writes no line numbers. */
function sidesOf(diff: string): { readonly before: string; readonly after: string } {
  const lines = diff.split('\n').filter((line) => line !== '');
  const side = (sign: string): string =>
    lines
      .filter((line) => line.startsWith(' ') || line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { before: side('-'), after: side('+') };
}

const COPIED = [
  ...['AGENTS.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'Makefile', 'README.md', 'SECURITY.md'],
  ...['biome.json', 'jest.config.mjs', 'knip.config.ts', 'package-lock.json', 'package.json', 'tsconfig.json'],
  ...['bin', 'build', 'docs', 'examples', 'gateway', 'scripts', 'slack', 'src', 'terraform', 'test'],
];
const NOT_COPIED =
  /\/(node_modules|\.venv[^/]*|\.terraform|\.installing|__pycache__|\.schemathesis)$|\.tfstate|\.tfplan$/;
const INSTALLED = 'node_modules/.package-lock.json';

export interface Checkout {
  readonly folder: string;
  run(script: string, environment: Readonly<Record<string, string>>): Promise<CommandRun>;
  /** Starts what goes on until it is stopped; resolves once a line begins with these words. */
  start(script: string, words: string, environment: Readonly<Record<string, string>>): Promise<void>;
  create(file: string, text: string): Promise<void>;
  /** Fails where the lines before it are not in the file exactly once. */
  change(file: string, diff: string): Promise<void>;
  dispose(): Promise<void>;
}

/** A copy with the packages of this one. `make` in it must find them installed: it would install into the original otherwise. */
export async function createCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-guide-'));
  const home = join(folder, '.home');
  const started: ChildProcess[] = [];
  await mkdir(home);
  for (const name of COPIED) {
    const options = { recursive: true, preserveTimestamps: true, filter: (path: string) => !NOT_COPIED.test(path) };
    await cp(resolve(name), join(folder, name), options);
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const { code } = await runCommand('make', ['--question', INSTALLED], { cwd: folder });
  if (code !== 0) throw new Error('the packages are older than package.json: run `make setup` first');
  const environmentWith = (more: Readonly<Record<string, string>>) => ({ ...process.env, HOME: home, ...more });

  async function stop(child: ChildProcess): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    // Its whole group, as Ctrl-C does.
    process.kill(-child.pid, 'SIGINT');
    await gone;
  }

  return {
    folder,
    run: (script, environment) =>
      runCommand('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: environmentWith(environment) }),
    async start(script, words, environment) {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: folder,
        env: environmentWith(environment),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      const output: string[] = [];
      await new Promise<void>((done, failed) => {
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on('line', (line) => {
            output.push(line);
            if (line.startsWith(words)) done();
          });
        }
        child.on('exit', (code) => failed(new Error(`ended with ${code}: ${output.join('\n')}`)));
      });
    },
    async create(file, text) {
      const path = join(folder, file);
      if (existsSync(path)) throw new Error(`${file} is there already`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    async change(file, diff) {
      const path = join(folder, file);
      const { before, after } = sidesOf(diff);
      const parts = (await readFile(path, 'utf8')).split(before);
      if (parts.length !== 2) throw new Error(`${file} has these lines ${parts.length - 1} times:\n${before}`);
      await writeFile(path, parts.join(after));
    },
    async dispose() {
      await Promise.all(started.map(stop));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
