import { type JSONRPCRequest, type RequestId, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import { createBoundedCache } from '../bounded-cache.ts';
import type { JsonObject, ToolResult } from '../tools/tool.ts';
import type { CallOutcome, ServerInfo } from './seam.ts';

// The commonest exchange by far: `tools/call` of 2026-07-28 with nothing but a name, arguments and a `_meta` that is always the same, answered
// with a result. The SDK parses it against eight schemas on its way in and out, half of what a call costs. Here it is
// read and written plainly, under two rules that leave every other word to the SDK:
// - the SDK has itself served a call with that very `_meta`, so what it thinks of it is known;
// - an outcome that is more than a result (an error, an approval, a missing scope) goes to the SDK to be said.
// Tests hold both ways to one answer, byte for byte.

/** Clients differ in a few ways only; what varies with each call (trace ids, progress tokens) must not push them out. */
const MAX_REMEMBERED = 64;
const MAX_META_CHARACTERS = 1024;

const PARAMS: ReadonlySet<string> = new Set(['_meta', 'name', 'arguments']);

export interface Remembered {
  has(meta: string): boolean;
  add(meta: string): void;
}

export function createRemembered(): Remembered {
  const known = createBoundedCache<true>(MAX_REMEMBERED);
  return {
    has: (meta) => known.get(meta) === true,
    add: (meta) => {
      if (meta.length <= MAX_META_CHARACTERS) known.set(meta, true);
    },
  };
}

export interface PlainCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** The call, when there is nothing in it that the SDK would read but `_meta`. */
export function readPlainCall({ method, params }: JSONRPCRequest): PlainCall | undefined {
  if (method !== 'tools/call' || params === undefined) return undefined;
  for (const member of Object.keys(params)) if (!PARAMS.has(member)) return undefined;
  const { name, arguments: given = {} } = params;
  if (typeof name !== 'string' || given === null || typeof given !== 'object' || Array.isArray(given)) return undefined;
  return { name, arguments: given as JsonObject };
}

/** Whether an outcome is a result of text and structured content, which `plainAnswer` can say. */
export function isPlain(
  outcome: CallOutcome,
): outcome is CallOutcome & { readonly kind: 'result'; readonly result: ToolResult } {
  return outcome.kind === 'result' && outcome.result.isError !== true && outcome.result.content === undefined;
}

/** The body, member by member as the SDK writes it. */
export function plainAnswer({ text, structuredContent }: ToolResult, id: RequestId, serverInfo: ServerInfo): string {
  const result = {
    content: [{ type: 'text', text }],
    structuredContent,
    resultType: 'complete',
    _meta: { [SERVER_INFO_META_KEY]: serverInfo },
  };
  return JSON.stringify({ result, jsonrpc: '2.0', id });
}
