import type { Writable } from 'node:stream';
import { AppError } from '../../kernel/app-error.ts';
import type { EventApp, InvocationContext } from './api-gateway.ts';

// Answers in pieces behind a Function URL with RESPONSE_STREAM (https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html).
// Lambda's runtime lends a handler that it has wrapped a stream; the head of the answer is put before its first byte.

interface Head {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

export interface StreamingRuntime {
  streamifyResponse(
    handler: (event: unknown, stream: Writable, context: InvocationContext) => Promise<void>,
  ): (event: unknown, context: InvocationContext) => unknown;
  readonly HttpResponseStream: { from(stream: Writable, head: Head): Writable };
}

/** What Lambda's runtime puts into the global scope. Some emulators put something there that cannot stream. */
export function findStreamingRuntime(scope: object): StreamingRuntime {
  const { awslambda } = scope as { readonly awslambda?: Partial<StreamingRuntime> };
  if (typeof awslambda?.streamifyResponse !== 'function' || awslambda.HttpResponseStream === undefined) {
    throw new AppError('misconfigured', 'This entry point runs on Lambda only, in a runtime that streams responses.');
  }
  return awslambda as StreamingRuntime;
}

/** Resolves when the stream takes more, or has closed because nobody reads it any more: a closed one says so only once. */
function drained(stream: Writable): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
  });
}

export function createStreamHandler(runtime: StreamingRuntime, respond: EventApp) {
  return runtime.streamifyResponse(async (event, stream, context) => {
    const { status, headers, cookies, body, chunks } = await respond(event, context);
    const head = { statusCode: status, headers, ...(cookies !== undefined && { cookies }) };
    const answer = runtime.HttpResponseStream.from(stream, head);
    if (chunks === undefined) answer.write(body);
    else for await (const piece of chunks) if (!answer.write(piece)) await drained(answer);
    answer.end();
  });
}
