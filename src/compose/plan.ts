import { type Plan, type PlanRequest, planCalls } from '../agent/plan.ts';
import type { Environment } from '../config/load.ts';
import { toolsetNames } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import { declaredToolsets } from './declared-tools.ts';
import { composeModel } from './model.ts';

// Plans without doing: the model with the built-in tools' declarations, and nothing behind them.

/** Of the toolsets that are switched on, as the MCP API's setting says; the calendar alone when it says nothing. */
async function declaredTools(setting = 'calendar'): Promise<readonly Tool[]> {
  const names = setting.split(',').map((name) => name.trim());
  const known = toolsetNames.filter((name) => names.includes(name));
  if (known.length === 0 || known.length !== new Set(names).size) {
    throw new AppError('misconfigured', `SALLYPORT_TOOLSETS names some of ${toolsetNames.join(', ')}.`);
  }
  return (await Promise.all(known.map((name) => declaredToolsets[name]()))).flat();
}

export interface Planner {
  /** The model's name. */
  readonly model: string;
  plan(request: Pick<PlanRequest, 'message' | 'nowMs' | 'timeZone' | 'contacts'>): Promise<Plan>;
}

export async function createPlanner(environment: Environment): Promise<Planner> {
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
  return { model: model.name, plan: (request) => planCalls({ ...request, model, tools }) };
}
