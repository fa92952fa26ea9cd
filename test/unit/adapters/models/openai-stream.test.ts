import { describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { joinChunks } from '../../../../src/adapters/models/openai-stream.ts';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

const piece = (index: number, id: string, args: string): Chunk =>
  ({
    choices: [{ index: 0, delta: { tool_calls: [{ index, id, function: { name: id, arguments: args } }] } }],
  }) as Chunk;

describe('an answer in pieces', () => {
  it('has its calls in the provider’s order, whatever numbers it gives them', async () => {
    async function* chunks() {
      yield piece(4_000_000_000, 'last', '{"a":');
      yield piece(0, 'first', '{}');
      yield piece(4_000_000_000, '', '1}');
      yield { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] } as unknown as Chunk;
    }
    const startedMs = performance.now();
    const { choices } = (await joinChunks(chunks(), () => undefined)) as {
      choices: { message: { tool_calls: { id: string; function: { arguments: string } }[] } }[];
    };
    expect(choices[0]?.message.tool_calls.map((call) => [call.id, call.function.arguments])).toEqual([
      ['first', '{}'],
      ['last', '{"a":1}'],
    ]);
    // A list with four thousand million places would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('is none when the connection broke before it was over', async () => {
    async function* chunks() {
      yield { choices: [{ index: 0, delta: { content: 'Half of' }, finish_reason: null }] } as Chunk;
    }
    expect(await joinChunks(chunks(), () => undefined)).toMatchObject({ choices: [] });
  });
});
