#!/usr/bin/env node
// Starts the command under a Node that runs TypeScript: the one pinned in node_modules when the caller's is older.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The embedded store uses node:sqlite, which works and calls itself experimental: nothing a person at a prompt can act on.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!rest.includes('ExperimentalWarning')) emitWarning(warning, ...rest);
};

const [major, minor] = process.versions.node.split('.').map(Number);
const pinned = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main);
} else if (existsSync(pinned)) {
  const run = spawnSync(pinned, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} else {
  console.error(
    `sallyport needs Node 22.18 or later, and this is ${process.versions.node}. Run \`make setup\` in the checkout.`,
  );
  process.exitCode = 1;
}
