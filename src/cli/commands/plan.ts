import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import type { CliContext } from '../context.ts';

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

function readZone(zone: string | undefined): string {
  const name = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch (cause) {
    throw new AppError('invalid_request', '--zone takes an IANA time zone, such as Europe/Berlin.', { cause });
  }
  return name;
}

export function addPlanCommand(program: Command, context: CliContext): void {
  program
    .command('plan <words...>')
    .description('show what the agent would do first, without doing it')
    .option('--now <iso>', 'the time to plan from')
    .option('--zone <zone>', 'IANA time zone')
    .option('--model <model>', 'offline or openai:<model>')
    .option('--json', 'print {calls: [{tool, arguments}], reply?}')
    .action(async (words: string[], options: PlanOptions) => {
      const { createPlanner } = await import('../../compose/plan.ts');
      const planner = await createPlanner({
        ...context.environment,
        ...(options.model === undefined ? {} : { SALLYPORT_MODEL: options.model }),
      });
      const plan = await planner({
        message: words.join(' '),
        nowMs: readNow(options.now),
        timeZone: readZone(options.zone),
      });
      if (options.json === true) {
        context.print(JSON.stringify(plan));
        return;
      }
      for (const call of plan.calls) context.print(`${call.tool} ${JSON.stringify(call.arguments)}`);
      if (plan.reply !== undefined) context.print(plan.reply);
    });
}
