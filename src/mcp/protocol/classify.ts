import {
  classifyInboundRequest,
  type InboundClassificationOutcome,
  isInitializeRequest,
  isJsonContentType,
} from '@modelcontextprotocol/server';
import type { StandardHeaders } from './standard-headers.ts';

// What is asked of the SDK about a message before it is served. Imported when there is something to ask.

export { isInitializeRequest as isInitialize, isJsonContentType as isJson };

/** Which era a message belongs to, and whether it may go on, as the SDK's own handler would decide. */
export function classify(message: unknown, headers: StandardHeaders): InboundClassificationOutcome {
  return classifyInboundRequest({
    httpMethod: 'POST',
    body: message,
    ...(headers.version !== undefined && { protocolVersionHeader: headers.version }),
    ...(headers.method !== undefined && { mcpMethodHeader: headers.method }),
    ...(headers.name !== undefined && { mcpNameHeader: headers.name }),
  });
}
