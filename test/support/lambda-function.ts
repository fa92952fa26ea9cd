import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { unzipSync } from 'fflate';
import type { Entry } from '../../build/build-bundle.ts';
import { type InvocationOutcome, startRuntimeApi } from './lambda-runtime-api.ts';
import { installPeer } from './peers.ts';

// A Lambda function from the zip: unpacked as Lambda unpacks it, run by Lambda's own runtime client (`aws-lambda-ric`), with an environment
// that holds what Lambda sets and nothing of this machine.

/** What its compilation takes, for those who skip without. */
const BUILD_TOOLS = ['cmake', 'make', 'g++', 'xz', 'python3'];
export const RUNTIME_INSTALL_COMMAND = 'sudo apt-get install -y cmake make g++ xz-utils python3';
const RUNTIME = fileURLToPath(new URL('../peers/lambda/node_modules/aws-lambda-ric/index.mjs', import.meta.url));
/** Time for its first installation, for `beforeAll`. */
export const RUNTIME_INSTALL_MS = 600_000;

/** Whether the runtime client can be compiled. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function canRunLambda(): boolean {
  const missing = BUILD_TOOLS.filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length === 0 && process.platform === 'linux') return true;
  const why = process.platform === 'linux' ? `${missing.join(', ')} missing` : 'it runs on Linux only';
  console.warn(`Lambda's runtime client cannot be built (${why}): its tests are skipped. ${RUNTIME_INSTALL_COMMAND}`);
  return false;
}

/** The zip's files in a folder of their own, as under `/var/task`. */
export async function unpackZip(zip: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-task-'));
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return folder;
}

export interface LambdaFunction {
  /** Every line the function has written, oldest first. */
  readonly lines: string[];
  /** Of the runtime, which is what the function runs in. */
  readonly pid: number;
  /** Sends any event; what comes back, or that the handler threw. */
  run(event: unknown): Promise<InvocationOutcome>;
  /** Sends an event of an HTTP API. Rejects when the handler threw. */
  answer(event: unknown): Promise<APIGatewayProxyStructuredResultV2>;
  stop(): Promise<void>;
}

export interface LambdaFunctionOptions {
  /** From `unpackZip`. */
  readonly taskRoot: string;
  /** The file in it whose `handler` is called. */
  readonly entry: Entry | 'sallyport_server';
  /** In place of Node's runtime client: an interpreter that has Lambda's own for Python. */
  readonly python?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What Lambda sets (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), as far as anybody reads it. */
function lambdaEnvironment(options: LambdaFunctionOptions, address: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: `sallyport-${options.entry}`,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/sallyport-${options.entry}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_RUNTIME_API: address,
    LAMBDA_TASK_ROOT: options.taskRoot,
    _HANDLER: `${options.entry}.handler`,
    ...options.environment,
  };
}

export async function startLambdaFunction(options: LambdaFunctionOptions): Promise<LambdaFunction> {
  if (options.python === undefined) await installPeer('aws-lambda-ric', 'lambda');
  const api = await startRuntimeApi();
  const handler = `${options.entry}.handler`;
  const [command, args] =
    options.python === undefined ? [process.execPath, [RUNTIME]] : [options.python, ['-m', 'awslambdaric', handler]];
  const child = spawn(command, args, {
    cwd: options.taskRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: lambdaEnvironment(options, api.address),
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const gone = once(child, 'exit').then(() => api.fail(new Error(`the runtime ended:\n${lines.join('\n')}`)));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
    await api.close();
  };
  try {
    await api.initialised;
  } catch (error) {
    await stop();
    throw error;
  }
  const run = (event: unknown): Promise<InvocationOutcome> => api.invoke(event, options.timeoutMs ?? 30_000);
  return {
    lines,
    pid: child.pid ?? 0,
    run,
    async answer(event) {
      const outcome = await run(event);
      if (outcome.kind === 'error') throw new Error(`the handler threw: ${outcome.payload}`);
      return JSON.parse(outcome.payload) as APIGatewayProxyStructuredResultV2;
    },
    stop,
  };
}
