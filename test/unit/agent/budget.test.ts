import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createBudget, type DayLimits } from '../../../src/agent/budget.ts';
import { costOf, hasPrice } from '../../../src/agent/prices.ts';
import { accountReply } from '../../../src/agent/turn-usage.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const OTHER_PERSON = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';
const NOON = Date.UTC(2026, 10, 21, 12);

function createWorld(limits: DayLimits) {
  const clock = { nowMs: () => world.nowMs };
  const store = createMemoryStore({ clock });
  const world = { nowMs: NOON, store, budget: createBudget({ store, clock, limits }) };
  return world;
}

describe('a day’s budget', () => {
  it('is refused once its tokens are used, with the time until the next day', async () => {
    const { budget } = createWorld({ tokens: 1000 });
    await budget.spend(PERSON, { tokens: 999, cost: 0 });
    expect(await budget.refusal(PERSON)).toBeUndefined();
    await budget.spend(PERSON, { tokens: 1, cost: 0 });
    expect(await budget.refusal(PERSON)).toMatchObject({
      code: 'budget_spent',
      status: 429,
      retryAfterSeconds: 12 * 3600,
      message: expect.stringContaining('2026-11-22T00:00Z'),
    });
  });

  it('is refused once its money is used, whatever the tokens', async () => {
    const { budget } = createWorld({ tokens: 1_000_000, cost: 0.5 });
    await budget.spend(PERSON, { tokens: 10, cost: 499_999 });
    expect(await budget.refusal(PERSON)).toBeUndefined();
    await budget.spend(PERSON, { tokens: 10, cost: 1 });
    expect(await budget.refusal(PERSON)).toMatchObject({ code: 'budget_spent' });
  });

  it('is each person’s own, and begins anew with the day', async () => {
    const world = createWorld({ tokens: 10 });
    await world.budget.spend(PERSON, { tokens: 10, cost: 0 });
    expect(await world.budget.refusal(OTHER_PERSON)).toBeUndefined();
    world.nowMs = Date.UTC(2026, 10, 21, 23, 59, 59, 999);
    expect(await world.budget.refusal(PERSON)).toMatchObject({ retryAfterSeconds: 1 });
    world.nowMs += 1;
    expect(await world.budget.refusal(PERSON)).toBeUndefined();
  });

  it('counts everything of twenty answers that come at the same moment', async () => {
    const { budget, store } = createWorld({ tokens: 1000 });
    await Promise.all(Array.from({ length: 20 }, () => budget.spend(PERSON, { tokens: 7, cost: 2.5 })));
    const raw = await store.get(`budget:${PERSON}:2026-11-21`);
    expect(JSON.parse(raw ?? '')).toEqual({ v: 1, tokens: 140, cost: 50 });
  });

  it('writes nothing where nothing is limited', async () => {
    const { budget, store } = createWorld({});
    await budget.spend(PERSON, { tokens: 1e9, cost: 1e12 });
    expect(await budget.refusal(PERSON)).toBeUndefined();
    expect((await store.list('')).keys).toEqual([]);
  });

  it('refuses everything over a counter that cannot be read', async () => {
    const { budget, store } = createWorld({ tokens: 1000 });
    await store.set(`budget:${PERSON}:2026-11-21`, '{"v":1}');
    await expect(budget.refusal(PERSON)).rejects.toMatchObject({ code: 'internal' });
    await expect(budget.spend(PERSON, { tokens: 1, cost: 0 })).rejects.toMatchObject({ code: 'internal' });
  });
});

const prices = {
  'openai:gpt-5-mini': { input: 0.25, output: 2, cached_input: 0.025 },
  'anthropic:claude-haiku-4-5': { input: 1, output: 5 },
};

describe('the cost of an answer', () => {
  it('is tokens times price, with the provider’s own price for what it remembered', () => {
    const usage = { inputTokens: 2000, outputTokens: 100, cachedInputTokens: 1000 };
    expect(costOf(prices, 'openai:gpt-5-mini', usage)).toBe(1000 * 0.25 + 1000 * 0.025 + 100 * 2);
    expect(costOf(prices, 'anthropic:claude-haiku-4-5', usage)).toBe(2000 + 500);
  });

  it('never counts more tokens as remembered than there were', () => {
    const usage = { inputTokens: 10, outputTokens: 0, cachedInputTokens: 1000 };
    expect(costOf(prices, 'openai:gpt-5-mini', usage)).toBe(10 * 0.025);
  });

  it('is not known without a price, also for a model named like a part of every object; the offline planner is free', () => {
    const usage = { inputTokens: 10, outputTokens: 10 };
    for (const model of ['openai:gpt-6', 'constructor', 'toString']) {
      expect([costOf(prices, model, usage), hasPrice(prices, model)]).toEqual([undefined, false]);
    }
    expect(costOf({}, 'offline', usage)).toBe(0);
  });

  it('adds up over a turn by the model that answered, to a millionth', () => {
    const facts = { asked: 'openai:gpt-5-mini', prices };
    const first = accountReply(
      { input_tokens: 0, output_tokens: 0 },
      { usage: { inputTokens: 3, outputTokens: 1 } },
      facts,
    );
    expect(first).toEqual({
      used: { input_tokens: 3, output_tokens: 1, cost: 0.000003 },
      spending: { tokens: 4, cost: 2.75 },
    });
    const second = accountReply(
      first.used,
      { usage: { inputTokens: 1000, outputTokens: 100 }, answeredBy: 'anthropic:claude-haiku-4-5' },
      facts,
    );
    expect(second.used).toEqual({
      input_tokens: 1003,
      output_tokens: 101,
      answered_by: ['anthropic:claude-haiku-4-5'],
      cost: 0.001503,
    });
    const third = accountReply(
      second.used,
      { usage: { inputTokens: 5, outputTokens: 5 }, answeredBy: 'gemini:unpriced' },
      facts,
    );
    expect(third).toMatchObject({ used: { cost: 0.001503 }, spending: { tokens: 10, cost: 0 } });
  });
});
