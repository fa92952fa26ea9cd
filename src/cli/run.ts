import { Command, CommanderError } from 'commander';
import { AppError } from '../kernel/app-error.ts';
import { ApiRefusal } from './client/api.ts';
import { addApprovalCommands } from './commands/approvals.ts';
import { addAskCommand } from './commands/ask.ts';
import { addBridgeCommand } from './commands/bridge.ts';
import { addCertificateCommands } from './commands/certificates.ts';
import { addChatCommand } from './commands/chat.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConnectCommands } from './commands/connections.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addContactCommands } from './commands/contacts.ts';
import { addConversationCommands } from './commands/conversations.ts';
import { addDoctorCommands } from './commands/doctor.ts';
import { addIdentityCommands } from './commands/identities.ts';
import { addLoginCommands } from './commands/login.ts';
import { addMcpCommand } from './commands/mcp.ts';
import { addPersonCommands } from './commands/persons.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addTokenCommands } from './commands/tokens.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { createStyle } from './style.ts';
import { VERSION } from './version.ts';
import { visible } from './visible.ts';

// The `sallyport` command: what a person asks of the APIs, and what an operator does to the store. Results go to stdout, everything else to stderr;
// exit-codes.ts says how a command ends.

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

/** Every command with its options, for whoever runs, completes or describes them. */
export function createProgram(context: CliContext): Command {
  const program = new Command('sallyport')
    .description('Let an AI agent act for you, behind two doors.')
    .version(VERSION, '--version', 'print the version')
    .showHelpAfterError()
    .exitOverride();
  addGlobalOptions(program, context.environment['SALLYPORT_HOME'] || '.sallyport');
  addChatCommand(program, context);
  addAskCommand(program, context);
  addPlanCommand(program, context);
  addConversationCommands(program, context);
  addConnectCommands(program, context);
  addConsoleCommand(program, context);
  addMcpCommand(program, context);
  addApprovalCommands(program, context);
  addContactCommands(program, context);
  addLoginCommands(program, context);
  addIdentityCommands(program, context);
  addBridgeCommand(program, context);
  addDoctorCommands(program, context);
  addCompletionCommand(program, context);
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
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has already said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    context.warn(explain(error));
    return exitCodeOf(error);
  }
}
