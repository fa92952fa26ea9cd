import { describe, expect, it } from '@jest/globals';
import { composeModel, type ModelChoice } from '../../../src/compose/model.ts';
import { createSecret } from '../../../src/kernel/secret.ts';

function choose(model: string | undefined, keys: readonly string[], over: Partial<ModelChoice> = {}) {
  return composeModel({
    model,
    fallbacks: [],
    baseUrls: {},
    keys: { has: (name) => keys.includes(name), read: async (name) => createSecret(`key of ${name}`) },
    log: { warn: () => {} },
    ...over,
  });
}

describe('the choice of a model', () => {
  it.each([
    ['offline', [], 'offline:planner'],
    ['openai:gpt-x', ['OPENAI_API_KEY'], 'openai:gpt-x'],
    ['anthropic:claude-x', ['ANTHROPIC_API_KEY'], 'anthropic:claude-x'],
    ['gemini:gemini-x', ['GEMINI_API_KEY'], 'gemini:gemini-x'],
    ['deepseek:deepseek-x', ['DEEPSEEK_API_KEY'], 'deepseek:deepseek-x'],
    ['bedrock:eu.anthropic.claude-x:0', [], 'bedrock:eu.anthropic.claude-x:0'],
    ['openai:org/model:free', ['OPENAI_API_KEY'], 'openai:org/model:free'],
  ])('%s, with %j', async (model, keys, name) => {
    expect((await choose(model, keys)).name).toBe(name);
  });

  it.each([
    [[], /^offline:planner$/],
    [['DEEPSEEK_API_KEY'], /^deepseek:/],
    [['DEEPSEEK_API_KEY', 'GEMINI_API_KEY'], /^gemini:/],
    [['GEMINI_API_KEY', 'ANTHROPIC_API_KEY'], /^anthropic:/],
    [['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'], /^openai:/],
  ])('is the first provider with a key, in the documented order, where none is named: %j', async (keys, name) => {
    expect((await choose(undefined, keys)).name).toMatch(name);
  });

  it.each([
    ['openai:gpt-x', 'OPENAI_API_KEY is needed'],
    ['anthropic:claude-x', 'ANTHROPIC_API_KEY is needed'],
    ['mystery:x', 'There is no model mystery:x'],
    ['openai:', 'There is no model openai:'],
    ['bedrock', 'There is no model bedrock'],
  ])('refuses %s without what it needs, and says what that is', async (model, words) => {
    await expect(choose(model, [])).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(words),
    });
  });

  it('checks the models to fall back on, too', async () => {
    const one = await choose('offline', ['OPENAI_API_KEY'], { fallbacks: ['openai:gpt-x'] });
    expect(one.name).toBe('offline:planner');
    await expect(choose('offline', [], { fallbacks: ['openai:gpt-x'] })).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });
});
