import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Context, EXIT } from './command.ts';
import { Stop } from './stop.ts';

// What a person is asked at the terminal. Secrets are read without echo; without a terminal nothing is guessed and nothing is assumed.

const MAX_INPUT_BYTES = 256 * 1024;
const [CTRL_C, CTRL_D] = ['\u0003', '\u0004'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys that end a line or everything.
const LINE_OR_END = /[\r\n\u0003\u0004]/;

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

export interface SecretPrompt {
  /** One line without echo. An empty answer is an answer. */
  ask(question: string): Promise<string>;
  /** From here on what is typed is seen again. */
  close(): void;
}

/** The echo is off from before the first question until after the last: somebody may type faster than we ask. */
export function openSecretPrompt(): SecretPrompt {
  const { stdin, stderr } = process;
  let typed = '';
  let arrived = (): void => {};
  const take = (chunk: Buffer): void => {
    typed += chunk.toString('utf8');
    arrived();
  };
  const endAll = (): void => {
    typed += CTRL_D;
    arrived();
  };
  stdin.setRawMode(true);
  stdin.on('data', take).on('end', endAll);
  return {
    async ask(question) {
      stderr.write(question);
      while (!LINE_OR_END.test(typed)) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      stderr.write('\n');
      const end = typed.search(LINE_OR_END);
      const [line, key] = [typed.slice(0, end), typed[end]];
      typed = typed.slice(end + 1);
      if (key === CTRL_C || key === CTRL_D) throw new Stop(EXIT.interrupted, 'Interrupted. Nothing was changed.');
      return edited(line);
    },
    close() {
      stdin.off('data', take).off('end', endAll).pause();
      stdin.setRawMode(false);
    },
  };
}

/** What is left of a line once its rubbed-out characters are. */
function edited(line: string): string {
  const kept: string[] = [];
  for (const character of line) {
    if (character === '\u007f' || character === '\b') kept.pop();
    else if (character >= ' ') kept.push(character);
  }
  return kept.join('');
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
      next: `give it, as in \`make secrets ENV=dev FD=${descriptor} ${descriptor}< FILE\``,
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
