import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { type ClientCertificate, parseClientCertificate } from './client-certificate.ts';
import { HMAC_SECRET_BYTES } from './keyring.ts';

// What an agent needs at the doors: certificate, private key, HMAC secret and its key id, as one versioned document that is
// replaced as a whole, so that no request is ever made with halves of two generations.

const credentialsDocument = z.object({
  v: z.literal(1),
  /** PEM; may be followed by intermediate certificates. */
  certificate: z.string(),
  /** PEM, P-256. */
  private_key: z.string(),
  key_id: z.string(),
  /** 32 bytes, base64url. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** PEM of the CA that the MCP API's own certificate comes from; absent means the public ones. */
  server_ca: z.string().optional(),
});
export type CredentialsDocument = z.infer<typeof credentialsDocument>;

export interface AgentCredentials {
  /** The document's texts, for the TLS layer. */
  readonly document: CredentialsDocument;
  readonly certificate: ClientCertificate;
  readonly privateKey: KeyObject;
  readonly keyId: string;
  readonly hmacKey: KeyObject;
}

const broken = (what: string, cause?: unknown): AppError =>
  new AppError('misconfigured', `The agent's credentials cannot be used: ${what}.`, { cause });

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw broken('the private key cannot be read', cause);
  }
}

function parseDocument(text: string): CredentialsDocument {
  try {
    return credentialsDocument.parse(JSON.parse(text));
  } catch (cause) {
    // A schema error names members, never values.
    throw broken('the document is not of the known form', cause instanceof z.ZodError ? cause : undefined);
  }
}

/** The first certificate of a chain. */
function leafOf(pem: string): string {
  const end = '-----END CERTIFICATE-----';
  const at = pem.indexOf(end);
  return at === -1 ? pem : pem.slice(0, at + end.length);
}

/** Throws AppError `misconfigured` unless the parts belong together. The text holds secrets: none of it is in the message. */
export function parseCredentials(text: string): AgentCredentials {
  const document = parseDocument(text);
  const certificate = parseClientCertificate(leafOf(document.certificate));
  if (!certificate.ok) throw broken(`the certificate is refused (${certificate.reason})`);
  const privateKey = readPrivateKey(document.private_key);
  if (!createPublicKey(privateKey).equals(certificate.value.publicKey)) {
    throw broken('the private key is not that of the certificate');
  }
  if (!document.key_id.startsWith(`${certificate.value.spiffeId.agent}#`)) {
    throw broken('the key id does not belong to the certificate');
  }
  const secret = Buffer.from(document.secret, 'base64url');
  if (secret.length !== HMAC_SECRET_BYTES) throw broken('the secret has the wrong length');
  return {
    document,
    certificate: certificate.value,
    privateKey,
    keyId: document.key_id,
    hmacKey: createSecretKey(secret),
  };
}
