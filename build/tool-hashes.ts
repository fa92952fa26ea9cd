import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { declaredToolsets } from '../src/compose/declared-tools.ts';
import { createReadSecretValue } from '../src/mcp/tools/aws/secrets/read-secret-value.ts';
import type { Tool } from '../src/mcp/tools/tool.ts';
import { toolHash } from '../src/trust/tool-hash.ts';

// Writes `src/agent/tool-hashes.json`: the hash of every tool this checkout declares, which ships with the agent. The agent believes a
// listed tool only if its hash is in there, so this runs whenever a declaration changes; a test says when it was forgotten.

export const HASHES_FILE = 'src/agent/tool-hashes.json';

/** It is there only where its toolset names secrets: declared here, never run. */
const readSecretValue = createReadSecretValue({
  allowed: undefined as never,
  read: undefined as never,
  places: undefined as never,
});

const declared: Tool[] = [];
// One after the other: they share modules, which a test runner cannot link twice at the same time.
for (const declare of Object.values(declaredToolsets)) declared.push(...(await declare()));
declared.push(readSecretValue);

export function declaredTools(): readonly Tool[] {
  return declared;
}

/** Name → hash, by name. */
export function hashTools(tools: readonly Tool[]): Readonly<Record<string, string>> {
  const entries = tools.map(({ declaration }) => [declaration.name, toolHash(declaration)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

export function renderHashes(): string {
  return `${JSON.stringify(hashTools(declaredTools()), null, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = renderHashes();
  if (process.argv.includes('--check')) {
    if (readFileSync(HASHES_FILE, 'utf8') !== text) {
      console.error(`${HASHES_FILE} is out of date: run node build/tool-hashes.ts`);
      process.exitCode = 1;
    }
  } else writeFileSync(HASHES_FILE, text);
}
