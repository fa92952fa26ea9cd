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

/** As GitHub makes them: small letters, no signs, hyphens for blanks. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

const sourceTexts = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

describe('the documents', () => {
  it.each(markdownFiles('.'))('%s points only at files that exist', (file) => {
    const missing = linksOf(file).filter((link) => !existsSync(join(dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it.each(markdownFiles('.'))('%s points only at headings that exist', (file) => {
    const anchors = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)].map(
      ([, path = '', anchor = '']) => ({
        target: path === '' ? file : join(dirname(file), path),
        anchor,
      }),
    );
    const missing = anchors.filter(({ target, anchor }) => target.endsWith('.md') && !anchorsOf(target).has(anchor));
    expect(missing).toEqual([]);
  });

  it.each(markdownFiles('.'))('%s names only files of this checkout that exist', (file) => {
    const text = readFileSync(file, 'utf8');
    // What a guide has its reader write is there when they have.
    const written = new Set([...text.matchAll(/^`([\w./-]+)`:$/gm)].map(([, name]) => name));
    const named = [...text.matchAll(/(?<![\w./<-])(?:src|test|scripts|build)\/[\w./-]+\.(?:ts|py|json|mjs)\b/g)].map(
      ([name]) => name,
    );
    const missing = named.filter(
      (name) => !existsSync(name) && !existsSync(join(dirname(file), name)) && !written.has(name),
    );
    expect(missing).toEqual([]);
  });

  it('docs/README.md lists every document', () => {
    const listed = new Set(linksOf('docs/README.md'));
    const documents = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(documents.filter((name) => !listed.has(name))).toEqual([]);
  });

  it('the guide to monitoring names events that are logged', () => {
    const text = readFileSync('docs/monitoring.md', 'utf8');
    const table = text.slice(text.indexOf('| event |'), text.indexOf('One question has'));
    const events = [...table.matchAll(/`([a-z_]+[._][a-z_]+)`/g)].map(([, name = '']) => name);
    expect(events.length).toBeGreaterThanOrEqual(6);
    const sources = sourceTexts('src');
    expect(events.filter((event) => !sources.includes(`'${event}'`))).toEqual([]);
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
