import { modelKeys, type SecretName } from '../config/secret-settings.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Log } from '../ports/log.ts';
import type { Model } from '../ports/model.ts';

// Chooses the model: what SALLYPORT_MODEL names, else the first provider whose key is there, else the offline planner. Each adapter is in a chunk
// of its own and loaded when it is chosen; its package when it is first asked.

export interface ModelChoice {
  /** `<provider>:<model>` or `offline`. */
  readonly model: string | undefined;
  /** Asked in this order while the one before is busy, broken or silent. */
  readonly fallbacks: readonly string[];
  readonly baseUrls: Readonly<Partial<Record<Provider, string | undefined>>>;
  readonly keys: {
    has(name: SecretName): boolean;
    read(name: SecretName): Promise<Secret>;
  };
  readonly log: Pick<Log, 'warn'>;
  /** For one answer of one model. The adapters' own when left out. */
  readonly timeoutMs?: number;
}

type Provider = keyof typeof modelKeys;

/** What is used of a provider whose key is there and whose model nobody named, in the order in which they are looked for. */
const DEFAULT_MODELS: Readonly<Record<Provider, string>> = {
  openai: 'gpt-5-mini',
  anthropic: 'claude-haiku-4-5',
  gemini: 'gemini-3.5-flash-lite',
  deepseek: 'deepseek-flash',
};

/** Their endpoints that speak OpenAI's chat completions. */
const COMPATIBLE = {
  gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
  deepseek: 'https://api.deepseek.com',
} as const;

const PROVIDERS = Object.keys(DEFAULT_MODELS) as readonly Provider[];

function firstWithKey({ keys }: ModelChoice): string {
  const provider = PROVIDERS.find((known) => keys.has(modelKeys[known]));
  return provider === undefined ? 'offline' : `${provider}:${DEFAULT_MODELS[provider]}`;
}

/** How long one model is waited for. */
interface Patience {
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
}

/** Who has somebody to take over is asked once: a further attempt waits as long as the provider says, while the next one could answer. */
function patienceWith({ timeoutMs }: ModelChoice, isLast: boolean): Patience {
  return { ...(timeoutMs !== undefined && { timeoutMs }), ...(!isLast && { maxRetries: 0 }) };
}

interface Named {
  readonly provider: Provider;
  readonly model: string;
}

async function createKeyed({ provider, model }: Named, choice: ModelChoice, patience: Patience): Promise<Model> {
  const name = modelKeys[provider];
  if (!choice.keys.has(name)) throw new AppError('misconfigured', `${name} is needed for ${provider}:${model}.`);
  const apiKey = await choice.keys.read(name);
  const given = choice.baseUrls[provider];
  if (provider === 'anthropic') {
    const { createAnthropicModel } = await import('../adapters/models/anthropic.ts');
    return createAnthropicModel({ apiKey, model, ...patience, ...(given !== undefined && { baseUrl: given }) });
  }
  const { createOpenAiModel } = await import('../adapters/models/openai.ts');
  const baseUrl = given ?? (provider === 'openai' ? undefined : COMPATIBLE[provider]);
  return createOpenAiModel({
    apiKey,
    model,
    ...patience,
    name: `${provider}:${model}`,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(provider === 'gemini' && { dialect: 'gemini' as const, thoughts: 'signatures' as const }),
    ...(provider === 'deepseek' && { thoughts: 'reasoning' as const }),
  });
}

async function createOne(chosen: string, choice: ModelChoice, patience: Patience): Promise<Model> {
  const at = chosen.indexOf(':');
  const provider = at === -1 ? chosen : chosen.slice(0, at);
  const model = at === -1 ? '' : chosen.slice(at + 1);
  if (chosen === 'offline') {
    const { createOfflineModel } = await import('../adapters/models/offline.ts');
    return createOfflineModel();
  }
  if (provider === 'bedrock' && model !== '') {
    const { createBedrockModel } = await import('../adapters/models/bedrock/bedrock.ts');
    const { maxRetries, ...time } = patience;
    return createBedrockModel({ model, ...time, ...(maxRetries !== undefined && { maxAttempts: maxRetries + 1 }) });
  }
  const keyed = PROVIDERS.find((known) => known === provider);
  if (keyed === undefined || model === '') {
    const known = [...PROVIDERS, 'bedrock'].join(', ');
    throw new AppError(
      'misconfigured',
      `There is no model ${chosen}. SALLYPORT_MODEL is offline or <provider>:<model>; providers are ${known}.`,
    );
  }
  return createKeyed({ provider: keyed, model }, choice, patience);
}

/** Throws AppError `misconfigured` for a model that does not exist or lacks its key. */
export async function composeModel(choice: ModelChoice): Promise<Model> {
  const [first, ...others] = await Promise.all(
    [choice.model ?? firstWithKey(choice), ...choice.fallbacks].map((chosen, index) =>
      createOne(chosen, choice, patienceWith(choice, index === choice.fallbacks.length)),
    ),
  );
  if (first === undefined) throw new AppError('misconfigured', 'No model is chosen.');
  if (others.length === 0) return first;
  const { createFallbackModel } = await import('../adapters/models/fallback.ts');
  return createFallbackModel(first, others, choice.log);
}
