import { type ChildProcess, spawn } from 'node:child_process';
import { isJsonObject } from '../../kernel/json-object.ts';

// An MCP server that speaks over its standard streams, as a child of this process: in a process group of its own, so that what it starts ends with
// it; with the environment it is given and nothing of ours; and its messages one a line. What it writes to its standard error is counted, not kept:
// it may repeat what people asked.

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onMessage: (message: Readonly<Record<string, unknown>>) => void;
  /** Once, however it came about. `why` is a word or two for the log. */
  readonly onEnd: (why: string) => void;
}

export interface Child {
  send(message: object): void;
  /** Of its process group, too; undefined when it did not start. */
  readonly pid: number | undefined;
  /** Lines and bytes of standard error so far. */
  readonly errorOutput: { readonly lines: number; readonly bytes: number };
  /** Asks it to end: its standard input closes, which is MCP's way, then a signal to its group. */
  ask(how: 'close' | 'SIGTERM'): void;
  /** Ends it and all that it started, at once. */
  kill(): void;
}

/** Lambda passes on 6 MB; a server that writes a longer line is out of order. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** Lines that answer nothing, after each thing it was asked. Whoever tells of its progress says less; one that never stops would keep us reading. */
const MOST_UNASKED_LINES = 10_000;
const NEWLINE = 0x0a;

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isJsonObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Splits at newlines; a line that is no JSON object is nobody's message and is left out, as servers print greetings. */
function createLineReader(onMessage: ChildOptions['onMessage'], onTooMuch: (why: string) => void) {
  let parts: Buffer[] = [];
  let size = 0;
  let unasked = 0;
  const finish = (): void => {
    const line = Buffer.concat(parts).toString('utf8');
    parts = [];
    size = 0;
    const message = parseLine(line);
    // A question of the server's is none of the answers: each costs one of ours.
    if (message === undefined || 'method' in message) unasked += 1;
    if (unasked > MOST_UNASKED_LINES) onTooMuch('said too much unasked');
    else if (message !== undefined) onMessage(message);
  };
  const read = (chunk: Buffer): void => {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, end));
      finish();
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > MAX_LINE_BYTES) onTooMuch('wrote a line without end');
  };
  return {
    read,
    /** Something was asked: what comes may belong to that. */
    asked: (): void => {
      unasked = 0;
    },
  };
}

function signalGroup(process_: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process_.pid === undefined) return;
  try {
    process.kill(-process_.pid, signal);
  } catch (error) {
    // Nobody of it is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** However this process ends while it can still say so, nobody stays behind. */
const living = new Set<ChildProcess>();
function killLiving(): void {
  for (const child of living) signalGroup(child, 'SIGKILL');
}

export function startChild(options: ChildOptions): Child {
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: { ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const errorOutput = { lines: 0, bytes: 0 };
  let ended = false;
  const kill = (): void => signalGroup(child, 'SIGKILL');
  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    // What it still had to say is for nobody.
    child.stdout.destroy();
    living.delete(child);
    if (living.size === 0) process.off('exit', killLiving);
    // Its own children may live on.
    kill();
    options.onEnd(why);
  };
  if (living.size === 0) process.on('exit', killLiving);
  living.add(child);
  child.on('error', (error) => end(`did not start: ${'code' in error ? String(error.code) : error.name}`));
  child.on('exit', (code, signal) => end(signal === null ? `ended with ${code}` : `ended by ${signal}`));
  const lines = createLineReader(options.onMessage, end);
  child.stdout.on('data', lines.read);
  child.stderr.on('data', (chunk: Buffer) => {
    errorOutput.bytes += chunk.length;
    for (const byte of chunk) if (byte === NEWLINE) errorOutput.lines += 1;
  });
  // A pipe that broke is told by the child's end.
  child.stdin.on('error', () => {});
  return {
    pid: child.pid,
    errorOutput,
    ask(how) {
      if (how === 'close') child.stdin.end();
      else signalGroup(child, how);
    },
    send(message) {
      if ('method' in message) lines.asked();
      child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    kill: () => end('was ended'),
  };
}
