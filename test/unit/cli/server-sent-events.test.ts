import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readEvents, type ServerSentEvent } from '../../../src/cli/client/server-sent-events.ts';

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((left, right) => left - right)) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
  yield bytes.subarray(from);
}

async function read(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(pieces(new TextEncoder().encode(text), cuts))) events.push(event);
  return events;
}

describe('server-sent events', () => {
  it.each([
    ['an event', 'event: a\ndata: 1\n\n', [{ event: 'a', data: '1' }]],
    ['one without a name', 'data: 1\n\n', [{ event: 'message', data: '1' }]],
    ['several lines of data', 'data: 1\ndata:2\ndata\n\n', [{ event: 'message', data: '1\n2\n' }]],
    ['only one space taken away', 'data:  1\n\n', [{ event: 'message', data: ' 1' }]],
    ['comments and unknown fields', ': hi\nid: 7\nretry: 1\ndata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['an event without data, which is none', 'event: a\n\ndata: 1\n\n', [{ event: 'message', data: '1' }]],
    ['what is cut off at the end, which is dropped', 'data: 1\n\ndata: 2\n', [{ event: 'message', data: '1' }]],
    [
      'other ends of lines',
      'event: a\r\ndata: 1\r\n\r\ndata: 2\r\rdata: 3\n\n',
      [
        { event: 'a', data: '1' },
        { event: 'message', data: '2' },
        { event: 'message', data: '3' },
      ],
    ],
  ])('reads %s', async (_what, text, events) => {
    expect(await read(text)).toEqual(events);
  });

  it('reads the same wherever the bytes are cut, in the middle of characters and line ends too', async () => {
    const text = ': hi\r\n\r\nevent: grüße\r\ndata: 你好 🌍\r\n\r\nevent: b\ndata: {"x":"\\n"}\n\n';
    const whole = await read(text);
    expect(whole).toHaveLength(2);
    const length = new TextEncoder().encode(text).length;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: length }), { maxLength: 12 }), async (cuts) => {
        expect(await read(text, cuts)).toEqual(whole);
      }),
    );
  });

  it('gives up on an event without an end', async () => {
    await expect(read(`data: ${'x'.repeat(4 * 1024 * 1024 + 1)}`)).rejects.toThrow('too long');
  });
});
