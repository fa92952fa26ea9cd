import { existsSync, readdirSync, readFileSync } from 'node:fs';

const PAUSE_MS = 2;
const PATIENCE_MS = 10_000;

/** `R`, `S`, `T` and so on; the name before it stands in brackets and may hold anything. */
const stateOf = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '';

function isStopped(threads: string): boolean {
  return readdirSync(threads).every((thread) => {
    try {
      return stateOf(readFileSync(`${threads}/${thread}/stat`, 'utf8')) === 'T';
    } catch {
      // It has ended since it was listed.
      return true;
    }
  });
}

/** Stops a process where it is, its connections open. Returns once it has stopped: on a busy machine it may answer for a while after the signal. */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const threads = `/proc/${pid}/task`;
  const untilMs = Date.now() + PATIENCE_MS;
  while (existsSync(threads) && !isStopped(threads)) {
    if (Date.now() > untilMs) throw new Error(`process ${pid} does not stop`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}
