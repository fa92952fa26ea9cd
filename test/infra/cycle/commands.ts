import { spawn } from 'node:child_process';
import { once } from 'node:events';

// Runs the operator's commands and the test client as a person at a terminal does, each a process of its own, and keeps all that they say.

export interface Ran {
  readonly what: string;
  readonly code: number;
  readonly stdout: string;
  /** Both streams as they came. */
  readonly output: string;
  readonly seconds: number;
}

export interface CommandOptions {
  /** On descriptor 3, where a command reads what may be on no command line. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its standard output is a secret that it was asked for; then it is not kept among what commands have said. Default true: it is not. */
  readonly shown?: boolean;
  /** Told of each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface Commands {
  /** Any program; never throws for its exit code. */
  run(program: string, args: readonly string[], options?: CommandOptions): Promise<Ran>;
  /** A script of `scripts/` by node. Throws with its output unless it ends with 0, or one of the codes that are allowed. */
  script(
    name: string,
    args: readonly string[],
    options?: CommandOptions & { readonly allowed?: readonly number[] },
  ): Promise<Ran>;
  /** Everything that has been run. */
  readonly history: readonly Ran[];
}

/** `folder` is the checkout that they belong to; `environment` all that they are told. */
export function createCommands(folder: string, environment: Readonly<Record<string, string>>): Commands {
  const history: Ran[] = [];
  const run: Commands['run'] = async (program, args, options = {}) => {
    const started = performance.now();
    const child = spawn(program, [...args], {
      cwd: folder,
      env: { ...environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', options.input === undefined ? 'ignore' : 'pipe'],
    });
    let [stdout, output] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
    const descriptor = child.stdio[3];
    if (options.input !== undefined && descriptor !== null && descriptor !== undefined && 'end' in descriptor) {
      // A command that refuses its arguments never reads it.
      descriptor.on('error', () => {});
      descriptor.end(options.input);
    }
    const [code] = (await once(child, 'close')) as [number | null];
    const what = [program === process.execPath ? 'node' : program, ...args].join(' ');
    const ran = { what, code: code ?? 1, stdout, output, seconds: (performance.now() - started) / 1000 };
    history.push(options.shown === false ? { ...ran, stdout: '', output: ran.output.replace(stdout, '') } : ran);
    return ran;
  };
  return {
    history,
    run,
    async script(name, args, options = {}) {
      const ran = await run(process.execPath, [`scripts/${name}.ts`, ...args], options);
      if ((options.allowed ?? [0]).includes(ran.code)) return ran;
      throw new Error(`${ran.what} ended with ${ran.code}:\n${ran.output}`);
    },
  };
}
