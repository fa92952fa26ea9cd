import type { Command } from 'commander';
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
import { addServerCommands } from './commands/servers.ts';
import { addTokenCommands } from './commands/tokens.ts';
import type { CliContext } from './context.ts';
import { newProgram, runProgram } from './program.ts';

// The `sallyport` command: what a person asks of the APIs, and what an operator does to the store. Results go to stdout, everything else to stderr;
// exit-codes.ts says how a command ends.

/** Every command with its options, for whoever runs, completes or describes them. */
export function createProgram(context: CliContext): Command {
  const program = newProgram(context.environment);
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
  addServerCommands(program, context);
  return program;
}

export const runCli = (args: readonly string[], environment: CliContext['environment']): Promise<number> =>
  runProgram(args, environment, createProgram);
