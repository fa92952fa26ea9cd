import { Command, CommanderError } from 'commander';
import { AppError } from '../kernel/app-error.ts';
import { ApiRefusal } from './client/api-refusal.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { createStyle } from './style.ts';
import { VERSION } from './version.ts';
import { visible } from './visible.ts';

// What every command line goes through: the options that all commands share, where a command may print, and how it ends.

function addGlobalOptions(program: Command, home: string): void {
  program
    .option('--home <folder>', 'state of the system on this machine', home)
    .option('--config <file>', 'settings, in place of ~/.config/sallyport/config.json')
    .option('--agent-url <url>', 'the Agent API')
    .option('--oauth-url <url>', 'the OAuth API')
    .option('--sigv4', 'sign requests to the Agent API with AWS credentials')
    .option('--profile <name>', 'AWS profile; for the Agent API it implies --sigv4')
    .option('--region <name>', 'AWS region; for the Agent API it implies --sigv4')
    .option('--timeout <seconds>', 'the longest wait for an answer')
    .option('--retries <count>', 'how often a request that may be repeated is')
    .option('--no-color', 'plain text, as NO_COLOR does');
}

/** Without a command yet. */
export function newProgram(environment: CliContext['environment']): Command {
  const program = new Command('sallyport')
    .description('Let an AI agent act for you, behind two doors.')
    .version(VERSION, '--version', 'print the version')
    .showHelpAfterError()
    .exitOverride();
  addGlobalOptions(program, environment['SALLYPORT_HOME'] || '.sallyport');
  return program;
}

function explain(error: unknown): string {
  if (error instanceof AppError || error instanceof ApiRefusal) return error.message;
  return error instanceof Error ? `Unexpected: ${error.message}` : 'Unexpected fault.';
}

/** Runs one command line to its end; answers the code to exit with. */
export async function runProgram(
  args: readonly string[],
  environment: CliContext['environment'],
  create: (context: CliContext) => Command,
): Promise<number> {
  let code: ExitCode = EXIT.done;
  const styleFor = (stream: NodeJS.WriteStream) =>
    createStyle({ environment, isTerminal: stream.isTTY === true, plain: args.includes('--no-color') });
  const context: CliContext = {
    environment,
    print: (text) => void process.stdout.write(`${visible(text)}\n`),
    warn: (text) => void process.stderr.write(`${visible(text)}\n`),
    tell: (text) => void process.stderr.write(`${text}\n`),
    say: (text) => void process.stdout.write(`${text}\n`),
    style: styleFor(process.stderr),
    outStyle: styleFor(process.stdout),
    endWith: (wished) => {
      code = wished;
    },
  };
  try {
    await create(context).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has already said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    context.warn(explain(error));
    return exitCodeOf(error);
  }
}
