import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOpenAiModel } from '../../../../src/adapters/models/openai.ts';
import type { Thoughts } from '../../../../src/adapters/models/openai-thoughts.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { ModelMessage, ModelReply } from '../../../../src/ports/model.ts';

// What Gemini and DeepSeek add to OpenAI's protocol, and want to see again, in one piece and streamed.

const signed = { extra_content: { google: { thought_signature: 'c2lnbmVk' } } };
const call = (id: string, more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 't', arguments: '{}' },
  ...more,
});

let server: Server;
let baseUrl: string;
let message: { readonly tool_calls: readonly object[]; readonly reasoning_content?: string };
let asked: { readonly stream?: boolean; readonly messages: readonly object[] };

beforeAll(async () => {
  server = createServer((request, response) => {
    void readText(request).then((body) => {
      asked = JSON.parse(body);
      if (asked.stream !== true) {
        response.setHeader('content-type', 'application/json');
        return response.end(JSON.stringify({ choices: [{ finish_reason: 'tool_calls', message }] }));
      }
      response.setHeader('content-type', 'text/event-stream');
      const say = (delta: object, finish_reason: string | null = null) =>
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
      const { reasoning_content: thought = '', tool_calls } = message;
      for (const piece of thought) say({ reasoning_content: piece, content: null });
      for (const [index, one] of tool_calls.entries()) say({ tool_calls: [{ index, ...one }] });
      say({}, 'tool_calls');
      return response.end('data: [DONE]\n\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Asking {
  readonly thoughts?: Thoughts;
  readonly model?: string;
  readonly streamed?: boolean;
}

function ask(
  messages: readonly ModelMessage[],
  { thoughts, model = 'm', streamed = false }: Asking,
): Promise<ModelReply> {
  const options = { apiKey: createSecret('sk-test'), baseUrl, model, maxRetries: 0 };
  return createOpenAiModel({ ...options, ...(thoughts !== undefined && { thoughts }) }).complete({
    instructions: 'Be brief.',
    messages,
    tools: [],
    context: { nowMs: 0, timeZone: 'UTC' },
    maxOutputTokens: 100,
    signal: new AbortController().signal,
    ...(streamed && { onText: () => undefined }),
  });
}

const HI: ModelMessage = { role: 'user', text: 'Hi' };
const replay = ({
  text,
  toolCalls,
  reasoning,
}: Pick<ModelReply, 'text' | 'toolCalls' | 'reasoning'>): ModelMessage[] => [
  HI,
  { role: 'assistant', text, toolCalls, ...(reasoning !== undefined && { reasoning }) },
  ...toolCalls.map(({ id, name }): ModelMessage => ({ role: 'tool', callId: id, name, text: 'done', isError: false })),
];

describe.each([false, true])('a model that wants its thoughts back (streamed: %s)', (streamed) => {
  it('is given Gemini’s signature beside the call that had it', async () => {
    message = { tool_calls: [call('a', signed), call('b')] };
    const by = { thoughts: 'signatures', model: 'gemini-3-flash', streamed } as const;
    await ask(replay(await ask([HI], by)), by);
    expect(asked.messages[2]).toMatchObject({ tool_calls: [call('a', signed), call('b')] });
  });

  it('is given DeepSeek’s reasoning', async () => {
    message = { tool_calls: [call('a')], reasoning_content: 'Hm, so.' };
    const by = { thoughts: 'reasoning', streamed } as const;
    await ask(replay(await ask([HI], by)), by);
    expect(asked.messages[2]).toMatchObject({ reasoning_content: 'Hm, so.', tool_calls: [call('a')] });
  });
});

describe('thoughts that are gone, or another’s', () => {
  const unsigned = replay({
    text: '',
    toolCalls: [
      { id: 'a', name: 't', arguments: {} },
      { id: 'b', name: 't', arguments: {} },
    ],
  });

  it.each(['gemini-3-flash', 'gemini-3.1-pro-preview', 'gemini-12-pro', 'gemini-flash-latest'])(
    'are named so to %s, once for a step',
    async (model) => {
      await ask(unsigned, { thoughts: 'signatures', model });
      const skip = { extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } };
      expect(asked.messages[2]).toMatchObject({ tool_calls: [call('a', skip), call('b')] });
    },
  );

  it.each(['gemini-2.5-flash', 'gemini-1.5-pro'])('are not missed by %s', async (model) => {
    await ask(unsigned, { thoughts: 'signatures', model });
    expect(JSON.stringify(asked)).not.toContain('extra_content');
  });

  it('are a blank to DeepSeek, which refuses an empty text and a missing one', async () => {
    await ask([...unsigned, { role: 'assistant', text: 'Done.', toolCalls: [] }, HI], { thoughts: 'reasoning' });
    expect(asked.messages.filter((one) => 'reasoning_content' in one)).toMatchObject([
      { reasoning_content: ' ' },
      { content: 'Done.', reasoning_content: ' ' },
    ]);
  });

  it('are those that would fill a turn’s record', async () => {
    message = { tool_calls: [call('a')], reasoning_content: 'x'.repeat(4_001) };
    expect((await ask([HI], { thoughts: 'reasoning' })).reasoning).toBeUndefined();
  });

  it('are neither asked for nor sent where nobody wants them', async () => {
    message = { tool_calls: [call('a', signed)], reasoning_content: 'Hm.' };
    const reply = await ask([HI], {});
    expect(JSON.stringify(reply)).not.toMatch(/Hm|c2lnbmVk/);
    await ask(
      replay({ ...reply, reasoning: 'Hm.', toolCalls: [{ id: 'a', name: 't', arguments: {}, signature: 's' }] }),
      {},
    );
    expect(JSON.stringify(asked)).not.toMatch(/Hm|extra_content|reasoning_content/);
  });
});
