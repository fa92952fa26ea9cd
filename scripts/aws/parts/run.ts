import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// Runs other programs for a command. Each child has a process group of its own, so that Ctrl-C reaches this process alone: it passes
// exactly one signal on, the child finishes what it began, and the command says what was left half-done. A second Ctrl-C is passed on too.

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** 127 where there is no such program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether somebody asked for the end meanwhile. */
  readonly interrupted: boolean;
}

const NO_SUCH_PROGRAM = 127;
/** SIGHUP: the terminal was closed. Without us to read what it tells, the child would die in the middle. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Both streams are kept; the terminal sees nothing of them but what `onLine` makes of it. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(command, [...args], {
    detached: true,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, signals] = ['', '', 0];
  const { onLine } = options;
  if (onLine !== undefined) createInterface({ input: child.stdout }).on('line', onLine);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const pass = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals === 1)
      process.stderr.write('\nInterrupted: waiting until what was begun is finished. Ctrl-C again to force it.\n');
    // Only a person forces it: a CI that cancels sends a second signal by itself, and Terraform would lose its state.
    if (signals === 1 || signal === 'SIGINT') child.kill('SIGINT');
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, stdout, stderr, interrupted: signals > 0 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { code: NO_SUCH_PROGRAM, stdout, stderr: `${command} is not installed`, interrupted: signals > 0 };
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}
