import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Context, EXIT } from './command.ts';
import { Stop } from './stop.ts';

// What a person is asked at the terminal. Secrets are read without echo; without a terminal nothing is guessed and nothing is assumed.

const MAX_INPUT_BYTES = 256 * 1024;

const hasTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** One line, shown as it is typed. */
async function askLine(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => reject(new Stop(EXIT.interrupted, 'Interrupted. Nothing was changed.')));
      lines.once('close', () => resolve(''));
      lines.question(question, resolve);
    });
  } finally {
    lines.close();
  }
}

const unconfirmed = (environment: string): Stop =>
  environment === 'prod'
    ? new Stop(EXIT.unconfirmed, 'prod was not confirmed. Nothing was changed.', {
        next: 'type prod when asked at a terminal, or set CONFIRM=prod where there is none',
      })
    : new Stop(EXIT.unconfirmed, 'Not confirmed. Nothing was changed.', {
        next: 'answer y at a terminal, or say YES=1 (--yes) where there is none',
      });

/** Whether a yes can be had at all: said before any work is done for nothing. */
export function demandConfirmable({ environment, yes }: Context): void {
  const isGiven = process.env['CONFIRM'] === environment || (yes && environment !== 'prod');
  if (!isGiven && !hasTerminal()) throw unconfirmed(environment);
}

/**
 * Asks whether to go on. prod has to be typed by a person, or named in CONFIRM where nobody sits at a terminal; for the others `--yes` is
 * enough as well. Throws `Stop` (unconfirmed) otherwise.
 */
export async function confirm(context: Context, what: string): Promise<void> {
  const { environment, yes } = context;
  if (process.env['CONFIRM'] === environment) return;
  if (environment === 'prod') {
    if (hasTerminal() && (await askLine(`${what}\nThis is prod. Type prod to go on: `)).trim() === 'prod') return;
    throw unconfirmed(environment);
  }
  if (yes) return;
  if (hasTerminal() && /^y(?:es)?$/i.test((await askLine(`${what}\nGo on? [y/N] `)).trim())) return;
  throw unconfirmed(environment);
}

/** Whether somebody can be asked for a secret. */
export const canAskSecretly = hasTerminal;

/** One line without echo. An empty answer is an answer. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = '';
      const take = (chunk: Buffer): void => {
        for (const character of chunk.toString('utf8')) {
          if (character === '\r' || character === '\n') {
            stdin.off('data', take);
            resolve(typed);
            return;
          }
          if (character === '\u0003' || character === '\u0004') {
            stdin.off('data', take);
            reject(new Stop(EXIT.interrupted, 'Interrupted.'));
            return;
          }
          if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
          else if (character >= ' ') typed += character;
        }
      };
      stdin.on('data', take);
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** Everything that a file descriptor holds, as lines of `NAME=value`. Empty lines and those that begin with `#` do not count. */
export async function readAssignments(descriptor: number): Promise<ReadonlyMap<string, string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream('', { fd: descriptor, autoClose: false })) {
      size += (chunk as Buffer).length;
      if (size > MAX_INPUT_BYTES) throw new Stop(EXIT.usage, `File descriptor ${descriptor} holds too much.`);
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    if (cause instanceof Stop) throw cause;
    throw new Stop(EXIT.usage, `File descriptor ${descriptor} cannot be read.`, {
      next: `give it, as in \`node scripts/aws/secrets.ts dev --from-fd ${descriptor} ${descriptor}< FILE\``,
      cause,
    });
  }
  const found = new Map<string, string>();
  for (const [index, line] of Buffer.concat(chunks).toString('utf8').split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    if (at < 1) throw new Stop(EXIT.usage, `Line ${index + 1} of the secrets is not NAME=value. Nothing was changed.`);
    found.set(line.slice(0, at).trim(), line.slice(at + 1));
  }
  return found;
}
