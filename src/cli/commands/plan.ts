import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { type CliContext, settingsOf } from '../context.ts';
import { withExamples } from '../examples.ts';

// `sallyport plan "…"`: the calls that the agent would make first, without making any.

interface PlanOptions {
  readonly now?: string;
  readonly zone?: string;
  readonly model?: string;
  readonly json?: true;
}

function readNow(text: string | undefined): number {
  const nowMs = text === undefined ? Date.now() : Date.parse(text);
  if (Number.isNaN(nowMs))
    throw new AppError('invalid_request', '--now takes an ISO date-time, such as 2026-11-21T12:00:00Z.');
  return nowMs;
}

function readZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch (cause) {
    throw new AppError('invalid_request', '--zone takes an IANA time zone, such as Europe/Berlin.', { cause });
  }
  return name;
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
  const planned = await planner({
    message: words.join(' '),
    nowMs: readNow(options.now),
    timeZone: readZone(options.zone ?? settingsOf(context, command).timeZone.value),
  });
  if (options.json === true) {
    context.print(JSON.stringify(planned));
    return;
  }
  for (const call of planned.calls) context.print(`${call.tool} ${JSON.stringify(call.arguments)}`);
  if (planned.reply !== undefined) context.print(planned.reply);
}

export function addPlanCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('plan <words...>')
      .description('show what the agent would do first, without doing it')
      .option('--now <iso>', 'the time to plan from')
      .option('--zone <zone>', 'IANA time zone')
      .option('--model <model>', 'offline, or <provider>:<model> with its key in the environment')
      .option('--json', 'print {calls: [{tool, arguments}], reply?}')
      .action((words: string[], options: PlanOptions, command: Command) => plan(context, words, options, command)),
    'plan "book an hour with Tom tomorrow at 3pm"',
    'plan --model offline --now 2026-11-23T09:00:00Z --zone Europe/Berlin --json "am I free at noon?"',
  );
}
