import {
  classifyInboundRequest,
  type InboundClassificationOutcome,
  type JSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { createRemembered } from './plain-call.ts';
import { MODERN_VERSION } from './sdk-server.ts';
import type { StandardHeaders } from './standard-headers.ts';

// Which era a message belongs to, and whether it may go on: the SDK's classifier decides. It parses the message against five schemas, which
// costs a third of a call, and a client sends the same `_meta` (its name, its capabilities) with each one. So a `_meta` that
// the classifier has found valid is remembered, word for word, and a request which is plain in every other respect goes by.

export interface Routed {
  readonly outcome: InboundClassificationOutcome;
  /** The text of `_meta` in a request of 2026-07-28 that is plain otherwise. */
  readonly meta: string | undefined;
}

export type Route = (message: unknown, headers: StandardHeaders) => Routed;

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const MODERN = { era: 'modern', revision: MODERN_VERSION } as const;

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function classify(message: unknown, headers: StandardHeaders): InboundClassificationOutcome {
  return classifyInboundRequest({
    httpMethod: 'POST',
    body: message,
    ...(headers.version !== undefined && { protocolVersionHeader: headers.version }),
    ...(headers.method !== undefined && { mcpMethodHeader: headers.method }),
    ...(headers.name !== undefined && { mcpNameHeader: headers.name }),
  });
}

/** The text of `_meta` in a request of 2026-07-28 that has nothing unusual about it but perhaps that very `_meta`. */
function plainMeta(message: unknown, headers: StandardHeaders): string | undefined {
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return undefined;
  const { id, method, params } = message;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined;
  if (typeof method !== 'string' || headers.method !== method || headers.version !== MODERN_VERSION) return undefined;
  if (!isObject(params) || !isObject(params['_meta'])) return undefined;
  for (const member of Object.keys(message)) if (!MEMBERS.has(member)) return undefined;
  if (params['_meta'][PROTOCOL_VERSION_META_KEY] !== MODERN_VERSION) return undefined;
  return JSON.stringify(params['_meta']);
}

export function createRoute(): Route {
  const valid = createRemembered();
  return (message, headers) => {
    const meta = plainMeta(message, headers);
    if (meta !== undefined && valid.has(meta)) {
      const request = message as JSONRPCRequest;
      return { meta, outcome: { kind: 'modern', messageKind: 'request', message: request, classification: MODERN } };
    }
    const outcome = classify(message, headers);
    if (meta !== undefined && outcome.kind === 'modern') valid.add(meta);
    return { meta, outcome };
  };
}
