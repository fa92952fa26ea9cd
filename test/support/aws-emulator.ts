import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// KMS and Parameter Store without AWS: moto (PyPI), a server nobody here wrote, on a free loopback port with state of its own.
// It is installed when first needed, into a folder named after its pins, so that suites in parallel and later runs share one.

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
export const PYTHON_INSTALL_COMMAND = 'sudo apt-get install -y python3-venv';

/** Time for a first installation, for `beforeAll`. */
export const EMULATOR_START_MS = 300_000;

/** What AWS clients under test are configured with; moto takes any credentials. */
export const TEST_REGION = 'eu-central-1';
export const TEST_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** Whether Python can make the environment. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function hasPython(): boolean {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0) return true;
  console.warn(
    `python3 with venv is missing: tests against the AWS emulator are skipped. Install it with: ${PYTHON_INSTALL_COMMAND}`,
  );
  return false;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

/** The interpreter of an environment that holds exactly the pinned packages. Built aside and moved into place whole: whoever comes second discards. */
async function installEmulator(): Promise<string> {
  const requirements = join(PEERS, 'requirements-aws.txt');
  const pins = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const place = join(PEERS, '.venv', `aws-${pins}`);
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

export interface AwsEmulator {
  readonly endpoint: string;
  /** Ends it, as an outage would. */
  stop(): Promise<void>;
}

export async function startAwsEmulator(): Promise<AwsEmulator> {
  const python = await installEmulator();
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Without NO_COLOR its first lines carry escape codes.
    env: { PATH: '/usr/bin:/bin', NO_COLOR: '1', PYTHONUNBUFFERED: '1' },
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const endpoint = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (endpoint === undefined) continue;
    child.stderr.resume();
    return {
      endpoint,
      async stop() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      },
    };
  }
  throw new Error(`moto did not start:\n${lines.join('\n')}`);
}
