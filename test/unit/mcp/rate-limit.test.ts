import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createRateLimit } from '../../../src/mcp/rate-limit.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { createTestApp, json, modernRequest, OTHER_PERSON, testCaller } from '../../support/mcp-app.ts';
import { createEchoTool } from '../../support/mcp-tools.ts';

let nowMs = 0;
let increments = 0;
let store: KeyValueStore;
const clock = { nowMs: () => nowMs };

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  increments = 0;
  const memory = createMemoryStore({ clock });
  store = {
    ...memory,
    increment: (key, expiry) => {
      increments += 1;
      return memory.increment(key, expiry);
    },
  };
});

async function countTaken(
  limit: ReturnType<typeof createRateLimit>,
  tries: number,
  caller = testCaller,
): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: tries }, () => limit.take(caller)));
  return results.filter((result) => result.status === 'fulfilled').length;
}

describe('the rate limit', () => {
  it.each([1, 5, 39, 40, 50, 119, 120, 1000])(
    'of %i a minute lets exactly so many through one after another',
    async (perMinute) => {
      const limit = createRateLimit({ store, clock, perMinute });
      for (let index = 0; index < perMinute; index += 1) await limit.take(testCaller);
      await expect(limit.take(testCaller)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 });
    },
  );

  it('never lets more through when calls come at the same time', async () => {
    expect(await countTaken(createRateLimit({ store, clock, perMinute: 120 }), 500)).toBe(120);
  });

  it('counts all instances together, and wastes at most a twentieth of the limit for each', async () => {
    const instances = Array.from({ length: 4 }, () => createRateLimit({ store, clock, perMinute: 120 }));
    let taken = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const instance of instances) taken += await countTaken(instance, 1);
    }
    expect(taken).toBeLessThanOrEqual(120);
    expect(taken).toBeGreaterThanOrEqual(120 - 4 * 6);
  });

  it('holds a caller whose key says so to that key’s limit, be it lower or higher', async () => {
    const limit = createRateLimit({ store, clock, perMinute: 10 });
    const withLimit = (agent: string, perMinute: number) => ({ ...testCaller, agent, perMinute });
    expect(await countTaken(limit, 50, withLimit('token/low', 3))).toBe(3);
    expect(await countTaken(limit, 50, withLimit('token/high', 25))).toBe(25);
    expect(await countTaken(limit, 50)).toBe(10);
  });

  it('takes a key’s new limit within the minute', async () => {
    const limit = createRateLimit({ store, clock, perMinute: 10 });
    expect(await countTaken(limit, 50, { ...testCaller, perMinute: 2 })).toBe(2);
    // The one that was refused is counted as well.
    expect(await countTaken(limit, 50, { ...testCaller, perMinute: 6 })).toBe(3);
  });

  it('asks the store once for a twentieth of the limit', async () => {
    await countTaken(createRateLimit({ store, clock, perMinute: 120 }), 0);
    const limit = createRateLimit({ store, clock, perMinute: 120 });
    for (let index = 0; index < 60; index += 1) await limit.take(testCaller);
    expect(increments).toBe(10);
  });

  it('is each person’s and each agent’s own', async () => {
    const limit = createRateLimit({ store, clock, perMinute: 1 });
    await limit.take(testCaller);
    await limit.take({ ...testCaller, person: OTHER_PERSON });
    await limit.take({ ...testCaller, agent: 'agent/other' });
    await expect(limit.take(testCaller)).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('starts anew with the next minute, and says when that is', async () => {
    nowMs += 45_000;
    const limit = createRateLimit({ store, clock, perMinute: 1 });
    await limit.take(testCaller);
    await expect(limit.take(testCaller)).rejects.toMatchObject({ retryAfterSeconds: 15 });
    nowMs += 15_000;
    await limit.take(testCaller);
  });

  it('answers 429 with Retry-After, and 503 when the store is down', async () => {
    const { app } = createTestApp({ tools: [createEchoTool()], perMinute: 1, store, clock });
    expect((await app(modernRequest('tools/list'))).status).toBe(200);
    const refused = await app(modernRequest('tools/list'));
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect(json(refused).error.data.code).toBe('rate_limited');
    await store.close();
    expect((await app(modernRequest('tools/list'))).status).toBe(503);
  });
});
