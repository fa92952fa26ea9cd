import type { TurnEvent } from './turn-events.ts';

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): one for each event of a turn, and a comment now and then,
// so that nobody in between takes the silence for the end.

const HEARTBEAT_MS = 10_000;

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that know it pass each piece on at once.
  'x-accel-buffering': 'no',
} as const;

const encoder = new TextEncoder();

/** JSON has no line feed outside its strings, and writes those inside as `\n`: an event is always one line of data. */
function encode({ type, ...data }: TurnEvent): Uint8Array {
  return encoder.encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Does nothing once the reader has left or the stream has ended. */
  send(event: TurnEvent): void;
  end(): void;
}

/** A reader that leaves ends the stream and nothing else. */
export function createEventStream(): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(heartbeat);
    controller = undefined;
  };
  const body = new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
      heartbeat = setInterval(() => controller?.enqueue(encoder.encode(': still here\n\n')), HEARTBEAT_MS);
      heartbeat.unref();
    },
    cancel: stop,
  });
  return {
    body,
    send: (event) => controller?.enqueue(encode(event)),
    end() {
      controller?.close();
      stop();
    },
  };
}
