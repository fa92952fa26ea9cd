import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { accept, type Result, refuse } from '../kernel/result.ts';
import { parseSpiffeId, type SpiffeId } from './spiffe-id.ts';

// Reads the client certificate that the TLS layer accepted. That layer has checked the chain; everything else that makes a
// certificate ours is checked here: whose it is, what it may be used for, when. The parsed form holds no clock and no
// configuration, so that a caller may keep it by its PEM text.

export interface ClientCertificate {
  readonly spiffeId: SpiffeId;
  /** Upper-case hex without leading zeros. */
  readonly serial: string;
  /** The issuer's name, one attribute a line joined by `, `. */
  readonly issuer: string;
  /** SHA-256 of the DER form, base64url: `x5t#S256` (RFC 7515 §4.1.8). */
  readonly thumbprint: string;
  /** Unix milliseconds, both ends included (RFC 5280 §4.1.2.5). */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
}

export type CertificateShapeReason =
  | 'certificate_malformed'
  | 'certificate_identity'
  | 'certificate_usage'
  | 'certificate_key'
  | 'certificate_is_authority';

export type CertificateReason =
  | 'certificate_trust_domain'
  | 'certificate_environment'
  | 'certificate_not_yet_valid'
  | 'certificate_expired';

export interface CertificateExpectation {
  readonly trustDomain: string;
  readonly environment: string;
  readonly nowMs: number;
}

/** id-kp-clientAuth (RFC 5280 §4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const MAX_PEM_LENGTH = 16_384;

/** `0ab:0C` and `ab0c` both become `AB0C`: serial numbers are compared as numbers. */
export function normalizeSerial(serial: string): string {
  return serial
    .replaceAll(':', '')
    .toUpperCase()
    .replace(/^0+(?=.)/, '');
}

/** Node prints one attribute a line; lists may hold either spelling. */
export function normalizeIssuer(issuer: string): string {
  return issuer.trim().replaceAll('\n', ', ');
}

function readCertificate(pem: string): X509Certificate | undefined {
  // Node would quietly take the first of several: exactly one is meant.
  if (pem.length > MAX_PEM_LENGTH || pem.split('-----BEGIN ').length !== 2) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** The one URI among the subject alternative names. Node quotes names that hold anything unusual: those are refused. */
function readSpiffeId(certificate: X509Certificate): SpiffeId | undefined {
  const names = certificate.subjectAltName;
  if (names === undefined || names.includes('"')) return undefined;
  const uris = names.split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  return uri === undefined || uris.length !== 1 ? undefined : parseSpiffeId(uri.slice('URI:'.length));
}

/** Takes PEM or nothing else; a header is never a source. */
export function parseClientCertificate(pem: string): Result<ClientCertificate, CertificateShapeReason> {
  const certificate = readCertificate(pem);
  if (certificate === undefined) return refuse('certificate_malformed');
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== 'ec' || publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    return refuse('certificate_key');
  }
  if (certificate.ca) return refuse('certificate_is_authority');
  // Absent means "any use" to a TLS stack, and is refused here.
  if (!(certificate.keyUsage ?? []).includes(CLIENT_AUTH)) return refuse('certificate_usage');
  const spiffeId = readSpiffeId(certificate);
  if (spiffeId === undefined) return refuse('certificate_identity');
  return accept({
    spiffeId,
    serial: normalizeSerial(certificate.serialNumber),
    issuer: normalizeIssuer(certificate.issuer),
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    publicKey,
  });
}

export function checkCertificate(
  certificate: ClientCertificate,
  expected: CertificateExpectation,
): Result<void, CertificateReason> {
  if (certificate.spiffeId.trustDomain !== expected.trustDomain) return refuse('certificate_trust_domain');
  if (certificate.spiffeId.environment !== expected.environment) return refuse('certificate_environment');
  if (expected.nowMs < certificate.notBeforeMs) return refuse('certificate_not_yet_valid');
  // notAfter names a second that still belongs to the validity.
  if (expected.nowMs >= certificate.notAfterMs + 1000) return refuse('certificate_expired');
  return accept(undefined);
}
