import type { Command } from 'commander';
import { addMcpCommand } from './commands/mcp.ts';
import type { CliContext } from './context.ts';
import { newProgram, runProgram } from './program.ts';

// `sallyport mcp` alone: an IDE waits for it, so it loads no other command.

function createMcpProgram(context: CliContext): Command {
  const program = newProgram(context.environment);
  addMcpCommand(program, context);
  return program;
}

export const runCli = (args: readonly string[], environment: CliContext['environment']): Promise<number> =>
  runProgram(args, environment, createMcpProgram);
