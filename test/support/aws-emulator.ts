import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PYTHON_INSTALL_MS, pythonWith } from './python.ts';

// KMS and Parameter Store without AWS: moto (PyPI), a server nobody here wrote, on a free loopback port with state of its own.
// It is installed when first needed, into a folder named after its pins, so that suites in parallel and later runs share one.

/** Time for a first installation, for `beforeAll`. */
export const EMULATOR_START_MS = PYTHON_INSTALL_MS;

/** What AWS clients under test are configured with; moto takes any credentials. */
export const TEST_REGION = 'eu-central-1';
export const TEST_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

export interface AwsEmulator {
  readonly endpoint: string;
  /** Ends it, as an outage would. */
  stop(): Promise<void>;
}

/** `moto` has all of its services, `aws` only what KMS and Systems Manager need, which is there sooner. */
export async function startAwsEmulator(requirements: 'aws' | 'moto' = 'aws'): Promise<AwsEmulator> {
  const python = await pythonWith(requirements);
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
