import { createHash } from 'node:crypto';
import type { Random } from '../ports/random.ts';

// Secrets that travel through a browser (session, state, challenge, proof) are 32 random bytes. The store knows them by their
// hash only, so whoever reads the store can present none of them.

export const SECRET_PATTERN = /^[A-Za-z0-9_-]{43}$/;

export function createSecretText(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url');
}

/** SHA-256, base64url. A fast hash is enough for 256 random bits. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('base64url');
}

/** PKCE's S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}
