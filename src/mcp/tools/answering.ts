import { AppError, type ErrorCode } from '../../kernel/app-error.ts';
import type { JsonObject, Preparation, Tool, ToolContext, ToolResult } from './tool.ts';

// What a tool may well run into is its answer, with a stable code; anything else is a fault and goes on to the edge.

const EXPECTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_request',
  'forbidden',
  'not_found',
  'gone',
  'conflict',
  'rate_limited',
  'reconnect_required',
  'upstream_failed',
  'timed_out',
]);

function reconnectLink(error: AppError): string {
  const link = error.details?.['url'];
  return typeof link === 'string' && !error.message.includes(link) ? ` ${link}` : '';
}

export function failure(error: AppError): ToolResult {
  const wait = error.retryAfterSeconds === undefined ? '' : ` Wait ${error.retryAfterSeconds} s.`;
  return { isError: true, code: error.code, text: `${error.message}${reconnectLink(error)}${wait}` };
}

export function answering(run: Tool['run']): Tool['run'] {
  return async (args, context) => {
    try {
      return await run(args, context);
    } catch (error) {
      if (error instanceof AppError && EXPECTED.has(error.code)) return failure(error);
      throw error;
    }
  };
}

/** The same for what is looked at before a person is asked. */
export function preparing(
  summarize: (args: JsonObject, context: ToolContext) => Promise<string>,
): (args: JsonObject, context: ToolContext) => Promise<Preparation> {
  return async (args, context) => {
    try {
      return { summary: await summarize(args, context) };
    } catch (error) {
      if (error instanceof AppError && EXPECTED.has(error.code)) return { refusal: failure(error) };
      throw error;
    }
  };
}
