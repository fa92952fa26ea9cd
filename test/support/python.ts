import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Peers that come as Python packages. Each set has a requirements file with every pin and an environment of its own, made when
// first needed in a folder named after its pins, so that suites in parallel and later runs share one.

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
export const PYTHON_INSTALL_COMMAND = 'sudo apt-get install -y python3-venv';

/** Time for a first installation, for `beforeAll`. */
export const PYTHON_INSTALL_MS = 300_000;

/** Whether Python can make the environment. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function hasPython(what: string): boolean {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0) return true;
  console.warn(`python3 with venv is missing: ${what} is skipped. Install it with: ${PYTHON_INSTALL_COMMAND}`);
  return false;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

/**
 * The interpreter of an environment that holds exactly what `requirements-<name>.txt` pins. Built aside and moved into place
 * whole: whoever comes second discards.
 */
export async function pythonWith(name: string): Promise<string> {
  const requirements = join(PEERS, `requirements-${name}.txt`);
  const pins = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const place = join(PEERS, '.venv', `${name}-${pins}`);
  const python = join(place, 'bin', 'python');
  if (existsSync(python)) return python;
  const aside = `${place}.${process.pid}`;
  await mkdir(join(PEERS, '.venv'), { recursive: true });
  await run('python3', ['-m', 'venv', aside]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements];
  await run(join(aside, 'bin', 'python'), pip);
  await rename(aside, place).catch(async (error: unknown) => {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(python)) throw error;
  });
  return python;
}
