import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// All of `src/` as one text, for tests that hold a word outside of the code to the code.

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export async function sourceTexts(): Promise<string> {
  const names = (await readdir(SRC, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return (await Promise.all(names.map((name) => readFile(join(SRC, name), 'utf8')))).join('\n');
}
