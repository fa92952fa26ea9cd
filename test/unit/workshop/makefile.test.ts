import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

// What an operator types behind `make` reaches the commands as it was typed. A folder of its own, where `node` only writes down what it was given.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-make-'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  copyFileSync('Makefile', join(folder, 'Makefile'));
  for (const name of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(folder, name), '');
  const node = join(folder, 'node_modules/.bin/node');
  writeFileSync(node, '#!/bin/sh\nprintf "%s\\0" "$@" > given\n');
  chmodSync(node, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { PATH } = process.env;
/** What the command behind the script's name was given. */
function make(target: string, words: Readonly<Record<string, string>>, as: 'arguments' | 'environment' = 'arguments') {
  const given = as === 'arguments' ? Object.entries(words).map(([name, value]) => `${name}=${value}`) : [];
  execFileSync('make', [target, ...given], {
    cwd: folder,
    stdio: 'pipe',
    env: { PATH, ...(as === 'environment' && words) },
  });
  const all = readFileSync(join(folder, 'given'), 'utf8').split('\0').slice(0, -1);
  return all.slice(all.findIndex((one) => one.startsWith('scripts/')) + 1);
}

const ODD = 'Ana "B" \'C\' $(shell touch made) $(id > made) `id > made`; touch made # $$HOME $PATH';

describe('a word behind make', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['person', { NAME: ODD }, ['dev', '--', 'person', 'add', ODD]],
    ['logs', { FILTER: ODD, FN: ODD, SINCE: ODD }, ['dev', '--fn', ODD, '--since', ODD, '--filter', ODD]],
    ['revoke', { SERIAL: ODD }, ['dev', ODD]],
    ['certs', { DROP: ODD }, ['dev', '--drop', ODD]],
    ['rotate', { KEY: ODD, START: '1' }, ['dev', '--start', '--replace', ODD]],
    ['secrets', { REPLACE: ODD, FD: ODD, YES: '1' }, ['dev', '--yes', '--from-fd', ODD, '--replace', ODD]],
    ['bridge', { PERSON: ODD, OUT: ODD }, ['dev', '--person', ODD, '--out', ODD]],
    ['deploy-server', { NAME: ODD }, ['dev', ODD]],
    ['plan', { ROOT: ODD }, ['dev', '--bundle', '--root', ODD]],
    ['doctor', { ENV: ODD }, [ODD]],
    ['redis-acl', { ENV: '' }, ['--env', '']],
    ['client', { Q: ODD }, [ODD]],
    ['slack-manifest', { URL: ODD }, [ODD]],
    ['token', {}, ['dev', '--', 'token', 'list']],
    ['rollback', { TO: 'mcp/3 agent/5' }, ['dev', 'mcp/3', 'agent/5']],
    ['rollback', { TO: '$(id > made) `id > made`' }, ['dev', '$(id', '>', 'made)', '`id', '>', 'made`']],
  ])('arrives as it was typed: %s %j', (target, words, expected) => {
    expect(make(target, words)).toEqual(expected);
    expect(make(target, words, 'environment')).toEqual(expected);
    expect(existsSync(join(folder, 'made'))).toBe(false);
  });

  it('gives a token its days, or ninety', () => {
    const words = { PERSON: 'p_1', AUDIENCE: 'agent', SCOPE: 'calendar.read calendar.write' };
    const token = ['dev', '--', 'token', 'create', '--person', 'p_1', '--audience', 'agent', '--scope', words.SCOPE];
    expect(make('token', words)).toEqual([...token, '--days', '90']);
    expect(make('token', { ...words, DAYS: '7' })).toEqual([...token, '--days', '7']);
  });
});
