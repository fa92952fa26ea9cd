import type { InboundClassificationOutcome, JSONRPCRequest } from '@modelcontextprotocol/server';
import { isJsonObject } from '../../kernel/json-object.ts';
import { createEnvelopeReader, createKnownEnvelopes, type Envelope, type ReadEnvelope } from './envelope.ts';
import { MODERN_VERSION } from './revisions.ts';
import type { StandardHeaders } from './standard-headers.ts';

// Which era a message belongs to, and whether it may go on: the SDK's classifier decides. It parses the message against five schemas, which
// costs a third of a call. A request that is plain in every respect, with a `_meta` that is known (`envelope.ts`), goes by it. The SDK is loaded when
// there is something to ask it.

export interface Routed {
  readonly outcome: InboundClassificationOutcome;
  /** Of a request of 2026-07-28 that is plain otherwise. */
  readonly envelope: Envelope | undefined;
}

export type Route = (message: unknown, headers: StandardHeaders) => Promise<Routed>;

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const MODERN = { era: 'modern', revision: MODERN_VERSION } as const;

/** The `_meta` of a request of 2026-07-28 that has nothing unusual about it but perhaps that very `_meta`. */
function plainEnvelope(message: unknown, headers: StandardHeaders, read: ReadEnvelope): Envelope | undefined {
  if (!isJsonObject(message) || message['jsonrpc'] !== '2.0') return undefined;
  const { id, method, params } = message;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined;
  if (typeof method !== 'string' || headers.method !== method || headers.version !== MODERN_VERSION) return undefined;
  if (!isJsonObject(params)) return undefined;
  for (const member of Object.keys(message)) if (!MEMBERS.has(member)) return undefined;
  return read(params['_meta']);
}

export function createRoute(): Route {
  const valid = createKnownEnvelopes();
  const read = createEnvelopeReader();
  return async (message, headers) => {
    const envelope = plainEnvelope(message, headers, read);
    if (envelope !== undefined && valid.has(envelope)) {
      const request = message as JSONRPCRequest;
      return {
        envelope,
        outcome: { kind: 'modern', messageKind: 'request', message: request, classification: MODERN },
      };
    }
    const { classify } = await import('./classify.ts');
    const outcome = classify(message, headers);
    if (envelope !== undefined && outcome.kind === 'modern') valid.add(envelope);
    return { envelope, outcome };
  };
}
