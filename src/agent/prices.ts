import type { ModelUsage } from '../ports/model.ts';

// What models cost, as the operator has said. Nothing here knows a provider's price list: it would be wrong the day after.

/** For a million tokens, in a currency of the operator's choice. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Of those that the provider read from its cache; as `input` when left out. */
  readonly cached_input?: number | undefined;
}

/** By `<provider>:<model>`. */
export type ModelPrices = Readonly<Record<string, ModelPrice>>;

const MILLION = 1_000_000;

const FREE: ModelPrice = { input: 0, output: 0 };

/** The planner without a model runs here and costs nothing. */
const priceOf = (prices: ModelPrices, model: string): ModelPrice | undefined =>
  Object.hasOwn(prices, model) ? prices[model] : model === 'offline' ? FREE : undefined;

export const hasPrice = (prices: ModelPrices, model: string): boolean => priceOf(prices, model) !== undefined;

/** In millionths of the currency; undefined for a model without a price. */
export function costOf(prices: ModelPrices, model: string, usage: ModelUsage): number | undefined {
  const price = priceOf(prices, model);
  if (price === undefined) return undefined;
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const fresh = usage.inputTokens - cached;
  return fresh * price.input + cached * (price.cached_input ?? price.input) + usage.outputTokens * price.output;
}

/** Millionths as an amount, to six places. */
export const amountOf = (millionths: number): number => Math.round(millionths) / MILLION;
export const millionthsOf = (amount: number): number => amount * MILLION;
