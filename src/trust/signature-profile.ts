// The profile of RFC 9421 that agent and MCP API share: what a signature covers and which parameters it carries.
// Signer (`sign-request.ts`) and verifier (`signature-verification.ts`) both read it here, so that they cannot drift apart.

export const SIGNATURE_TAG = 'sallyport';
export const SIGNATURE_ALGORITHM = 'hmac-sha256';

/** A signature is believed this long before and after `created`. */
export const SIGNATURE_WINDOW_SECONDS = 60;
/** Longer than twice the window, so that a nonce outlives every moment at which its request could still be believed. */
export const NONCE_TTL_SECONDS = 150;
export const NONCE_BYTES = 16;

/** Covered by every signature. */
export const alwaysCovered = ['@method', '@authority', '@path', '@query', 'content-digest', 'authorization'] as const;

/** Covered exactly when the body is not empty: API Gateway adds a Content-Type to empty requests. */
export const coveredWithBody = 'content-type';

/** Covered exactly when present. */
export const coveredWhenPresent = ['mcp-protocol-version', 'mcp-method', 'mcp-name'] as const;

/** The value of `@query` when there is none (RFC 9421 §2.2.7). This door has none, ever. */
export const EMPTY_QUERY = '?';

/** `@authority` in its normal form (RFC 9421 §2.2.3): lower case, without the default port of https. */
export function normalizeAuthority(authority: string): string {
  const lower = authority.toLowerCase();
  return lower.endsWith(':443') ? lower.slice(0, -':443'.length) : lower;
}
