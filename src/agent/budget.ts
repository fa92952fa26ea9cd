import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { readRecord } from '../trust/record.ts';
import { millionthsOf } from './prices.ts';

// What one person's questions may use in a day (UTC), in tokens and in money. It is counted when an answer of a model has come, so turns at
// the same moment may together go past the limit by one answer each; nothing is asked of a model once it is spent. Key:
// `budget:<person>:<day>`. Without a limit nothing is counted.

const budgetRecord = z.object({
  v: z.literal(1),
  tokens: z.number(),
  /** Millionths of the operator's currency. */
  cost: z.number(),
});
type BudgetRecord = z.infer<typeof budgetRecord>;

export interface DayLimits {
  readonly tokens?: number | undefined;
  /** In the currency of the prices. */
  readonly cost?: number | undefined;
}

export interface Spending {
  readonly tokens: number;
  /** Millionths. */
  readonly cost: number;
}

export interface Budget {
  /** Why nothing more may be asked today, or undefined. */
  refusal(person: string): Promise<AppError | undefined>;
  /** Counts what was used. */
  spend(person: string, spending: Spending): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Longer than the day, so that a clock that is a little behind finds the counter. */
const TTL = { ttlSeconds: 2 * 86_400 };
const ATTEMPTS = 20;
const NOTHING: BudgetRecord = { v: 1, tokens: 0, cost: 0 };

export function createBudget(deps: {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent' | 'compareAndSet'>;
  readonly clock: Clock;
  readonly limits: DayLimits;
}): Budget {
  const { store, clock, limits } = deps;
  const limited = limits.tokens !== undefined || limits.cost !== undefined;
  const keyOf = (person: string): string => `budget:${person}:${new Date(clock.nowMs()).toISOString().slice(0, 10)}`;
  const parse = (raw: string | undefined): BudgetRecord =>
    raw === undefined ? NOTHING : readRecord(budgetRecord, raw, 'budget');

  return {
    async refusal(person) {
      if (!limited) return undefined;
      const { tokens, cost } = parse(await store.get(keyOf(person)));
      const spent = tokens >= (limits.tokens ?? Infinity) || cost >= millionthsOf(limits.cost ?? Infinity);
      if (!spent) return undefined;
      const leftMs = DAY_MS - (clock.nowMs() % DAY_MS);
      const back = new Date(clock.nowMs() + leftMs).toISOString().slice(0, 16);
      return new AppError(
        'budget_spent',
        `What you may ask of the model in one day is used up. Ask again after ${back}Z.`,
        {
          retryAfterSeconds: Math.ceil(leftMs / 1000),
        },
      );
    },

    async spend(person, spending) {
      if (!limited) return;
      const key = keyOf(person);
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const raw = await store.get(key);
        const { tokens, cost } = parse(raw);
        const next = JSON.stringify({ v: 1, tokens: tokens + spending.tokens, cost: cost + spending.cost });
        const written =
          raw === undefined ? await store.setIfAbsent(key, next, TTL) : await store.compareAndSet(key, raw, next, TTL);
        if (written) return;
      }
      // What cannot be counted is not given away: the turn ends here, and the next one looks at the counter.
      throw new AppError('conflict', 'Too many of your questions end at the same moment. Ask again.');
    },
  };
}
