import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAnthropicModel } from '../../src/adapters/models/anthropic.ts';
import { createBedrockModel } from '../../src/adapters/models/bedrock/bedrock.ts';
import { createOpenAiModel } from '../../src/adapters/models/openai.ts';
import { ProviderFault } from '../../src/adapters/models/provider-fault.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { Model, ModelMessage, ModelRequest } from '../../src/ports/model.ts';
import { type AiMock, startAiMock } from '../support/aimock.ts';

// What the agent may expect of a model, on every provider, against aimock, which speaks each one's protocol.

const KEY = 'sk-canary-5b1f';
const apiKey = createSecret(KEY);
const tools = [
  {
    name: 'createevent',
    description: 'Books an event.',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        summary: { type: 'string', minLength: 1 },
        attendees: { type: 'array', items: { type: 'string', format: 'email' } },
        sendUpdates: { type: 'string', enum: ['all', 'none'] },
      },
      required: ['summary'],
      additionalProperties: false,
    },
  },
];

interface Options {
  readonly url: string;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

const providers: readonly (readonly [string, (options: Options) => Model])[] = [
  [
    'OpenAI',
    ({ url, timeoutMs, retries = 0 }) =>
      createOpenAiModel({
        apiKey,
        baseUrl: `${url}/v1`,
        model: 'gpt-test',
        dialect: 'strict',
        maxRetries: retries,
        ...(timeoutMs !== undefined && { timeoutMs }),
      }),
  ],
  [
    'Gemini, by its endpoint for OpenAI’s clients',
    ({ url, timeoutMs, retries = 0 }) =>
      createOpenAiModel({
        apiKey,
        baseUrl: `${url}/v1`,
        model: 'gemini-test',
        name: 'gemini:gemini-test',
        dialect: 'gemini',
        maxRetries: retries,
        ...(timeoutMs !== undefined && { timeoutMs }),
      }),
  ],
  [
    'Claude',
    ({ url, timeoutMs, retries = 0 }) =>
      createAnthropicModel({
        apiKey,
        baseUrl: url,
        model: 'claude-test',
        strict: true,
        maxRetries: retries,
        ...(timeoutMs !== undefined && { timeoutMs }),
      }),
  ],
  [
    'Bedrock',
    ({ url, timeoutMs, retries = 0 }) =>
      createBedrockModel({
        model: 'eu.anthropic.claude-test',
        endpoint: url,
        region: 'eu-central-1',
        maxAttempts: retries + 1,
        ...(timeoutMs !== undefined && { timeoutMs }),
      }),
  ],
];

let mock: AiMock;
/** Accepts and never answers. */
let silent: Server;
let silentUrl: string;
const before = { ...process.env };

beforeAll(async () => {
  mock = await startAiMock();
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  silentUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
}, 600_000);

afterAll(async () => {
  process.env = before;
  silent.closeAllConnections();
  await Promise.all([mock.stop(), new Promise((resolve) => silent.close(resolve))]);
});

beforeEach(() => {
  mock.reset().setChaos({ disconnectRate: 0 });
});

function request(messages: readonly ModelMessage[] | string, changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    instructions: 'Be brief.',
    messages: typeof messages === 'string' ? [{ role: 'user', text: messages }] : messages,
    tools,
    context: { nowMs: 0, timeZone: 'UTC' },
    maxOutputTokens: 500,
    signal: new AbortController().signal,
    ...changes,
  };
}

async function faultOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
}

const passing = (error: AppError): boolean | undefined =>
  error.cause instanceof ProviderFault ? error.cause.passing : undefined;

describe.each(providers)('%s', (_name, create) => {
  const model = (options: Partial<Options> = {}): Model => create({ url: mock.url, ...options });

  /** The two ways an answer can come: whole, and in pieces. */
  const ways = [
    ['whole', false],
    ['in pieces', true],
  ] as const;

  describe.each(ways)('answering %s', (_way, streamed) => {
    const pieces: string[] = [];
    const ask = (what: readonly ModelMessage[] | string, changes: Partial<ModelRequest> = {}) =>
      model().complete(
        request(what, { ...changes, ...(streamed && { onText: (piece: string) => void pieces.push(piece) }) }),
      );
    beforeEach(() => {
      pieces.length = 0;
    });

    it('says its text, what it cost, and that it is done', async () => {
      mock.onMessage('hello', { content: 'Good morning, and a fine day to you.', usage: USAGE });
      const reply = await ask('hello');
      expect(reply).toMatchObject({
        text: 'Good morning, and a fine day to you.',
        toolCalls: [],
        usage: { inputTokens: 12, outputTokens: 3 },
        stop: 'end',
      });
      if (streamed) {
        expect(pieces.join('')).toBe(reply.text);
        expect(pieces.length).toBeGreaterThan(1);
      } else expect(pieces).toEqual([]);
    });

    it('calls several tools at once, and goes on with their results', async () => {
      mock.on(
        { userMessage: 'book lunch', hasToolResult: false },
        {
          toolCalls: [
            { id: 'call_a', name: 'createevent', arguments: '{"summary":"Lunch"}' },
            { id: 'call_b', name: 'createevent', arguments: '{"summary":"Walk","attendees":["a@example.com"]}' },
          ],
        },
      );
      mock.on({ userMessage: 'book lunch', hasToolResult: true }, { content: 'Booked.' });
      const first = await ask('book lunch');
      expect(first.stop).toBe('tools');
      expect(first.toolCalls.map((call) => [call.name, call.arguments])).toEqual([
        ['createevent', { summary: 'Lunch' }],
        ['createevent', { summary: 'Walk', attendees: ['a@example.com'] }],
      ]);
      expect(new Set(first.toolCalls.map(({ id }) => id)).size).toBe(2);
      const results = first.toolCalls.map(
        ({ id, name }): ModelMessage => ({ role: 'tool', callId: id, name, text: 'done', isError: false }),
      );
      const then = await ask([
        { role: 'user', text: 'book lunch' },
        { role: 'assistant', text: '', toolCalls: first.toolCalls },
        ...results,
      ]);
      expect(then).toMatchObject({ text: 'Booked.', stop: 'end' });
    });

    it('names a tool that nobody gave it: the call is handed on, for others to refuse', async () => {
      mock.onMessage('book', { toolCalls: [{ name: 'deleteeverything', arguments: '{"now":true}' }] });
      expect((await ask('book')).toolCalls).toMatchObject([{ name: 'deleteeverything', arguments: { now: true } }]);
    });

    it('is cut off: the reply says so, calls and all', async () => {
      mock.onMessage('long', { content: 'And so on and', finishReason: 'length' });
      expect((await ask('long')).stop).toBe('length');
    });
  });

  it.each([
    [429, 'rate_limited', true],
    [500, 'model_failed', true],
    [503, 'model_failed', true],
    [401, 'model_failed', false],
    [403, 'model_failed', false],
    [400, 'model_failed', false],
  ] as const)('answers %i: %s, and whether another model may do better: %s', async (status, code, mayPass) => {
    mock.nextRequestError(status, { message: `canary ${KEY}`, type: 'x', code: 'x' });
    const error = await faultOf(model().complete(request('hello')));
    expect([error.code, passing(error)]).toEqual([code, mayPass]);
    expect(`${error.message} ${String(error.cause)} ${JSON.stringify(error.details)}`).not.toContain('canary');
  });

  it('is tried again after a 500, as often as it is told to', async () => {
    mock.onMessage('hello', { content: 'Hi!' });
    mock.nextRequestError(500, { message: 'x' });
    expect((await model({ retries: 1 }).complete(request('hello'))).text).toBe('Hi!');
  });

  it('breaks off in the middle: model_failed', async () => {
    mock.onMessage('hello', { content: 'Hi!' });
    mock.setChaos({ disconnectRate: 1 });
    expect((await faultOf(model().complete(request('hello')))).code).toBe('model_failed');
  });

  it('never answers: given up after the adapter’s own time, and another may do better', async () => {
    const error = await faultOf(model({ url: silentUrl, timeoutMs: 150 }).complete(request('hello')));
    expect([error.code, passing(error)]).toEqual(['timed_out', true]);
  });

  it('is given up when the turn ends, and nobody else is to be asked', async () => {
    const controller = new AbortController();
    const asked = new Promise<void>((resolve) => silent.once('request', () => resolve()));
    const answer = faultOf(model({ url: silentUrl }).complete(request('hello', { signal: controller.signal })));
    await asked;
    controller.abort();
    const error = await answer;
    expect([error.code, passing(error)]).toEqual(['timed_out', false]);
  });

  it('takes a conversation whose messages do not alternate, or say nothing', async () => {
    mock.on({ predicate: () => true }, { content: 'Yes.' });
    const reply = await model().complete(
      request([
        { role: 'user', text: 'one' },
        { role: 'user', text: 'two' },
        { role: 'assistant', text: '', toolCalls: [] },
        { role: 'user', text: 'three' },
      ]),
    );
    expect(reply.text).toBe('Yes.');
  });
});

/** In each protocol's own words: aimock takes them all and uses its protocol's. */
const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 3,
  total_tokens: 15,
  input_tokens: 12,
  output_tokens: 3,
  inputTokens: 12,
  outputTokens: 3,
};
