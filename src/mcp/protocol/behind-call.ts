import type { ProtocolRequest, ToolCall } from './seam.ts';

/** What a call keeps of the request it came in. */
export function behindCall(request: ProtocolRequest): Omit<ToolCall, 'name' | 'arguments' | 'declined'> {
  const { caller, requestId, log, signal, stages, traceparent } = request;
  const told = { ...(stages !== undefined && { stages }), ...(traceparent !== undefined && { traceparent }) };
  return { caller, requestId, log, signal, ...told };
}
