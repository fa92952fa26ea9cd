import { createSecretKey } from 'node:crypto';
import { type RequestToSign, signRequest } from '../../../src/trust/sign-request.ts';
import {
  checkDigest,
  checkHmac,
  checkWindow,
  parseSignedMessage,
  type SignedMessage,
} from '../../../src/trust/signature-verification.ts';

// One good request and a way to judge any request, in the order in which the door asks.

export const NOW_MS = 1_790_000_000_000;
export const KEY = createSecretKey(Buffer.alloc(32, 7));
export const TARGET = { authority: 'mcp.example.org', path: '/mcp' };

export const good: RequestToSign = {
  method: 'POST',
  authority: TARGET.authority,
  path: TARGET.path,
  headers: {
    authorization: 'Bearer aaa.bbb.ccc',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'freebusy',
  },
  body: Buffer.from('{"jsonrpc":"2.0"}'),
  keyId: 'agent/assistant#1',
  secret: KEY,
  created: NOW_MS / 1000,
  nonce: Buffer.alloc(16, 1),
};

/** The message as it arrives, signed by our own signer. */
export function signed(request: RequestToSign = good): SignedMessage {
  const { method, path, body } = request;
  return { method, path, query: '', body, headers: { ...request.headers, ...signRequest(request) } };
}

/** A copy with some headers changed; `undefined` takes one away. */
export function withHeaders(message: SignedMessage, headers: Record<string, string | undefined>): SignedMessage {
  const kept = Object.entries({ ...message.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...message, headers: Object.fromEntries(kept) };
}

/** `accepted`, or the reason of the first check that refuses. */
export function verdictOn(message: SignedMessage, nowMs = NOW_MS): string {
  const parsed = parseSignedMessage(message, TARGET);
  if (!parsed.ok) return parsed.reason;
  for (const check of [
    () => checkWindow(parsed.value, nowMs),
    () => checkHmac(parsed.value, KEY),
    () => checkDigest(parsed.value, message.body),
  ]) {
    const result = check();
    if (!result.ok) return result.reason;
  }
  return 'accepted';
}
