import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  type StorePrefix,
  type StoreUser,
  storeAccess,
  storePrefixes,
  storeRights,
} from '../../../src/config/store-access.ts';
import { storeTables } from '../../../src/config/store-tables.ts';

// docs/storage.md tells operators who may touch what; it must tell what is so.

const users = Object.keys(storeAccess) as StoreUser[];

interface Row {
  readonly prefix: string;
  readonly rights: readonly string[];
}

/** Rows of the table of records, each key cut down to its prefix. */
function readRows(): Row[] {
  const [, table = ''] = readFileSync('docs/storage.md', 'utf8').split('\n| Key |');
  const [rows = ''] = table.split('\n\n');
  const lines = rows.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const key = /^`([^`]+)`$/.exec(cells[1] ?? '')?.[1] ?? '';
    return { prefix: key.replace(/<.*$/, ''), rights: cells.slice(4, 4 + users.length) };
  });
}

function rightsOf(user: StoreUser, prefix: string): string {
  const { read, write } = storeRights(user, prefix as StorePrefix);
  return `${read ? 'R' : ''}${write ? 'W' : ''}` || '–';
}

describe('docs/storage.md', () => {
  it('has a column for every function, in the order of the list', () => {
    const header = readFileSync('docs/storage.md', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('| Key |'));
    expect(header?.split('|').map((cell) => cell.trim())).toEqual(['', 'Key', 'Holds', 'Lives', ...users, '']);
  });

  it('lists every kind of record there is, once, and no other', () => {
    expect(readRows().map(({ prefix }) => prefix)).toEqual([...storePrefixes]);
  });

  it.each(readRows())('tells the rights on $prefix as they are', ({ prefix, rights }) => {
    expect(rights).toEqual(users.map((user) => rightsOf(user, prefix)));
  });
});

describe('the tables of DynamoDB in docs/storage.md', () => {
  it.each(Object.entries(storeTables))('%s holds what it holds', (table, prefixes) => {
    const row = readFileSync('docs/storage.md', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`| \`${table}\` |`));
    const told = [...(row ?? '').matchAll(/`([a-z:]+)`/g)].map((match) => match[1]).slice(1);
    expect(told).toEqual(prefixes.filter((prefix) => prefix !== 'rate:questions:'));
  });
});

/** Spelled like keys, but never one: names of models, and identities, which are the rest of an `identity:` key. */
const NOT_KEYS: readonly string[] = ['openai:', 'anthropic:', 'bedrock:', 'oidc:', 'oidc:google:', 'iam:'];

/** What stands before the first `${` of every template in the source that begins like a key. */
function prefixesInCode(): Set<string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const texts = files.map((file) => readFileSync(join('src', file), 'utf8'));
  const found = texts.flatMap((text) =>
    [...text.matchAll(/`([a-z]+(?::[a-z]+)*:)\$\{/g)].map((match) => match[1] ?? ''),
  );
  return new Set(found.filter((prefix) => !NOT_KEYS.includes(prefix)));
}

describe('the list of records', () => {
  it('names every prefix under which the code makes keys, and none that it does not', () => {
    const listed = storePrefixes.filter((prefix) => prefix.endsWith(':'));
    expect([...prefixesInCode()].sort()).toEqual([...listed].sort());
  });
});
