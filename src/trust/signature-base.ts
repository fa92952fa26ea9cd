import { createHmac, hash, type KeyObject } from 'node:crypto';

// What is signed: the signature base of RFC 9421 §2.5, and HMAC-SHA256 over it (§3.3.3). Generic: it knows no profile,
// so the RFC's own example is a test of it. Which components must be covered is `signature-profile.ts`.

/** A component identifier in its serialised form (`"@method"`, `"date"`) and its value. */
export type SignatureComponent = readonly [identifier: string, value: string];

/** `signatureParams` is the serialised inner list with its parameters, exactly as in `Signature-Input`. */
export function buildSignatureBase(components: readonly SignatureComponent[], signatureParams: string): string {
  let base = '';
  for (const [identifier, value] of components) base += `${identifier}: ${value}\n`;
  return `${base}"@signature-params": ${signatureParams}`;
}

/** RFC 9421 §3.3.3. The base is ASCII: the callers refuse anything else. */
export function computeHmac(base: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(base, 'latin1').digest();
}

/** The SHA-256 of a body, as `Content-Digest` carries it (RFC 9530 §2). */
export function computeDigest(body: Uint8Array): Buffer {
  return hash('sha256', body, 'buffer');
}
