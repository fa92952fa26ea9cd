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

  it.each(markdownFiles('.'))('%s names only targets that `make` knows', (file) => {
    const makefile = readFileSync('Makefile', 'utf8');
    const targets = new Set([...makefile.matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));
    // In code only: prose may say what a thing makes.
    const code = readFileSync(file, 'utf8').match(/```[\s\S]*?```|`[^`\n]+`/g) ?? [];
    const named = code.flatMap((text) => [...text.matchAll(/\bmake ([a-z][a-z-]*)/g)].map(([, name]) => name));
    expect(named.filter((name) => !targets.has(name))).toEqual([]);
  });

  it('the alarms name sections that the runbooks have', () => {
    const headings = [...readFileSync('docs/operations.md', 'utf8').matchAll(/^## (.+)$/gm)].map(
      ([, name = '']) => name,
    );
    const alarms = readFileSync('terraform/modules/observability/alarms.tf', 'utf8');
    const sections = [...alarms.matchAll(/docs\/operations\.md: ([^".]+)\./g)].map(([, name = '']) => name);
    expect(sections.length).toBeGreaterThan(8);
    const plain = sections.filter((name) => !name.includes('${'));
    expect(plain.filter((name) => !headings.some((heading) => heading.toLowerCase() === name))).toEqual([]);
    for (const group of ['break-in', 'store', 'keys', 'tools', 'around-edge-agent', 'around-edge-oauth'])
      expect(headings.join('\n').toLowerCase()).toMatch(new RegExp(`refused, ${group}\\b`));
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
