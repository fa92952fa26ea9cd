import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

// The `sallyport` command as a process of its own: in a pipe, and at a terminal.

export interface CommandEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSetting {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to its stdin, which ends then. */
  readonly input?: string;
  readonly cwd?: string;
}

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'];
const SCRIPT = new URL('../../bin/sallyport.mjs', import.meta.url).pathname;

export async function sallyport(
  args: readonly string[],
  { env, input = '', cwd }: CommandSetting,
): Promise<CommandEnd> {
  const [node = '', ...flags] = NODE;
  const child = spawn(node, [...flags, SCRIPT, ...args], { env, ...(cwd !== undefined && { cwd }) });
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: status as number | null, stdout, stderr };
}

export interface Terminal {
  /** Types, as keys do. */
  type(keys: string): void;
  /** Resolves with what was shown since the last call, once `words` are in it. */
  until(words: RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
}

export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';
export const ENTER = '\r';

/** At a terminal of its own, by the `script` of util-linux. */
export function sallyportAtTerminal(args: readonly string[], env: CommandSetting['env']): Terminal {
  const command = [...NODE, SCRIPT, ...args].map((word) => `'${word.replace(/'/g, `'\\''`)}'`).join(' ');
  const terminal: ChildProcessWithoutNullStreams = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...env, TERM: 'dumb' },
  });
  let seen = '';
  let isOver = false;
  terminal.stdout.setEncoding('utf8').on('data', (piece: string) => {
    seen += piece;
  });
  const ended = once(terminal, 'exit').then(([status]) => {
    isOver = true;
    return status as number | null;
  });
  return {
    type: (keys) => void terminal.stdin.write(keys),
    async until(words) {
      while (!words.test(seen)) {
        if (isOver) throw new Error(`the command ended before it showed ${words}: ${seen}`);
        await Promise.race([once(terminal.stdout, 'data'), ended]);
      }
      const shown = seen;
      seen = '';
      return shown;
    },
    ended,
  };
}
