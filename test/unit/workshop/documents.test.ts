import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

// Documents may only point at what is there.

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory())
      return ['node_modules', 'dist', '.git', '.sallyport', 'test'].includes(entry.name)
        ? []
        : markdownFiles(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });
}

const linksOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));

describe('the documents', () => {
  it.each(markdownFiles('.'))('%s points only at files that exist', (file) => {
    const missing = linksOf(file).filter((link) => !existsSync(join(dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it('the architecture links every step of the way of one question to its file', () => {
    const text = readFileSync('docs/architecture.md', 'utf8');
    const way = text.slice(text.indexOf('## The way of one question'), text.indexOf('## Layers'));
    const steps = way.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    expect(steps.map((line) => Number(line.split('|')[1]))).toEqual(steps.map((_line, index) => index + 1));
    expect(steps.length).toBeGreaterThanOrEqual(14);
    for (const step of steps) expect(step).toMatch(/\]\(\.\.\/src\//);
  });

  it('the threat model names tests that exist', () => {
    const text = readFileSync('docs/threat-model.md', 'utf8');
    const named = [...text.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});
