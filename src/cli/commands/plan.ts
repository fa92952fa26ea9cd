import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { ApiRefusal } from '../client/api-refusal.ts';
import { type Contact, listContacts } from '../client/contacts.ts';
import { agentEndpoint, type CliContext, timeZoneOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';

// `sallyport plan "…"`: the calls that a plan would begin with, without making any. The model is this command's own and knows the built-in tools; of
// an agent that is known it learns the contacts and nothing else.

/** A plan is not worth waiting for an agent that is not there. */
const CONTACTS_MS = 3_000;

interface PlanOptions {
  readonly now?: string;
  readonly zone?: string;
  readonly model?: string;
  readonly json?: true;
  readonly contacts: boolean;
}

function readNow(text: string | undefined): number {
  const nowMs = text === undefined ? Date.now() : Date.parse(text);
  if (Number.isNaN(nowMs)) throw new UsageError('--now takes an ISO date-time, such as 2026-11-21T12:00:00Z.');
  return nowMs;
}

/** None where no agent is known, or it is away or believes nobody: a plan needs no running system. */
async function knownContacts(context: CliContext, command: Command): Promise<readonly Contact[]> {
  try {
    return await listContacts({ ...agentEndpoint(context, command), retries: 0, answerMs: CONTACTS_MS });
  } catch (error) {
    if (error instanceof AppError || error instanceof ApiRefusal) return [];
    throw error;
  }
}

async function plan(
  context: CliContext,
  words: readonly string[],
  options: PlanOptions,
  command: Command,
): Promise<void> {
  const { createPlanner } = await import('../../compose/plan.ts');
  const planner = await createPlanner({
    ...context.environment,
    ...(options.model === undefined ? {} : { SALLYPORT_MODEL: options.model }),
  });
  const nowMs = readNow(options.now);
  const timeZone = timeZoneOf(context, command, options.zone);
  const contacts = options.contacts ? await knownContacts(context, command) : [];
  const planned = await planner.plan({ message: words.join(' '), nowMs, timeZone, contacts });
  if (options.json === true) {
    context.print(JSON.stringify(planned));
    return;
  }
  context.warn(`Planned here, by ${planner.model}.`);
  for (const call of planned.calls) context.print(`${call.tool} ${JSON.stringify(call.arguments)}`);
  if (planned.reply !== undefined) context.print(planned.reply);
}

export function addPlanCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('plan <words...>')
      .description('show what a plan would begin with, by a model of this command’s own, without doing it')
      .option('--now <iso>', 'the time to plan from')
      .option('--zone <zone>', 'IANA time zone')
      .option('--model <model>', 'offline, or <provider>:<model> with its key in the environment')
      .option('--no-contacts', 'do not ask the agent whom it knows by name')
      .option('--json', 'print {calls: [{tool, arguments}], reply?}')
      .action((words: string[], options: PlanOptions, command: Command) => plan(context, words, options, command)),
    'plan "book an hour with Tom tomorrow at 3pm"',
    'plan --model offline --now 2026-11-23T09:00:00Z --zone Europe/Berlin --json "am I free at noon?"',
  );
}
