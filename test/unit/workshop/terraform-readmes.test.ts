import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

// The README of each module and root says every value that it takes and every one that it gives, and none that it has not.

const folders = [...new Set(globSync('terraform/**/variables.tf').map(dirname))]
  .filter((folder) => !folder.includes('.terraform'))
  .sort();

const declared = (folder: string, kind: 'output' | 'variable'): readonly string[] =>
  globSync(join(folder, '*.tf'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(new RegExp(`^${kind} "([^"]+)"`, 'gm'))])
    .map(([, name = '']) => name)
    .sort();

/** What the first column of the table of values names. */
function listed(readme: string): readonly string[] {
  const [, rows = ''] = /^\| (?:input|variable) \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const cells = rows.split('\n').map((row) => row.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)).sort();
}

describe.each(folders)('%s/README.md', (folder) => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  it('lists the variables that there are', () => {
    expect(listed(readme)).toEqual(declared(folder, 'variable'));
  });

  it('names the outputs', () => {
    expect(declared(folder, 'output').filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

it('every folder of Terraform is looked at', () => {
  const all = globSync('terraform/**/*.tf').filter((file) => !/\.terraform|\/tests\//.test(file));
  expect([...new Set(all.map(dirname))].sort()).toEqual(folders);
});
