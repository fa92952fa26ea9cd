import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorStatus } from '../../../src/kernel/app-error.ts';

// docs/troubleshooting.md has a line for whatever a client is answered with and for each reason that the log gives.

const text = readFileSync('docs/troubleshooting.md', 'utf8');
const explained = new Set([...text.matchAll(/`(-?[a-z0-9_]+)`/g)].map(([, word = '']) => word));

function sourcesOf(...folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

function found(source: string, pattern: RegExp): readonly string[] {
  return [...new Set([...source.matchAll(pattern)].map(([, word = '']) => word))].sort();
}

const unexplained = (words: readonly string[]): readonly string[] => words.filter((word) => !explained.has(word));

describe('the guide to troubles', () => {
  it('has every code that an API answers with, in the table of docs/errors.md too', () => {
    const errors = readFileSync('docs/errors.md', 'utf8');
    for (const [code, status] of Object.entries(errorStatus)) {
      expect(errors).toContain(`| \`${code}\` | ${status} |`);
      expect(text).toContain(`| \`${code}\` | `);
    }
  });

  it('has every code that a tool’s result carries', () => {
    const codes = found(sourcesOf('src/mcp'), /(?:code: |failure\()'([a-z_]+)'/g);
    expect(codes).toEqual(expect.arrayContaining(['insufficient_scope', 'unclear', 'server_failed', 'access_denied']));
    expect(unexplained(codes)).toEqual([]);
    const own = found(readFileSync('src/agent/answer.ts', 'utf8'), /OWN_REFUSALS = \[([^\]]*)\]/g);
    expect(own).toHaveLength(1);
    expect(unexplained(found(own[0] ?? '', /'([a-z_]+)'/g))).toEqual([]);
  });

  it('has every number that MCP is answered with', () => {
    const numbers = found(sourcesOf('src/mcp'), /(-32\d{3})\b/g);
    expect(numbers.length).toBeGreaterThanOrEqual(9);
    expect(unexplained(numbers)).toEqual([]);
  });

  it('has every reason that a refusal is logged with', () => {
    const door = sourcesOf('src/trust', 'src/mcp/doors', 'src/mcp/tasks', 'src/oauth');
    const rest = sourcesOf('src/agent', 'src/adapters/http', 'src/mcp/upstreams');
    const unions = [...door.matchAll(/type \w+(?:Reason|Fault) =([^;]*);/g)].map(([, union = '']) => union).join('\n');
    const reasons = [
      ...found(unions, /'([a-z_]+)'/g),
      ...found(door, /\b(?:refuse|refuseToken)\('([a-z_]+)'/g),
      ...found(readFileSync('src/agent/authenticate.ts', 'utf8'), /\brefuse\('([a-z_]+)'/g),
      ...found(sourcesOf('src/oauth/slack'), /\brefused\('([a-z_]+)'/g),
      ...found(rest, /'Refused', \{ reason: '([a-z_]+)'/g),
      ...found(readFileSync('src/adapters/http/origin-check.ts', 'utf8'), /'(origin_[a-z]+)'/g),
    ];
    expect(new Set(reasons).size).toBeGreaterThan(100);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'nonce_replayed',
        'jwt_audience',
        'grant_missing',
        'tool_hash',
        'origin_wrong',
        'iam_not_allowed',
      ]),
    );
    expect(unexplained(reasons)).toEqual([]);
  });
});
