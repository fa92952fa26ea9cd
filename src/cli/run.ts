import { Command, CommanderError } from 'commander';
import { AppError } from '../kernel/app-error.ts';
import { ApiRefusal } from './client/api.ts';
import { addApprovalCommands } from './commands/approvals.ts';
import { addAskCommand } from './commands/ask.ts';
import { addCertificateCommands } from './commands/certificates.ts';
import { addChatCommand } from './commands/chat.ts';
import { addConnectCommands } from './commands/connections.ts';
import { addContactCommands } from './commands/contacts.ts';
import { addPersonCommands } from './commands/persons.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addTokenCommands } from './commands/tokens.ts';
import type { CliContext } from './context.ts';
import { visible } from './visible.ts';

// The `sallyport` command: what a person asks of the APIs, and what an operator does to the store. Results go to stdout,
// everything else to stderr; exit code 0 for success, 1 for a refusal or a fault, 2 for a command line that makes no sense.

function createProgram(context: CliContext): Command {
  const program = new Command('sallyport')
    .description('Let an AI agent act for you, behind two doors.')
    .option('--home <folder>', 'this machine’s state', context.environment['SALLYPORT_HOME'] ?? '.sallyport')
    .showHelpAfterError()
    .exitOverride();
  addChatCommand(program, context);
  addAskCommand(program, context);
  addPlanCommand(program, context);
  addConnectCommands(program, context);
  addApprovalCommands(program, context);
  addContactCommands(program, context);
  addPersonCommands(program, context);
  addTokenCommands(program, context);
  addCertificateCommands(program, context);
  return program;
}

function explain(error: unknown): string {
  if (error instanceof AppError || error instanceof ApiRefusal) return error.message;
  return error instanceof Error ? `Unexpected: ${error.message}` : 'Unexpected fault.';
}

export async function runCli(args: readonly string[], environment: CliContext['environment']): Promise<number> {
  const context: CliContext = {
    environment,
    print: (text) => void process.stdout.write(`${visible(text)}\n`),
    warn: (text) => void process.stderr.write(`${visible(text)}\n`),
  };
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has already said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    context.warn(explain(error));
    return 1;
  }
}
