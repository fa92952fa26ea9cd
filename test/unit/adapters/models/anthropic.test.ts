import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { declaredTools } from '../../../../build/tool-hashes.ts';
import { createAnthropicModel } from '../../../../src/adapters/models/anthropic.ts';
import { toClaudeSchema } from '../../../../src/adapters/models/json-schema.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { ModelTool } from '../../../../src/ports/model.ts';

// Tools as Claude's strict mode takes them: what is sent, and what of a schema it cannot say.

const text = { type: 'string' };
const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

describe('the schema of a strict tool', () => {
  it('leaves out what strict mode does not know, and what may be left out stays so', () => {
    const given = object(
      {
        name: { ...text, minLength: 1, maxLength: 9, pattern: '^a', description: 'A name.' },
        count: { type: 'integer', minimum: 1, maximum: 5 },
        when: { ...text, format: 'date-time' },
        where: { ...text, format: 'iri' },
        some: { type: 'array', items: text, minItems: 2, maxItems: 3 },
        one: { type: 'array', items: text, minItems: 1 },
        kind: { ...text, enum: ['a', 'b'] },
      },
      ['name'],
    );
    expect(toClaudeSchema({ ...given, $schema: 'https://json-schema.org/draft/2020-12/schema' })).toEqual({
      schema: object(
        {
          name: { ...text, description: 'A name.' },
          count: { type: 'integer' },
          when: { ...text, format: 'date-time' },
          where: text,
          some: { type: 'array', items: text },
          one: { type: 'array', items: text, minItems: 1 },
          kind: { ...text, enum: ['a', 'b'] },
        },
        ['name'],
      ),
      optional: 6,
      unions: 0,
    });
  });

  it('counts what may be left out and what has several types, within as well', () => {
    const inner = object({ a: text, b: { type: ['string', 'null'] } }, ['a']);
    const given = object({ list: { type: 'array', items: inner }, either: { anyOf: [text, inner] } }, ['list']);
    expect(toClaudeSchema(given)).toMatchObject({ optional: 3, unions: 2 });
  });

  it.each([
    ['an object that may hold anything', { type: 'object', properties: {} }],
    ['one within', object({ a: { type: 'object' } })],
    ['a choice of exactly one', object({ a: { oneOf: [text] } })],
    ['a reference', object({ a: { $ref: '#/$defs/a' } })],
    ['no type', object({ a: {} })],
    ['a list of anything', object({ a: { type: 'array' } })],
  ])('cannot say %s', (_what, schema) => {
    expect(toClaudeSchema(schema)).toBeUndefined();
  });

  it('can say every built-in tool but those that take whatever an API of AWS does, or tags of any name', () => {
    const names = declaredTools()
      .filter(({ declaration }) => toClaudeSchema(declaration.inputSchema) === undefined)
      .map(({ declaration }) => declaration.name);
    expect(names.filter((name) => !name.endsWith('_read_operations'))).toEqual(['tag_resources']);
  });
});

describe('Claude’s tools', () => {
  // The mock of the contract suite keeps OpenAI's form of what it was sent, which knows no strict tool of Claude's.
  let server: Server;
  let url: string;
  let asked: { readonly tools?: readonly { readonly strict?: boolean }[]; readonly messages: readonly object[] };
  beforeAll(async () => {
    server = createServer((request, response) => {
      void readText(request).then((body) => {
        asked = JSON.parse(body);
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            type: 'message',
            role: 'assistant',
            content: [{ type: 'text', text: 'Hello' }],
            stop_reason: 'end_turn',
            usage: { input_tokens: 1, output_tokens: 1 },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const tool = (name: string, optional: number): ModelTool => ({
    name,
    description: name,
    inputSchema: object(Object.fromEntries(Array.from({ length: optional }, (_, index) => [`p${index}`, text])), []),
  });

  async function sent(tools: readonly ModelTool[], strict?: boolean): Promise<readonly (boolean | undefined)[]> {
    const options = { apiKey: createSecret('sk-test'), baseUrl: url, model: 'claude-haiku-4-5', maxRetries: 0 };
    const model = createAnthropicModel({ ...options, ...(strict !== undefined && { strict }) });
    await model.complete({
      instructions: 'Be brief.',
      messages: [{ role: 'user', text: 'Hi' }],
      tools,
      context: { nowMs: 0, timeZone: 'UTC' },
      maxOutputTokens: 100,
      signal: new AbortController().signal,
    });
    return (asked.tools ?? []).map((one) => one.strict);
  }

  it('are strict as far as one request may have them so: tools and what may be left out', async () => {
    expect(await sent([tool('a', 10), tool('b', 10), tool('c', 10), tool('d', 4)], true)).toEqual([
      true,
      true,
      undefined,
      true,
    ]);
    expect(await sent([tool('few', 3), tool('most', 22), tool('two', 2)], true)).toEqual([undefined, true, true]);
    const many = Array.from({ length: 22 }, (_, index) => tool(`t${index}`, 0));
    expect((await sent(many, true)).filter((strict) => strict === true)).toHaveLength(20);
  });

  it.each(['', '\n\n'])('stand alone in a step without words (%j)', async (text) => {
    const model = createAnthropicModel({ apiKey: createSecret('sk-test'), baseUrl: url, model: 'x', maxRetries: 0 });
    await model.complete({
      instructions: 'Be brief.',
      messages: [
        { role: 'user', text: 'Hi' },
        { role: 'assistant', text, toolCalls: [{ id: 'call_1', name: 'a', arguments: {} }] },
        { role: 'tool', callId: 'call_1', name: 'a', text: 'done', isError: false },
      ],
      tools: [tool('a', 0)],
      context: { nowMs: 0, timeZone: 'UTC' },
      maxOutputTokens: 100,
      signal: new AbortController().signal,
    });
    expect(asked.messages[1]).toEqual({
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'call_1', name: 'a', input: {} }],
    });
  });

  it('are plain at anything that only calls itself compatible', async () => {
    expect(await sent([tool('a', 0)])).toEqual([undefined]);
  });
});

describe('an answer in pieces', () => {
  const start = {
    type: 'message',
    id: 'm',
    role: 'assistant',
    model: 'x',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 7, cache_read_input_tokens: 2, output_tokens: 1 },
  };
  type Event = Readonly<Record<string, unknown>> & { readonly type: string };
  const begins: Event = { type: 'message_start', message: start };
  const ends: readonly Event[] = [
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];
  const lookUp: ModelTool = {
    name: 'lookup',
    description: 'Looks up.',
    inputSchema: object({ query: text, limit: { type: 'integer' } }, []),
  };

  /** With a time for it, the connection stays open behind the last event. */
  async function replyTo(events: readonly Event[], timeoutMs?: number) {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
      if (timeoutMs === undefined) response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const pieces: string[] = [];
    const options = { apiKey: createSecret('sk-test'), baseUrl, model: 'x', maxRetries: 0 };
    const model = createAnthropicModel({ ...options, ...(timeoutMs !== undefined && { timeoutMs }) });
    try {
      const reply = await model
        .complete({
          instructions: 'Be brief.',
          messages: [{ role: 'user', text: 'Hi' }],
          tools: [lookUp],
          context: { nowMs: 0, timeZone: 'UTC' },
          maxOutputTokens: 100,
          signal: new AbortController().signal,
          onText: (piece) => pieces.push(piece),
        })
        .catch((error: unknown) => error);
      return { reply, pieces };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  const said = (index: number, pieces: readonly string[]): readonly Event[] => [
    { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
    ...pieces.map((piece) => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: piece } })),
    { type: 'content_block_stop', index },
  ];
  const called = (index: number, pieces: readonly string[], input: unknown = {}): readonly Event[] => [
    { type: 'content_block_start', index, content_block: { type: 'tool_use', id: `t${index}`, name: 'lookup', input } },
    ...pieces.map((piece) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: piece },
    })),
    { type: 'content_block_stop', index },
  ];

  it('is put together: text, calls with their arguments, and what was used', async () => {
    const { reply, pieces } = await replyTo([
      begins,
      { type: 'ping' },
      ...said(0, ['Let me ', 'look.']),
      ...called(1, ['', '{"query": "a', ' b", "limit"', ': 3}']),
      ...called(2, []),
      ...called(3, [], { query: 'given at once' }),
      ...ends,
    ]);
    expect(reply).toEqual({
      text: 'Let me look.',
      toolCalls: [
        { id: 't1', name: 'lookup', arguments: { query: 'a b', limit: 3 } },
        { id: 't2', name: 'lookup', arguments: {} },
        { id: 't3', name: 'lookup', arguments: { query: 'given at once' } },
      ],
      usage: { inputTokens: 9, cachedInputTokens: 2, outputTokens: 5 },
      stop: 'tools',
    });
    expect(pieces).toEqual(['Let me ', 'look.']);
  });

  it.each(['{"q', '{"query":"abc', '{"limit":1', 'not json at all', '{"query":"a"}garbage', '[1]'])(
    'does not guess arguments: %s is handed on as it came',
    async (sent) => {
      const { reply } = await replyTo([begins, ...called(0, [sent.slice(0, 2), sent.slice(2)]), ...ends]);
      expect(reply).toMatchObject({
        toolCalls: [{ id: 't0', name: 'lookup', arguments: undefined, malformed: sent }],
        stop: 'tools',
      });
    },
  );

  it('is none when the connection broke before it was over', async () => {
    const { reply, pieces } = await replyTo([begins, ...said(0, ['Half of']).slice(0, -1)]);
    expect(reply).toMatchObject({ code: 'model_failed' });
    expect(pieces).toEqual(['Half of']);
  });

  it('is none when nothing more comes of it in time', async () => {
    const { reply, pieces } = await replyTo([begins, ...said(0, ['Half of']).slice(0, -1)], 500);
    expect(reply).toMatchObject({ code: 'timed_out' });
    expect(pieces).toEqual(['Half of']);
  });

  it('is none when the provider broke off: another may do better', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'canary' } };
    const { reply } = await replyTo([begins, error]);
    expect(reply).toMatchObject({ code: 'model_failed', cause: { passing: true } });
  });
});
