import { spawn } from 'node:child_process';
import { once } from 'node:events';

// `sallyport chat` in a terminal of its own, as a person types: each line once the prompt for it is there.

export interface Typed {
  /** What stands at the end of the screen when this is typed. */
  readonly at: string;
  readonly text: string;
}

const LONGEST_MS = 30_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it takes away
const plain = (output: string): string => output.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '');

/** Everything that the terminal was sent. `script` (util-linux) makes the terminal. */
export async function playSession(home: string, columns: number, lines: readonly Typed[]): Promise<string> {
  const command = `stty cols ${columns} rows 60; exec node bin/sallyport.mjs --home '${home}' chat --zone Europe/Berlin`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      NO_COLOR: '',
      TERM: 'xterm-256color',
    },
  });
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill(), LONGEST_MS);
  const waiting = [...lines];
  let output = '';
  let seen = 0;
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const next = waiting[0];
    if (next === undefined || !plain(output.slice(seen)).endsWith(next.at)) continue;
    waiting.shift();
    seen = output.length;
    child.stdin.write(`${next.text}\n`);
  }
  await ended;
  clearTimeout(timer);
  if (waiting.length > 0) throw new Error(`the session ended before “${waiting[0]?.at}” was there:\n${output}`);
  return output;
}
