import type { Log } from '../ports/log.ts';
import type { ModelReply } from '../ports/model.ts';
import type { Spending } from './budget.ts';
import { amountOf, costOf, type ModelPrices, millionthsOf } from './prices.ts';
import type { TurnRecord } from './turn-record.ts';

// What a turn has used, counted up with each answer of a model. The price is that of the model that answered, which need not be the one
// that was asked.

/** Counts an answer for whoever watches. */
export function countReply(
  log: Pick<Log, 'metric'>,
  asked: string,
  { usage, answeredBy: model = asked }: Pick<ModelReply, 'usage' | 'answeredBy'>,
  { cost }: Spending,
): void {
  log.metric('ModelTokens', { model, kind: 'input' }, usage.inputTokens);
  log.metric('ModelTokens', { model, kind: 'output' }, usage.outputTokens);
  if (cost > 0) log.metric('ModelCost', { model }, amountOf(cost));
}

type Usage = TurnRecord['usage'];

export interface UsageFacts {
  /** The model that was asked first. */
  readonly asked: string;
  readonly prices: ModelPrices;
}

/** `used`: by the turn so far. `spending`: by this answer alone. */
export function accountReply(
  before: Usage,
  reply: Pick<ModelReply, 'usage' | 'answeredBy'>,
  { asked, prices }: UsageFacts,
): { readonly used: Usage; readonly spending: Spending } {
  const { inputTokens, outputTokens } = reply.usage;
  const cost = costOf(prices, reply.answeredBy ?? asked, reply.usage);
  const others = new Set([
    ...(before.answered_by ?? []),
    ...(reply.answeredBy === undefined ? [] : [reply.answeredBy]),
  ]);
  const priced = cost === undefined ? before.cost : amountOf(millionthsOf(before.cost ?? 0) + cost);
  return {
    used: {
      input_tokens: before.input_tokens + inputTokens,
      output_tokens: before.output_tokens + outputTokens,
      ...(others.size > 0 && { answered_by: [...others] }),
      ...(priced !== undefined && { cost: priced }),
    },
    spending: { tokens: inputTokens + outputTokens, cost: cost ?? 0 },
  };
}
