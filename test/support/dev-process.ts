import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

// `make dev` as people start it: a process of its own, ended by a signal.

export interface DevProcess {
  /** Resolves once it says that it runs. */
  readonly ready: Promise<void>;
  /** Everything printed so far. */
  readonly output: string[];
  signal(name: NodeJS.Signals): void;
  /** Exit code, or `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
}

export function startDev(home: string, portBase: number, given: Readonly<Record<string, string>> = {}): DevProcess {
  const environment = {
    ...process.env,
    SALLYPORT_HOME: home,
    SALLYPORT_PORT_BASE: String(portBase),
    SALLYPORT_MODEL: 'offline',
    ...given,
  };
  const script = resolve('src/local/dev.ts');
  if (!existsSync(script)) throw new Error(`${script} is missing`);
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const ready = new Promise<void>((done, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) throw new Error('no output to read');
      createInterface({ input: stream }).on('line', (line) => {
        output.push(line);
        if (line.startsWith('Sallyport runs')) done();
      });
    }
    ended.then((code) => failed(new Error(`ended with ${code}: ${output.join('\n')}`)));
  });
  ready.catch(() => {});
  return { ready, output, ended, signal: (name) => void child.kill(name) };
}

/** Below the ports that systems hand out by themselves, which other tests' connections take at any moment. */
const [LOWEST_BASE, HIGHEST_BASE] = [12_000, 30_000];
const PORTS = 7;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A base whose ports (base + 1 … base + 7) were free a moment ago. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const base = LOWEST_BASE + Math.floor(Math.random() * (HIGHEST_BASE - LOWEST_BASE));
    const ports = Array.from({ length: PORTS }, (_, index) => base + 1 + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no seven free ports in a row');
}
