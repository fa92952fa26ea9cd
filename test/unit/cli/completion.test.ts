import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { commandTree } from '../../../src/cli/completion/command-tree.ts';
import { completionScript } from '../../../src/cli/completion/scripts.ts';
import { createProgram } from '../../../src/cli/run.ts';
import { createStyle } from '../../../src/cli/style.ts';

// What each shell offers behind the words typed so far, asked of the shells themselves.

const style = createStyle({ environment: {}, isTerminal: false });
const nothing = (): void => undefined;
const program = createProgram({
  environment: {},
  print: nothing,
  warn: nothing,
  tell: nothing,
  say: nothing,
  style,
  outStyle: style,
  endWith: nothing,
});
const tree = commandTree(program);
const folder = mkdtempSync(join(tmpdir(), 'sallyport-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const shell of ['bash', 'zsh', 'fish'] as const) {
  writeFileSync(join(folder, shell), completionScript(shell, tree));
}

function run(shell: string, args: readonly string[]): readonly string[] {
  // Without a terminal's settings of this user.
  const env = { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' };
  const done = spawnSync(shell, args, { encoding: 'utf8', env, timeout: 20_000 });
  if (done.error !== undefined) throw done.error;
  expect({ shell, stderr: done.stderr }).toEqual({ shell, stderr: '' });
  return done.stdout.split('\n').filter((line) => line !== '');
}

const offers: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) =>
    run('bash', [
      '--norc',
      '-c',
      `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`,
      join(folder, 'bash'),
      'sallyport',
      ...words,
    ]),
  // What zsh would hand to its own display; its completion system as a whole wants a terminal.
  zsh: (words) => {
    const current = words.at(-1) ?? '';
    const found = run('zsh', [
      '-f',
      '-c',
      `compdef() { : }; _files() { : }; _describe() { print -l -- "\${offers[@]}" }; source "$0"; words=("$@"); CURRENT=$#words; _sallyport`,
      join(folder, 'zsh'),
      'sallyport',
      ...words,
    ]);
    return found.map((line) => line.split(':')[0] ?? '').filter((name) => name.startsWith(current));
  },
  fish: (words) =>
    run('fish', [
      '--no-config',
      '-c',
      `source ${join(folder, 'fish')}; complete -C ${quoted(['sallyport', ...words].join(' '))}`,
    ]).map((line) => line.split('\t')[0] ?? ''),
};
const quoted = (text: string): string => `'${text.replace(/'/g, "\\'")}'`;

describe.each(Object.keys(offers))('in %s', (shell) => {
  const offered = (...words: readonly string[]) => [...(offers[shell]?.(words) ?? [])].sort();

  it('a command begins with its first letters', () => {
    expect(offered('conn')).toEqual(['connect', 'connections']);
    expect(offered('complet')).toEqual(['completion']);
  });

  it('commands below a command are known', () => {
    expect(offered('conversations', 'r')).toEqual(['rename']);
    expect(offered('token', '')).toEqual(expect.arrayContaining(['create', 'list', 'revoke']));
  });

  it('options are those of the command and of all of them', () => {
    expect(offered('ask', '--j')).toEqual(['--json']);
    expect(offered('conversations', 'export', '--')).toEqual(
      expect.arrayContaining(['--format', '--output', '--profile']),
    );
    expect(offered('tools', '--y')).toEqual([]);
  });

  it('the value of an option is no command', () => {
    expect(offered('--profile', 'tools', 'conversations', 're')).toEqual(['rename']);
    expect(offered('ask', 'tools', '--j')).toEqual(['--json']);
  });
});

describe('the tree', () => {
  it('holds every command that the help shows, with a description', () => {
    for (const { path, commands, options } of tree.nodes) {
      for (const { name, description } of [...commands, ...options]) {
        expect({ path, name, description }).toEqual({ path, name, description: expect.stringMatching(/\S/) });
      }
    }
    expect(tree.nodes.map(({ path }) => path.join(' '))).toEqual(expect.arrayContaining(['', 'chat', 'token create']));
  });
});
