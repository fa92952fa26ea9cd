import { describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { joinChunks } from '../../../../src/adapters/models/openai-stream.ts';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

const piece = (index: number, id: string, args: string): Chunk =>
  ({
    choices: [{ index: 0, delta: { tool_calls: [{ index, id, function: { name: id, arguments: args } }] } }],
  }) as Chunk;

interface Part {
  readonly index?: number;
  readonly id: string;
  readonly name?: string;
  readonly args: string;
}

const call = ({ name = 'freebusy', args, ...rest }: Part): Chunk =>
  ({
    choices: [{ index: 0, delta: { tool_calls: [{ ...rest, function: { name, arguments: args } }] } }],
  }) as Chunk;

const end = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] } as unknown as Chunk;

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

  it.each<[string, readonly Chunk[]]>([
    ['the same index', [call({ index: 0, id: 'a', args: '{"n":1}' }), call({ index: 0, id: 'b', args: '{"n":2}' })]],
    ['no index', [call({ id: 'a', args: '{"n":1}' }), call({ id: 'b', args: '{"n":2}' })]],
    [
      'the same index, in parts that bring the id and the name again',
      [
        ...['{"n":', '1}'].map((args) => call({ index: 0, id: 'a', args })),
        ...['{"n":', '2}'].map((args) => call({ index: 0, id: 'b', args })),
      ],
    ],
  ])('holds two calls that come with %s', async (_how, pieces) => {
    async function* chunks() {
      yield* pieces;
      yield end;
    }
    const joined = await joinChunks(chunks(), () => undefined);
    expect(joined).toMatchObject({
      choices: [
        {
          message: {
            tool_calls: [
              { id: 'a', function: { name: 'freebusy', arguments: '{"n":1}' } },
              { id: 'b', function: { name: 'freebusy', arguments: '{"n":2}' } },
            ],
          },
        },
      ],
    });
  });

  it('is one call where every piece brings an id of its own', async () => {
    async function* chunks() {
      yield call({ index: 0, id: 'a', args: '{"n":' });
      yield call({ index: 0, id: 'b', name: '', args: '1}' });
      yield end;
    }
    const joined = (await joinChunks(chunks(), () => undefined)) as { choices: { message: object }[] };
    expect(joined.choices[0]?.message).toMatchObject({
      tool_calls: [{ id: 'a', function: { name: 'freebusy', arguments: '{"n":1}' } }],
    });
  });

  it('is none when the connection broke before it was over', async () => {
    async function* chunks() {
      yield { choices: [{ index: 0, delta: { content: 'Half of' }, finish_reason: null }] } as Chunk;
    }
    expect(await joinChunks(chunks(), () => undefined)).toMatchObject({ choices: [] });
  });
});
