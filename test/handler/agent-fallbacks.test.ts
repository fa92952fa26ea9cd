import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
// Loaded beforehand: Jest cannot link two modules at once that are imported while a test runs.
import '../../src/adapters/models/anthropic.ts';
import '../../src/adapters/models/openai.ts';
import { composeModel } from '../../src/compose/model.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { Model, ModelReply } from '../../src/ports/model.ts';
import { createAgentWorld, send } from '../support/agent-world.ts';

// A turn whose first model does not answer: Agent API → list of models → each one's adapter → a provider that is silent or busy.

const TIMEOUT_MS = 500;
const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const answering: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello to you.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
  );
};

async function askWith(first: RequestListener, timeoutMs = TIMEOUT_MS) {
  const asked: string[] = [];
  const [openai, anthropic] = await Promise.all([
    serve((request, response) => {
      asked.push('openai:m1');
      first(request, response);
    }),
    serve((request, response) => {
      asked.push('anthropic:m2');
      answering(request, response);
    }),
  ]);
  const world = createAgentWorld({ model: await composed({ openai: `${openai}/v1`, anthropic }, timeoutMs) });
  const { body } = await send(world.app, 'POST', '/chat', {
    token: await world.token(),
    body: { message: 'Hello!' },
  });
  return { asked, body };
}

const composed = (baseUrls: { readonly openai: string; readonly anthropic: string }, timeoutMs: number) =>
  composeModel({
    model: 'openai:m1',
    fallbacks: ['anthropic:m2'],
    baseUrls,
    keys: { has: () => true, read: async () => createSecret('sk-test') },
    log: { warn: () => {} },
    timeoutMs,
  });

const answered = { status: 'completed', answer: 'Hello to you.', usage: { answered_by: ['anthropic:m2'] } };

describe('a turn whose first model', () => {
  it('is silent goes on with the next, which has all of its own time', async () => {
    const { asked, body } = await askWith(() => {});
    expect(body).toMatchObject(answered);
    expect(asked).toEqual(['openai:m1', 'anthropic:m2']);
  });

  it.each([
    ['busy', 429],
    ['broken', 503],
  ])('is %s for a while goes on with the next at once: nobody waits for it', async (_what, status) => {
    const startedMs = performance.now();
    const { asked, body } = await askWith((_request, response) => {
      response.writeHead(status, { 'retry-after': '15' }).end('{}');
    }, 45_000);
    expect(body).toMatchObject(answered);
    expect(asked).toEqual(['openai:m1', 'anthropic:m2']);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('takes longer than a lease, as a whole list may, stays with the process that asks it', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
    try {
      let finish: ((reply: ModelReply) => void) | undefined;
      let isAsked = (): void => {};
      const asked = new Promise<void>((resolve) => {
        isAsked = resolve;
      });
      const complete: Model['complete'] = () =>
        new Promise((resolve) => {
          finish = resolve;
          isAsked();
        });
      const world = createAgentWorld({ model: { name: 'test:slow', complete } });
      const token = await world.token();
      const turn = send(world.app, 'POST', '/chat', { token, body: { message: 'Am I free?' } });
      await asked;
      const [key = ''] = (await world.store.list('turn:')).keys;
      for (let beat = 0; beat < 6; beat += 1) {
        await jest.advanceTimersByTimeAsync(20_000);
        const record = JSON.parse((await world.store.get(key)) ?? '{}');
        expect(record.lease.until).toBeGreaterThan(Date.now());
      }
      finish?.({ text: 'You are.', toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stop: 'end' });
      expect((await turn).body).toMatchObject({ status: 'completed', answer: 'You are.' });
    } finally {
      jest.useRealTimers();
    }
  });
});
