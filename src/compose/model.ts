import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Model } from '../ports/model.ts';

// Chooses the model: what SALLYPORT_MODEL names, else OpenAI when there is a key, else the offline planner. Each in a chunk of its own.

export interface ModelChoice {
  /** `openai:<model>` or `offline`. */
  readonly model: string | undefined;
  readonly openaiKey: Secret | undefined;
  readonly openaiBaseUrl: string | undefined;
}

const DEFAULT_OPENAI_MODEL = 'gpt-5-mini';

export async function composeModel(choice: ModelChoice): Promise<Model> {
  const chosen = choice.model ?? (choice.openaiKey === undefined ? 'offline' : `openai:${DEFAULT_OPENAI_MODEL}`);
  const [provider, ...rest] = chosen.split(':');
  const model = rest.join(':');
  if (provider === 'offline') {
    const { createOfflineModel } = await import('../adapters/models/offline.ts');
    return createOfflineModel();
  }
  if (provider !== 'openai' || model === '') {
    throw new AppError('misconfigured', `There is no model ${chosen}. SALLYPORT_MODEL is offline or openai:<model>.`);
  }
  if (choice.openaiKey === undefined) throw new AppError('misconfigured', 'OPENAI_API_KEY is needed for this model.');
  const { createOpenAiModel } = await import('../adapters/models/openai.ts');
  const { openaiBaseUrl: baseUrl } = choice;
  return createOpenAiModel({ apiKey: choice.openaiKey, model, ...(baseUrl === undefined ? {} : { baseUrl }) });
}
