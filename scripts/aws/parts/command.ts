import { parseArgs } from 'node:util';
import { AppError } from '../../../src/kernel/app-error.ts';
import { ENVIRONMENTS, type EnvironmentName, type EnvironmentNames, isEnvironment, namesOf } from './environment.ts';
import { Stop } from './stop.ts';

// The frame of every operator command: its command line, its help, its exit code. Results go to stdout, everything else to stderr.

export const EXIT = {
  done: 0,
  failed: 1,
  /** `plan` only: something would change. */
  changes: 2,
  /** Something that must be there is not; nothing was changed. */
  missing: 3,
  /** Nobody said yes; nothing was changed. */
  unconfirmed: 4,
  usage: 64,
  interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes: 0 done · 1 failed · 3 something is missing, nothing was changed · 4 not confirmed, nothing was changed ·
64 the command line makes no sense · 130 interrupted`;

/** This machine, as an environment. */
const LOCAL = 'local';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly help: string;
  /** What stands for the value in the help. */
  readonly value?: string;
}

export interface Context {
  readonly environment: EnvironmentName;
  readonly names: EnvironmentNames;
  /** The command's own options, where given. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** No questions: the answer is yes. */
  readonly yes: boolean;
  /** A line of the result. */
  readonly print: (text: string) => void;
  /** A line about what is happening. */
  readonly say: (text: string) => void;
}

export interface CommandSpec {
  /** As in `make <name>` and in its file's name. */
  readonly name: string;
  readonly summary: string;
  /** How positionals are shown in the help. */
  readonly positionals?: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** More for the help. */
  readonly help?: string;
  /** Answers the exit code. */
  readonly run: (context: Context) => Promise<number>;
  /** The same for `local`, this machine, where it means something. */
  readonly runLocally?: (context: Pick<Context, 'print' | 'say'>) => Promise<number>;
}

const COMMON: Readonly<Record<string, OptionSpec>> = {
  yes: { type: 'boolean', help: 'ask nothing (prod needs CONFIRM=prod)' },
  help: { type: 'boolean', help: 'show this' },
};

function helpOf(spec: CommandSpec): string {
  const lines = Object.entries({ ...COMMON, ...spec.options }).map(([name, option]) => {
    const left = option.type === 'string' ? `--${name} ${option.value ?? name.toUpperCase()}` : `--${name}`;
    return `  ${left.padEnd(26)} ${option.help}`;
  });
  const positionals = spec.positionals === undefined ? '' : ` ${spec.positionals}`;
  return [
    `node scripts/aws/${spec.name}.ts ENV${positionals} [options]        (ENV: ${[...ENVIRONMENTS, ...(spec.runLocally === undefined ? [] : [LOCAL])].join(', ')})`,
    spec.summary,
    lines.join('\n'),
    ...(spec.help === undefined ? [] : [spec.help]),
    EXIT_HELP,
  ].join('\n\n');
}

function readCommandLine(spec: CommandSpec, args: readonly string[]) {
  const specs = { ...COMMON, ...spec.options };
  const options = Object.fromEntries(Object.entries(specs).map(([name, { type }]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new Stop(EXIT.usage, (cause as Error).message, { next: '`make help`: what each command takes' });
  }
}

function readEnvironment(value: string | undefined): EnvironmentName {
  if (value !== undefined && isEnvironment(value)) return value;
  const what = value === undefined ? 'Which environment?' : `There is no environment ${JSON.stringify(value)}.`;
  throw new Stop(EXIT.usage, what, { next: `say ENV=${ENVIRONMENTS.join(' or ENV=')}` });
}

/** AWS errors are told by name and message; neither holds a secret of ours. */
function explain(error: unknown): { readonly code: number; readonly text: string } {
  if (error instanceof Stop) {
    const next = error.next === undefined ? '' : `\nNext: ${error.next}`;
    return { code: error.exitCode, text: `${error.message}${next}` };
  }
  if (error instanceof AppError) return { code: EXIT.failed, text: error.message };
  if (error instanceof Error) return { code: EXIT.failed, text: `${error.name}: ${error.message}` };
  return { code: EXIT.failed, text: 'An unknown fault.' };
}

const terminal: Pick<Context, 'print' | 'say'> = {
  print: (text) => void process.stdout.write(`${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
};

async function execute(spec: CommandSpec, args: readonly string[]): Promise<number> {
  const { values, positionals } = readCommandLine(spec, args);
  if (values['help'] === true) {
    process.stdout.write(`${helpOf(spec)}\n`);
    return EXIT.done;
  }
  const [first, ...rest] = positionals;
  if (first === LOCAL && rest.length === 0 && spec.runLocally !== undefined) return spec.runLocally(terminal);
  const environment = readEnvironment(first);
  if (rest.length > 0 && spec.positionals === undefined)
    throw new Stop(EXIT.usage, `${spec.name} takes nothing behind the environment.`);
  return spec.run({
    environment,
    names: namesOf(environment),
    options: values as Context['options'],
    positionals: rest,
    yes: values['yes'] === true,
    ...terminal,
  });
}

/** Runs a command with this process's arguments and leaves its exit code. */
export async function runCommand(spec: CommandSpec): Promise<void> {
  // A terminal that is gone, or a reader that has seen enough: what was begun is finished all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    process.exitCode = await execute(spec, process.argv.slice(2));
  } catch (error) {
    const { code, text } = explain(error);
    process.stderr.write(`${spec.name}: ${text}\n`);
    process.exitCode = code;
  }
}
