import { X509Certificate } from 'node:crypto';
import { AppError } from '../kernel/app-error.ts';
import { createSecret, type Secret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { AgentCredentials, CredentialsDocument } from '../trust/credentials.ts';
import { deriveHmacSecret, type KeyringEntry } from '../trust/keyring.ts';
import { type CertificateAuthority, type IssuedCertificate, issueCertificate } from './issue.ts';

// An agent's certificate and its credentials document: how long they last, when they are due, and how they are put together.

export const DAY_MS = 24 * 3600 * 1000;
export const CERTIFICATE_DAYS = 30;
/** Ten days before its end: rotation may fail for more than a week before anybody is refused. */
export const RENEW_BEFORE_DAYS = 10;
/** For clocks that disagree a little. */
const BACKDATED_MS = 300_000;

export interface CertificateMaker {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly random: Random;
}

export function daysLeft(notAfterMs: number, nowMs: number): number {
  return (notAfterMs - nowMs) / DAY_MS;
}

/** When a certificate that is issued now ends: never later than its authority. */
export function endOfCertificate(authorityEndMs: number, nowMs: number, days = CERTIFICATE_DAYS): number {
  return Math.min(nowMs + days * DAY_MS, authorityEndMs);
}

/** A client certificate for the identity. */
export async function issueAgentCertificate(
  maker: CertificateMaker,
  identity: string,
  { subject = 'CN=Sallyport agent', days = CERTIFICATE_DAYS } = {},
): Promise<IssuedCertificate> {
  const nowMs = maker.clock.nowMs();
  const authorityEndMs = new X509Certificate(maker.authority.certificate).validToDate.getTime();
  const endMs = endOfCertificate(authorityEndMs, nowMs, days);
  if (daysLeft(endMs, nowMs) <= 0) {
    throw new AppError('misconfigured', 'The certificate authority’s own certificate has ended: take a new one over.');
  }
  return issueCertificate(maker.authority, {
    kind: 'client',
    subject,
    names: [{ type: 'url', value: identity }],
    validity: { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(endMs) },
    random: maker.random.bytes(16),
  });
}

/** Whether a certificate was signed by this authority's key. */
export function isIssuedBy(certificate: string, authority: string): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey);
}

export interface DocumentParts {
  readonly certificate: IssuedCertificate;
  readonly key: KeyringEntry;
  readonly hmacMaster: Secret<Uint8Array>;
  /** PEM of a private authority of the MCP API's server certificate. */
  readonly serverCa?: string | undefined;
}

/** The same parts make the same document: a secret is derived, not drawn. */
export function composeDocument({ certificate, key, hmacMaster, serverCa }: DocumentParts): CredentialsDocument {
  const secret = deriveHmacSecret(hmacMaster.reveal(), key.identity, key.epoch);
  return {
    v: 1,
    certificate: certificate.certificate,
    private_key: certificate.privateKey,
    key_id: key.key_id,
    secret: Buffer.from(secret).toString('base64url'),
    ...(serverCa === undefined ? {} : { server_ca: serverCa }),
  };
}

export function documentText(document: CredentialsDocument): Secret {
  return createSecret(JSON.stringify(document));
}

/** Whether the document's HMAC secret is the one that verifiers derive for that key. */
export function holdsKey(credentials: AgentCredentials, key: KeyringEntry, hmacMaster: Secret<Uint8Array>): boolean {
  const secret = Buffer.from(deriveHmacSecret(hmacMaster.reveal(), key.identity, key.epoch)).toString('base64url');
  return credentials.keyId === key.key_id && credentials.document.secret === secret;
}
