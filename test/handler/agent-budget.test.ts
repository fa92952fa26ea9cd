import { describe, expect, it } from '@jest/globals';
import { amountOf } from '../../src/agent/prices.ts';
import { composeAgent } from '../../src/compose/agent.ts';
import { createServiceHandler, type Platform } from '../../src/compose/service-handler.ts';
import {
  type AgentWorld,
  type AgentWorldOptions,
  approvalOf,
  calling,
  createAgentWorld,
  type ErrorAnswer,
  EVENT,
  OTHER_PERSON,
  send,
  TIMES,
} from '../support/agent-world.ts';

// What one person's questions may use in a day, and what they cost. The model of these tests takes 10 tokens and gives 5 with each answer.

const prices = { 'test:scripted': { input: 1, output: 2 } };

async function openWorld(options: AgentWorldOptions): Promise<{ world: AgentWorld; token: string }> {
  const world = createAgentWorld(options);
  return { world, token: await world.token() };
}

const chat = (world: AgentWorld, token: string, message = 'Am I free?') =>
  send(world.app, 'POST', '/chat', { token, body: { message } });

describe('a day’s budget', () => {
  it('lets no question in once it is used, says when to come back, and asks the model nothing', async () => {
    const { world, token } = await openWorld({ dayLimits: { tokens: 30 } });
    expect((await chat(world, token)).body.status).toBe('completed');
    expect((await chat(world, token)).body.status).toBe('completed');
    const refused = await send<ErrorAnswer>(world.app, 'POST', '/chat', { token, body: { message: 'And now?' } });
    expect([refused.status, refused.body.error.code]).toEqual([429, 'budget_spent']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
    expect(world.asked).toHaveLength(2);
    const listed = await send<{ conversations: unknown[] }>(world.app, 'GET', '/api/conversations', { token });
    expect(listed.body.conversations).toHaveLength(2);
    const other = await world.token({ person: OTHER_PERSON });
    expect((await chat(world, other)).body.status).toBe('completed');
  });

  it('is the same at the stream, before anything is streamed', async () => {
    const { world, token } = await openWorld({ dayLimits: { tokens: 15 } });
    await chat(world, token);
    const refused = await send<ErrorAnswer>(world.app, 'POST', '/stream', { token, body: { message: 'And now?' } });
    expect([refused.status, refused.body.error.code]).toEqual([429, 'budget_spent']);
  });

  it('ends a turn within, which says what it did and did not', async () => {
    const { world, token } = await openWorld({ dayLimits: { tokens: 15 } });
    world.replies.push(calling(['createevent', EVENT]));
    const { body } = await chat(world, token, 'Book lunch');
    expect(body).toMatchObject({
      status: 'completed',
      limit: 'budget',
      tool_calls: [{ tool: 'createevent', outcome: 'completed' }],
    });
    expect(body.answer).toMatch(/used up.*createevent/s);
    expect(world.asked).toHaveLength(1);
  });

  it('ends a turn that waited for a yes after the call that was approved', async () => {
    const { world, token } = await openWorld({ dayLimits: { cost: amountOf(20) }, config: { prices } });
    const ask = world.tool;
    world.tool = () => approvalOf('a1');
    world.replies.push(calling(['createevent', EVENT]));
    const paused = await chat(world, token, 'Book lunch');
    expect(paused.body).toMatchObject({ status: 'approval_required', usage: { cost: amountOf(20) } });
    world.tool = ask;
    const { body } = await send(world.app, 'POST', `/turns/${paused.body.turn}/continue`, { token });
    expect(body).toMatchObject({ limit: 'budget', tool_calls: [{ outcome: 'completed' }] });
  });

  it('is counted for a model that answers nothing of use, too', async () => {
    const { world, token } = await openWorld({ dayLimits: { tokens: 45 } });
    world.replies.push(calling(['freebusy', undefined]), calling(['freebusy', undefined]));
    await chat(world, token);
    await chat(world, token);
    expect((await chat(world, token)).status).toBe(429);
  });
});

describe('what a turn cost', () => {
  it('stands in its answer and is counted by model', async () => {
    const { world, token } = await openWorld({ config: { prices } });
    world.replies.push(calling(['freebusy', TIMES]), { text: 'You are free.' });
    const { body } = await chat(world, token);
    expect(body.usage).toMatchObject({ steps: 2, input_tokens: 20, output_tokens: 10, cost: amountOf(40) });
    const counted = world.log.events.filter(({ event }) => event === 'ModelCost');
    expect(counted).toMatchObject([{ fields: { model: 'test:scripted' } }, { fields: { model: 'test:scripted' } }]);
  });

  it('is left out where the model has no price', async () => {
    const { world, token } = await openWorld({});
    expect((await chat(world, token)).body.usage).not.toHaveProperty('cost');
  });
});

describe('a limit on money', () => {
  const environment = {
    SALLYPORT_AGENT_URL: 'https://agent.example.test',
    SALLYPORT_MCP_URL: 'https://mcp.example.test/mcp',
    SALLYPORT_CREDENTIALS: '{}',
    SALLYPORT_MODEL: 'openai:gpt-5-mini',
    OPENAI_API_KEY: 'sk-test',
    SALLYPORT_DAY_COST: '1.50',
  };

  async function composed(more: Readonly<Record<string, string>>): Promise<string> {
    const lines: string[] = [];
    const platform: Platform = {
      clock: { nowMs: () => Date.now() },
      random: { bytes: (count) => new Uint8Array(count) },
      writeLog: (line) => lines.push(line),
    };
    const handler = createServiceHandler({
      service: 'agent',
      compose: composeAgent,
      environment: { ...environment, ...more },
      platform,
    });
    await handler.prepare();
    return lines.join('\n');
  }

  it('needs a price for every model that may answer', async () => {
    expect(await composed({})).toContain('a price in SALLYPORT_MODEL_PRICES for openai:gpt-5-mini');
    const one = JSON.stringify({ 'openai:gpt-5-mini': { input: 0.25, output: 2 } });
    expect(await composed({ SALLYPORT_MODEL_PRICES: one })).toBe('');
    const fallback = {
      SALLYPORT_MODEL_FALLBACKS: 'offline,bedrock:amazon.nova-lite-v1:0',
      SALLYPORT_MODEL_PRICES: one,
    };
    expect(await composed(fallback)).toContain('for bedrock:amazon.nova-lite-v1:0.');
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a price below zero', '{"openai:x": {"input": -1, "output": 1}}'],
    ['a price without its other half', '{"openai:x": {"input": 1}}'],
    ['a misspelt member', '{"openai:x": {"input": 1, "output": 1, "cached": 1}}'],
    ['a price as text', '{"openai:x": {"input": "1", "output": 1}}'],
  ])('is refused with prices that are %s', async (_what, text) => {
    expect(await composed({ SALLYPORT_MODEL_PRICES: text })).toContain('SALLYPORT_MODEL_PRICES');
  });

  it.each(['0', '0.00', '-1', '1,5', 'much'])('is refused as %s', async (text) => {
    expect(await composed({ SALLYPORT_DAY_COST: text })).toContain('SALLYPORT_DAY_COST: must be an amount above zero');
  });
});
