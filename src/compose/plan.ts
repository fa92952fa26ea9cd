import { type Plan, type PlanRequest, planCalls } from '../agent/plan.ts';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import { createCalendarTools } from '../mcp/tools/calendar/calendar-tools.ts';
import type { CalendarPort } from '../ports/calendar.ts';
import { composeModel } from './model.ts';
import { systemPlatform } from './service-handler.ts';

// Plans without doing: the model with the built-in tools' declarations, and nothing behind them.

/** Tools are only declared here; one that ran would be a mistake. */
const noCalendar = new Proxy({} as CalendarPort, {
  get: () => () => {
    throw new AppError('internal', 'A plan calls no tool.');
  },
});

export async function createPlanner(
  environment: Environment,
): Promise<(request: Pick<PlanRequest, 'message' | 'nowMs' | 'timeZone'>) => Promise<Plan>> {
  const given = (name: string): string | undefined => environment[name] || undefined;
  const model = await composeModel({
    model: given('SALLYPORT_MODEL'),
    fallbacks: [],
    baseUrls: {
      openai: given('OPENAI_BASE_URL'),
      anthropic: given('ANTHROPIC_BASE_URL'),
      gemini: given('GEMINI_BASE_URL'),
      deepseek: given('DEEPSEEK_BASE_URL'),
    },
    keys: {
      has: (name) => given(name) !== undefined,
      read: async (name) => createSecret(given(name) ?? ''),
    },
    log: { warn: () => {} },
  });
  const { clock, random } = systemPlatform;
  const declared = createCalendarTools({ calendar: noCalendar, clock, random });
  const tools = declared.map(({ declaration: { name, description, inputSchema } }) => ({
    name,
    description,
    inputSchema,
  }));
  return (request) => planCalls({ ...request, model, tools });
}
