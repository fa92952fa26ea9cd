import { type Plan, type PlanRequest, planCalls } from '../agent/plan.ts';
import type { Environment } from '../config/load.ts';
import { type ToolsetName, toolsetNames } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import { composeModel } from './model.ts';

// Plans without doing: the model with the built-in tools' declarations, and nothing behind them.

/** Tools are only declared here; one that ran would be a mistake. */
const nothing = new Proxy(Object.freeze({}), {
  get: () => {
    throw new AppError('internal', 'A plan calls no tool.');
  },
}) as never;

const toolsets: Readonly<Record<ToolsetName, () => Promise<readonly Tool[]>>> = {
  calendar: async () => {
    const { createCalendarTools } = await import('../mcp/tools/calendar/calendar-tools.ts');
    return createCalendarTools({ calendar: nothing, clock: nothing, random: nothing });
  },
  weather: async () => {
    const { createGetWeather } = await import('../mcp/tools/weather/get-weather.ts');
    return [createGetWeather({ weather: nothing, clock: nothing })];
  },
  notify: async () => {
    const { createSendPushNotification } = await import('../mcp/tools/notify/send-push-notification.ts');
    return [createSendPushNotification({ notifier: nothing })];
  },
  aws: async () => {
    const { createAwsTools } = await import('../mcp/tools/aws/aws-tools.ts');
    return createAwsTools({ reader: nothing, places: nothing, clock: nothing });
  },
};

/** Of the toolsets that are switched on, as the MCP API's setting says; the calendar alone when it says nothing. */
async function declaredTools(setting = 'calendar'): Promise<readonly Tool[]> {
  const names = setting.split(',').map((name) => name.trim());
  const known = toolsetNames.filter((name) => names.includes(name));
  if (known.length === 0 || known.length !== new Set(names).size) {
    throw new AppError('misconfigured', `SALLYPORT_TOOLSETS names some of ${toolsetNames.join(', ')}.`);
  }
  return (await Promise.all(known.map((name) => toolsets[name]()))).flat();
}

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
  const declared = await declaredTools(given('SALLYPORT_TOOLSETS'));
  const tools = declared.map(({ declaration: { name, description, inputSchema } }) => ({
    name,
    description,
    inputSchema,
  }));
  return (request) => planCalls({ ...request, model, tools });
}
