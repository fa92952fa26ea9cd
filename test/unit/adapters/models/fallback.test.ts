import { describe, expect, it } from '@jest/globals';
import { createFallbackModel } from '../../../../src/adapters/models/fallback.ts';
import { providerError } from '../../../../src/adapters/models/provider-fault.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { Model, ModelReply, ModelRequest } from '../../../../src/ports/model.ts';
import { createTestLog } from '../../../support/log.ts';

const said = (text: string): ModelReply => ({
  text,
  toolCalls: [],
  usage: { inputTokens: 1, outputTokens: 1 },
  stop: 'end',
});

const request: ModelRequest = {
  instructions: '',
  messages: [{ role: 'user', text: 'hello' }],
  tools: [],
  context: { nowMs: 0, timeZone: 'UTC' },
  maxOutputTokens: 10,
  signal: new AbortController().signal,
};

const fault = { kind: 'Test', timedOut: false, cancelled: false };
const busy = providerError({ ...fault, status: 429, retryAfterSeconds: 7 });
const broken = providerError({ ...fault, status: 503 });
const silent = providerError({ ...fault, timedOut: true });
const cancelled = providerError({ ...fault, cancelled: true });
const keyRefused = providerError({ ...fault, status: 401 });
const tooLong = providerError({ ...fault, status: 400 });

function create() {
  const asked: string[] = [];
  const model = (name: string, complete: (given: ModelRequest) => Promise<ModelReply>): Model => ({
    name,
    complete: (given) => {
      asked.push(name);
      return complete(given);
    },
  });
  const failing = (name: string, error: unknown): Model => model(name, () => Promise.reject(error));
  const answering = (name: string): Model => model(name, async () => said(name));
  return { asked, model, failing, answering };
}

describe('a list of models', () => {
  it('is named after the first, which answers as if it were alone', async () => {
    const { asked, answering } = create();
    const list = createFallbackModel(answering('a'), [answering('b')], createTestLog());
    expect(list.name).toBe('a');
    expect(await list.complete(request)).toEqual(said('a'));
    expect(asked).toEqual(['a']);
  });

  it('asks the next while one is busy, broken or silent, and says who answered', async () => {
    const { asked, failing, answering } = create();
    const others = [failing('b', broken), failing('c', silent), answering('d'), answering('e')];
    const list = createFallbackModel(failing('a', busy), others, createTestLog());
    expect(await list.complete(request)).toEqual({ ...said('d'), answeredBy: 'd' });
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    ['a refused key', keyRefused],
    ['a refused question', tooLong],
    ['a turn that has ended', cancelled],
    ['a fault of ours', new TypeError('x')],
    ['an error that says nothing of a provider', new AppError('model_failed', 'x')],
  ])('does not go on after %s', async (_what, error) => {
    const { asked, failing, answering } = create();
    const list = createFallbackModel(failing('a', error), [answering('b')], createTestLog());
    await expect(list.complete(request)).rejects.toBe(error);
    expect(asked).toEqual(['a']);
  });

  it('does not go on once a piece of the answer was told: nobody shall read two beginnings', async () => {
    const { asked, model, answering } = create();
    const breaking = model('a', async ({ onText }) => {
      onText?.('Well');
      throw broken;
    });
    const pieces: string[] = [];
    const list = createFallbackModel(breaking, [answering('b')], createTestLog());
    await expect(list.complete({ ...request, onText: (piece) => void pieces.push(piece) })).rejects.toBe(broken);
    expect([asked, pieces]).toEqual([['a'], ['Well']]);
  });

  it('fails as the last one did when all fail', async () => {
    const { failing } = create();
    const list = createFallbackModel(failing('a', broken), [failing('b', busy)], createTestLog());
    await expect(list.complete(request)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7 });
  });
});
