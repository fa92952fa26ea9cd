import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAwsEmulator, TEST_REGION } from './aws-emulator.ts';
import { pythonWith } from './python.ts';
import { freePort } from './redis-server.ts';

// The parts of AWS that Sallyport is deployed to, without AWS: ministack (PyPI), which nobody here wrote, on a free loopback port with state of its own,
// and moto in place of its CloudWatch. It runs Node functions from their zip as processes of this machine. It lets
// everybody do everything: what it does not prove is listed in docs/testing.md.

export interface MinistackOptions {
  /** Whether each call is held against its caller's IAM policies. Without, anybody may do anything. */
  readonly enforceIam?: boolean;
  /** Default eu-central-1. */
  readonly region?: string;
  /** What every function finds in its environment beside what it was deployed with. */
  readonly functionEnvironment?: Readonly<Record<string, string>>;
}

export interface Ministack {
  readonly endpoint: string;
  /** What Terraform's provider, the SDKs and child processes need to find it: standard variables only. */
  readonly environment: Readonly<Record<string, string>>;
  /** All that it and the functions it runs have written so far. */
  output(): string;
  /** Ends it, its functions and its CloudWatch, and deletes its files. */
  stop(): Promise<void>;
}

/** It takes any key; this one is the account's root. */
const ROOT = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' } as const;
const START_LIMIT_MS = 60_000;

async function answers(endpoint: string, hasEnded: () => boolean): Promise<void> {
  const giveUpAtMs = Date.now() + START_LIMIT_MS;
  while (!hasEnded() && Date.now() < giveUpAtMs) {
    const response = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await sleep(100);
  }
  throw new Error('ministack did not start');
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

export async function startMinistack(options: MinistackOptions = {}): Promise<Ministack> {
  const region = options.region ?? TEST_REGION;
  const python = await pythonWith('ministack');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-ministack-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: it leaves the processes of its functions behind.
    detached: true,
    // Functions inherit this, so nothing else of this machine is in it. `node` is the one that runs the tests.
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      TMPDIR: folder,
      PYTHONUNBUFFERED: '1',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      AUTH: String(options.enforceIam === true),
      MINISTACK_REGION: region,
      ...ROOT,
      ...options.functionEnvironment,
    },
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => void written.push(text));
  }
  const gone = once(child, 'exit');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (): Promise<void> => {
    if (!hasEnded()) child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(late);
    endGroup(child.pid);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(endpoint, hasEnded);
    const cloudwatch = await startAwsEmulator();
    return {
      endpoint,
      environment: {
        ...ROOT,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.endpoint,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      output: () => written.join(''),
      async stop() {
        await cloudwatch.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw new Error(`${error instanceof Error ? error.message : String(error)}:\n${written.join('')}`, {
      cause: error,
    });
  }
}
