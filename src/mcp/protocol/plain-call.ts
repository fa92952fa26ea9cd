import type { JSONRPCRequest, RequestId } from '@modelcontextprotocol/server';
import { isJsonObject, type JsonObject } from '../../kernel/json-object.ts';
import { SERVER_INFO_META_KEY } from './revisions.ts';
import type { CallOutcome, ServerInfo } from './seam.ts';
import { toolResult } from './tool-result.ts';

// The commonest exchange by far: `tools/call` of 2026-07-28 with nothing but a name, arguments and a `_meta` that is always the same, answered
// with what a tool says. The SDK parses it against eight schemas on its way in and out, half of what a call costs, and to load it is a quarter of a
// cold start. Here it is read and written plainly, under two rules that leave every other word to the SDK:
// - what the SDK thinks of that `_meta` is known (`envelope.ts`);
// - an outcome that is not what a tool says in text and structured content (a missing scope, an approval, a fault) goes to the SDK.
// Tests hold both ways to one answer, byte for byte.

const PARAMS: ReadonlySet<string> = new Set(['_meta', 'name', 'arguments']);

export interface PlainCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** The call, when there is nothing in it that the SDK would read but `_meta`. */
export function readPlainCall({ method, params }: JSONRPCRequest): PlainCall | undefined {
  if (method !== 'tools/call' || params === undefined) return undefined;
  for (const member of Object.keys(params)) if (!PARAMS.has(member)) return undefined;
  const { name, arguments: given = {} } = params;
  return typeof name === 'string' && isJsonObject(given) ? { name, arguments: given } : undefined;
}

export interface PlainAddressee {
  readonly id: RequestId;
  readonly requestId: string;
  readonly serverInfo: ServerInfo;
}

export type PlainOutcome = Extract<CallOutcome, { readonly kind: 'result' }>;

/** Whether an outcome is one that `plainAnswer` can say: what the tool answered in text and structured content, or why it did not. */
export function isPlain(outcome: CallOutcome): outcome is PlainOutcome {
  return outcome.kind === 'result' && outcome.result.content === undefined;
}

/** The body, member by member as the SDK writes it: a `_meta` of the result's own comes first. */
export function plainAnswer({ result, details }: PlainOutcome, to: PlainAddressee): string {
  const { _meta: own, ...said } = toolResult(result, to.requestId, details);
  const _meta = { ...own, [SERVER_INFO_META_KEY]: to.serverInfo };
  const resultType = 'complete';
  const whole = own === undefined ? { ...said, resultType, _meta } : { _meta, ...said, resultType };
  return JSON.stringify({ result: whole, jsonrpc: '2.0', id: to.id });
}
