import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Checkers written in Go, built from the module proxy at a pinned version, whose content Go's checksum database vouches for. Go keeps what it
// compiled in its own cache, outside this folder: a second clone on the same machine has them in seconds.

const BUILT = fileURLToPath(new URL('../../.cache/go/', import.meta.url));
const GO_INSTALL_COMMAND = 'see https://go.dev/doc/install (1.25 or later)';

/** Time for the largest of them on two busy cores with an empty cache, for `beforeAll`. */
export const GO_BUILD_MS = 900_000;

/** Whether Go is there. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function hasGo(what: string): boolean {
  if (spawnSync('go', ['version']).status === 0) return true;
  console.warn(`go is missing: ${what} is skipped. Install it: ${GO_INSTALL_COMMAND}`);
  return false;
}

/** Path of the built command. Built aside and moved into place whole, so that suites in parallel may ask for the same one. */
export async function goTool(packagePath: string, version: string): Promise<string> {
  const name = basename(packagePath);
  const place = join(BUILT, `${name}-${version}`);
  if (existsSync(place)) return place;
  await mkdir(BUILT, { recursive: true });
  const aside = await mkdtemp(join(BUILT, '.building-'));
  try {
    const child = spawn('go', ['install', `${packagePath}@v${version}`], {
      env: { ...process.env, GOBIN: aside },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`go install ${packagePath}@v${version} ended with ${code}:\n${said}`);
    await rename(join(aside, name), place);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return place;
}
