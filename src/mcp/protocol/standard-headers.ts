import { isUtf8 } from 'node:buffer';

// The headers that repeat what the body says, so that a front door can route and meter without reading bodies (revision
// 2026-07-28, Streamable HTTP). They must be there and must agree. The SDK's classifier compares version and method where they are
// present; what it does not export, presence and `Mcp-Name`, is here. The order is the SDK's: the first fault is the one told.

export interface StandardHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
}

/** RFC 9110 §5.5: white space around a value is not part of it. */
function trimmed(value: string | undefined): string | undefined {
  return value?.replace(/^[ \t]+|[ \t]+$/g, '');
}

export function readStandardHeaders(headers: Readonly<Record<string, string | undefined>>): StandardHeaders {
  return {
    version: trimmed(headers['mcp-protocol-version']),
    method: trimmed(headers['mcp-method']),
    name: trimmed(headers['mcp-name']),
  };
}

/** The member of `params` that `Mcp-Name` repeats, by method. */
const NAME_SOURCE: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

const BASE64_VALUE = /^=\?base64\?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\?=$/;

/** A header value in the clear; `undefined` when it claims to be Base64 and is not, or is no UTF-8 inside. */
function decodeValue(value: string): string | undefined {
  if (!(value.startsWith('=?base64?') && value.endsWith('?='))) return value;
  const encoded = BASE64_VALUE.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

export interface HeaderFault {
  readonly header: string;
  readonly body: string;
}

function faultOf(header: string | undefined, body: string): HeaderFault {
  return { header: header ?? '(missing)', body };
}

/** What a request of 2026-07-28 lacks or contradicts, for `data.mismatch`; nothing when its headers are in order. */
export function findHeaderFault(
  headers: StandardHeaders,
  request: { readonly method: string; readonly params?: Readonly<Record<string, unknown>> | undefined },
): HeaderFault | undefined {
  if (headers.version === undefined) return faultOf(undefined, 'the required MCP-Protocol-Version header is absent');
  if (headers.method === undefined) return faultOf(undefined, 'the required Mcp-Method header is absent');
  const source = Object.hasOwn(NAME_SOURCE, request.method) ? NAME_SOURCE[request.method] : undefined;
  if (source === undefined) return undefined;
  const named = request.params?.[source];
  const expected = typeof named === 'string' ? named : undefined;
  if (headers.name === undefined) {
    return expected === undefined ? undefined : faultOf(undefined, 'the required Mcp-Name header is absent');
  }
  const decoded = decodeValue(headers.name);
  if (decoded === undefined) return faultOf(headers.name, 'the Mcp-Name header carries an invalid Base64 value');
  if (expected === undefined || decoded === expected) return undefined;
  return faultOf(headers.name, `params.${source} and the Mcp-Name header differ`);
}
