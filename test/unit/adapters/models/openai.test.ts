import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createOpenAiModel, type OpenAiModelOptions } from '../../../../src/adapters/models/openai.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { ModelMessage, ModelRequest } from '../../../../src/ports/model.ts';
import { type AiMock, startAiMock } from '../../../support/aimock.ts';

// The adapter against aimock, which answers as OpenAI does and keeps what it was sent.

const KEY = 'sk-canary-5b1f';
const tools = [
  {
    name: 'createevent',
    description: 'Books an event.',
    inputSchema: {
      type: 'object',
      properties: {
        summary: { type: 'string', minLength: 1 },
        attendees: { type: 'array', items: { type: 'string' } },
        sendUpdates: { type: 'string', enum: ['all', 'none'] },
      },
      required: ['summary'],
      additionalProperties: false,
    },
  },
  {
    name: 'lookup',
    description: 'Takes anything.',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: true,
    },
  },
];

let mock: AiMock;

beforeAll(async () => {
  mock = await startAiMock();
}, 600_000);
afterAll(() => mock.stop());
beforeEach(() => {
  mock.reset();
});

function create(options: Partial<OpenAiModelOptions> = {}) {
  return createOpenAiModel({
    apiKey: createSecret(KEY),
    baseUrl: `${mock.url}/v1`,
    model: 'gpt-test',
    maxRetries: 0,
    ...options,
  });
}

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

describe('the OpenAI adapter', () => {
  it('sends instructions, messages and tools, and reads text and usage', async () => {
    mock.onMessage('hello', { content: 'Hi!', usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 } });
    expect(await create().complete(request('hello'))).toEqual({
      text: 'Hi!',
      toolCalls: [],
      usage: { inputTokens: 12, outputTokens: 3 },
      stop: 'end',
    });
    const [sent] = mock.getRequests();
    expect(sent?.path).toBe('/v1/chat/completions');
    expect(sent?.headers['authorization']).toMatch(/^Bearer |redacted/i);
    expect(sent?.body).toMatchObject({
      model: 'gpt-test',
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hello' },
      ],
    });
    expect(sent?.body.tools?.map((tool) => [tool.function.name, tool.function.strict])).toEqual([
      ['createevent', undefined],
      ['lookup', undefined],
    ]);
    expect(sent?.body.tools?.[1]?.function.parameters).toEqual({ type: 'object', additionalProperties: true });
  });

  it.each([
    ['gpt-5-mini', 'max_completion_tokens'],
    ['o4-mini', 'max_completion_tokens'],
    ['gpt-4o', 'max_tokens'],
    ['openai/gpt-5', 'max_tokens'],
    ['llama3', 'max_tokens'],
  ] as const)('limits the answer of %s, behind any address, by %s', async (model, name) => {
    mock.onMessage('hello', { content: 'Hi!' });
    await create({ model }).complete(request('hello'));
    const { max_tokens, max_completion_tokens } = mock.getRequests()[0]?.body ?? {};
    expect({ max_tokens, max_completion_tokens }).toEqual({
      max_tokens: undefined,
      max_completion_tokens: undefined,
      [name]: 500,
    });
  });

  it('carries calls and their results over several turns', async () => {
    mock.on(
      { userMessage: 'book lunch', hasToolResult: false },
      {
        toolCalls: [
          { id: 'call_a', name: 'createevent', arguments: '{"summary":"Lunch"}' },
          { id: 'call_b', name: 'lookup', arguments: '{"q":1}' },
        ],
      },
    );
    mock.on({ userMessage: 'book lunch', hasToolResult: true }, { content: 'Booked.' });
    const model = create();
    const first = await model.complete(request('book lunch'));
    expect(first).toMatchObject({
      stop: 'tools',
      toolCalls: [
        { id: 'call_a', name: 'createevent', arguments: { summary: 'Lunch' } },
        { id: 'call_b', name: 'lookup', arguments: { q: 1 } },
      ],
    });
    const second = await model.complete(
      request([
        { role: 'user', text: 'book lunch' },
        { role: 'assistant', text: '', toolCalls: first.toolCalls },
        { role: 'tool', callId: 'call_a', name: 'createevent', text: 'done', isError: false },
        { role: 'tool', callId: 'call_b', name: 'lookup', text: 'found', isError: false },
      ]),
    );
    expect(second).toMatchObject({ text: 'Booked.', stop: 'end' });
    expect(mock.getRequests()[1]?.body.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_a', type: 'function', function: { name: 'createevent', arguments: '{"summary":"Lunch"}' } },
          { id: 'call_b', type: 'function', function: { name: 'lookup', arguments: '{"q":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'done' },
      { role: 'tool', tool_call_id: 'call_b', content: 'found' },
    ]);
  });

  it('uses strict schemas where it is told to, and takes the nulls they bring out again', async () => {
    mock.onMessage('book', {
      toolCalls: [{ name: 'createevent', arguments: '{"summary":"Lunch","attendees":null,"sendUpdates":null}' }],
    });
    const reply = await create({ dialect: 'strict' }).complete(request('book'));
    expect(reply.toolCalls[0]?.arguments).toEqual({ summary: 'Lunch' });
    const [strict, open] = mock.getRequests()[0]?.body.tools ?? [];
    expect(strict?.function).toMatchObject({
      strict: true,
      parameters: {
        required: ['summary', 'attendees', 'sendUpdates'],
        additionalProperties: false,
        properties: {
          summary: { type: 'string' },
          attendees: { type: ['array', 'null'], items: { type: 'string' } },
          sendUpdates: { type: ['string', 'null'], enum: ['all', 'none', null] },
        },
      },
    });
    expect(open?.function.strict).toBeUndefined();
  });

  it.each([
    ['cut in the middle', '{"summary":"Lun'],
    ['no JSON at all', 'book it, please'],
    ['JSON, but no object', '["Lunch"]'],
  ])('hands on arguments that are %s as malformed', async (_name, text) => {
    mock.onMessage('book', { toolCalls: [{ name: 'createevent', arguments: text }] });
    const [call] = (await create().complete(request('book'))).toolCalls;
    expect(call).toMatchObject({ name: 'createevent', arguments: undefined, malformed: text });
  });

  it('says when the answer was cut off, calls and all', async () => {
    mock.onMessage('book', {
      toolCalls: [{ name: 'createevent', arguments: '{"summary":"L' }],
      finishReason: 'length',
    });
    expect((await create().complete(request('book'))).stop).toBe('length');
  });

  it('says when the provider refused', async () => {
    mock.onMessage('bad', { content: '', finishReason: 'content_filter' });
    expect((await create().complete(request('bad'))).stop).toBe('refused');
  });

  it.each([
    [429, 'rate_limited'],
    [401, 'model_failed'],
    [404, 'model_failed'],
    [400, 'model_failed'],
    [500, 'model_failed'],
    [503, 'model_failed'],
  ] as const)('maps %i to %s without repeating what the provider said', async (status, code) => {
    mock.nextRequestError(status, { message: `canary ${KEY}`, type: 'x', code: 'x' });
    const error = await faultOf(create().complete(request('hello')));
    expect(error.code).toBe(code);
    expect(`${error.message} ${String(error.cause)} ${JSON.stringify(error.details)}`).not.toContain('canary');
  });

  it('passes on how long to wait', async () => {
    mock.onMessage('hello', { error: { message: 'slow down' }, status: 429, retryAfter: 17 });
    expect(await faultOf(create().complete(request('hello')))).toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 17,
    });
  });

  it('tries again after a 500, as often as it is told to', async () => {
    mock.onMessage('hello', { content: 'Hi!' });
    mock.nextRequestError(500, { message: 'x' });
    expect((await create({ maxRetries: 1 }).complete(request('hello'))).text).toBe('Hi!');
    expect(mock.getRequests().map((entry) => entry.response.status)).toEqual([500, 200]);
  });

  it('says model_failed when the answer is no JSON', async () => {
    mock.onMessage('hello', { content: 'Hi!' });
    mock.setChaos({ malformedRate: 1 });
    expect((await faultOf(create().complete(request('hello')))).code).toBe('model_failed');
  });

  it('says model_failed when the connection breaks', async () => {
    mock.onMessage('hello', { content: 'Hi!' });
    mock.setChaos({ disconnectRate: 1 });
    expect((await faultOf(create().complete(request('hello')))).code).toBe('model_failed');
  });

  it('uses the name it is given', () => {
    expect(create().name).toBe('openai:gpt-test');
    expect(create({ name: 'ollama:llama' }).name).toBe('ollama:llama');
  });
});

describe('a model that never answers', () => {
  let server: Server;
  let baseUrl: string;
  beforeAll(async () => {
    server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is given up after the adapter’s own time', async () => {
    expect((await faultOf(create({ baseUrl, timeoutMs: 100 }).complete(request('hello')))).code).toBe('timed_out');
  });

  it('is given up as well when it falls silent in the middle of its pieces', async () => {
    server.once('request', (_request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write('data: {"choices":[{"index":0,"delta":{"content":"Half of"},"finish_reason":null}]}\n\n');
    });
    const pieces: string[] = [];
    const onText = (piece: string) => void pieces.push(piece);
    const answer = create({ baseUrl, timeoutMs: 500 }).complete(request('hello', { onText }));
    expect([(await faultOf(answer)).code, pieces]).toEqual(['timed_out', ['Half of']]);
  });

  it('is given up when the request’s signal says so', async () => {
    const controller = new AbortController();
    const asked = new Promise<void>((resolve) => server.once('request', () => resolve()));
    const answer = faultOf(create({ baseUrl }).complete(request('hello', { signal: controller.signal })));
    await asked;
    controller.abort();
    expect((await answer).code).toBe('timed_out');
  });
});

describe('a compatible API that is not so compatible', () => {
  let server: Server;
  let baseUrl: string;
  let answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body: unknown };
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const say = (message: unknown, more: object = {}) => {
    answer = { status: 200, body: { choices: [{ finish_reason: 'stop', message }], ...more } };
  };
  const ask = (options: Partial<OpenAiModelOptions> = {}) => create({ baseUrl, ...options }).complete(request('hello'));

  it.each([
    ['texts', { prompt_tokens: '12', completion_tokens: 'many' }],
    ['nothing', { prompt_tokens: null, completion_tokens: null }],
    ['negative', { prompt_tokens: -5, completion_tokens: -1e300 }],
    ['a text itself', 'none'],
  ])('counts no tokens that are %s', async (_what, usage) => {
    say({ content: 'Hi' }, { usage });
    expect((await ask()).usage).toEqual({ inputTokens: 0, outputTokens: 0 });
  });

  it.each([
    ['text that is a number', { content: 5 }],
    ['text in an object', { content: { text: 'Hi' } }],
    ['calls that are no list', { content: '', tool_calls: 'createevent' }],
    ['a call that is nothing', { content: '', tool_calls: [null] }],
  ])('is not believed with %s', async (_what, message) => {
    say(message);
    expect((await faultOf(ask())).code).toBe('model_failed');
  });

  it.each([
    ['a name that is none', { name: 7, arguments: '{}' }, '', {}],
    [
      'arguments that are an object already',
      { name: 'createevent', arguments: { summary: 'x' } },
      'createevent',
      { summary: 'x' },
    ],
    ['no arguments at all', { name: 'lookup' }, 'lookup', {}],
    ['arguments that are a number', { name: 'createevent', arguments: 5 }, 'createevent', undefined],
    [
      'a name of Object’s',
      { name: '__proto__', arguments: '{"__proto__":{"a":1}}' },
      '__proto__',
      JSON.parse('{"__proto__":{"a":1}}'),
    ],
  ])('has a call with %s taken as it is, for others to refuse', async (_what, call, name, args) => {
    say({ content: null, tool_calls: [{ id: 7, type: 'function', function: call }] });
    const { toolCalls } = await ask();
    expect(toolCalls).toHaveLength(1);
    expect(toolCalls[0]).toMatchObject({ id: expect.any(String), name });
    expect(toolCalls[0]?.arguments).toEqual(args);
  });

  it('does not stretch the time with its Retry-After', async () => {
    answer = { status: 429, headers: { 'retry-after': '30' }, body: { error: { message: 'slow down' } } };
    asked = 0;
    const started = performance.now();
    expect((await faultOf(ask({ timeoutMs: 300, maxRetries: 2 }))).code).toBe('timed_out');
    expect(performance.now() - started).toBeLessThan(3000);
    expect(asked).toBe(1);
  });
});
