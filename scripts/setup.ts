import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// What `make setup` does after the packages are there. Safe to repeat.

/** Hooks need a Git work tree; an unpacked archive has none, and needs none. */
function installHooks(): string {
  if (!existsSync('.git')) return 'no Git work tree here: no hooks installed';
  if (process.env['CI'] === 'true') return 'CI runs the checks itself: no hooks installed';
  execFileSync('lefthook', ['install'], { stdio: 'ignore' });
  return 'Git hooks installed (pre-commit: Biome, types; pre-push: unused code, unit tests)';
}

console.log(`Node ${process.versions.node}`);
console.log(installHooks());
console.log('Ready. Next: make demo');
