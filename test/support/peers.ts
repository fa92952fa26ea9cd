import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// The npm peers of `test/peers/`, installed from their own lock file when a test first needs one that is not there.

const root = fileURLToPath(new URL('../peers/', import.meta.url));
/** `npm ci` of all peers with a cold cache. */
const LONGEST_INSTALL_MS = 600_000;

/** Resolves a module from the peers, wherever the test lies. */
export const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));

/**
 * Throws when the peer cannot be had: a test without what it needs must not pass. `project` is a folder in `test/peers/` with a
 * package.json of its own, for peers that take long to install and that few tests need.
 */
export async function installPeer(name: string, project = ''): Promise<void> {
  const folder = join(root, project, '/');
  const deadline = Date.now() + LONGEST_INSTALL_MS;
  while (!isInstalled(name, folder)) {
    if (Date.now() > deadline) throw new Error(`waited too long for another test to install ${name}`);
    if (!takeLock(folder)) await sleep(200);
    else installAll(name, folder);
  }
}

/** An alias (`npm:…@version`) counts as there when any version is: its lock file pins it. What npm writes last says that the others are there, too. */
function isInstalled(name: string, folder: string): boolean {
  const wanted = readJson(`${folder}package.json`)?.dependencies?.[name];
  if (wanted === undefined) throw new Error(`${folder}package.json does not list ${name}`);
  if (!existsSync(`${folder}node_modules/.package-lock.json`)) return false;
  const there = readJson(`${folder}node_modules/${name}/package.json`)?.version;
  return there !== undefined && (wanted.startsWith('npm:') || there === wanted);
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function readJson(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

const lockOf = (folder: string): string => join(folder, '.installing');

/** A folder is made by one of several test workers only. */
function takeLock(folder: string): boolean {
  try {
    mkdirSync(lockOf(folder));
    return true;
  } catch {
    return false;
  }
}

function installAll(name: string, folder: string): void {
  try {
    if (isInstalled(name, folder)) return;
    const run = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: LONGEST_INSTALL_MS,
    });
    if (run.status !== 0) throw new Error(`npm ci in ${folder} ended ${run.status}: ${run.stderr}`);
  } finally {
    rmSync(lockOf(folder), { recursive: true, force: true });
  }
}
