import { getEventListeners } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { EventApp } from '../../../../src/adapters/http/api-gateway.ts';
import { createStreamHandler, type StreamingRuntime } from '../../../../src/adapters/http/lambda-stream.ts';

/** Lambda's runtime as far as a handler sees it. The real one runs the real zip in test/bundle. */
const runtime: StreamingRuntime = {
  streamifyResponse: (handler) => (event, context) => handler(event, (event as { stream: Writable }).stream, context),
  HttpResponseStream: { from: (stream) => stream },
};
const context = { getRemainingTimeInMillis: () => 30_000 };

/** Takes a byte at a time, so that every piece has to wait. */
function narrowStream(): { readonly stream: Writable; readonly taken: string[]; waiting: number } {
  const taken: string[] = [];
  const seen = { stream: undefined as unknown as Writable, taken, waiting: 0 };
  seen.stream = new Writable({
    highWaterMark: 1,
    write(piece, _encoding, done) {
      taken.push(String(piece));
      seen.waiting = Math.max(seen.waiting, getEventListeners(seen.stream, 'close').length);
      setImmediate(done);
    },
  });
  // A stream that was closed says so to whoever still writes to it.
  seen.stream.on('error', () => undefined);
  return seen;
}

function answering(chunks: () => AsyncIterable<Uint8Array>): EventApp {
  return async () => ({ status: 200, headers: {}, body: '', chunks: chunks() });
}

describe('an answer in pieces behind a Function URL', () => {
  it('waits for a slow reader with each piece, and leaves nothing behind on the stream', async () => {
    const seen = narrowStream();
    const pieces = Array.from({ length: 50 }, (_, index) => String(index));
    async function* chunks() {
      for (const piece of pieces) yield Buffer.from(piece);
    }
    await createStreamHandler(runtime, answering(chunks))({ stream: seen.stream }, context);
    expect(seen.taken).toEqual(pieces);
    expect(seen.waiting).toBeLessThanOrEqual(2);
    expect(getEventListeners(seen.stream, 'drain')).toEqual([]);
  });

  it('goes on to the end when the stream was closed long before the next piece', async () => {
    const { stream } = narrowStream();
    let ended = false;
    async function* chunks() {
      yield Buffer.from('first');
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.destroy();
      await closed;
      yield Buffer.from('second');
      yield Buffer.from('third');
      ended = true;
    }
    await createStreamHandler(runtime, answering(chunks))({ stream }, context);
    expect(ended).toBe(true);
  });
});
