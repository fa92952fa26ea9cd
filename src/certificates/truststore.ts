import { createPublicKey, X509Certificate } from 'node:crypto';
import { AppError } from '../kernel/app-error.ts';
import type { CertificateSigner } from '../ports/certificate-signer.ts';
import { normalizeIssuer } from '../trust/client-certificate.ts';

// The truststore: the authorities whose client certificates a door lets in, as PEM texts one after another, the newest first. While one
// authority takes over from another both are in it, so that no certificate is refused on the way. It holds nothing secret.

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

export interface Authority {
  readonly certificate: string;
  /** As revocation lists and the doors spell it. */
  readonly name: string;
  readonly notAfterMs: number;
}

/** What an authority's certificate says. Throws AppError `invalid_request` on anything but one certificate of an authority. */
export function readAuthority(pem: string): Authority {
  const blocks = pem.match(BLOCK) ?? [];
  const [certificate] = blocks;
  if (certificate === undefined || blocks.length !== 1) {
    throw new AppError('invalid_request', 'This is not one certificate in PEM.');
  }
  const parsed = new X509Certificate(certificate);
  if (!parsed.ca) throw new AppError('invalid_request', 'A truststore holds certificates of authorities only.');
  return {
    certificate: `${certificate}\n`,
    name: normalizeIssuer(parsed.subject),
    notAfterMs: parsed.validToDate.getTime(),
  };
}

/** Throws AppError `invalid_request` when anything in it is no authority. */
export function readTruststore(pem: string): readonly Authority[] {
  return (pem.match(BLOCK) ?? []).map(readAuthority);
}

const join = (authorities: readonly Authority[]): string => authorities.map(({ certificate }) => certificate).join('');

const same = (left: Authority, right: Authority): boolean =>
  new X509Certificate(left.certificate).fingerprint256 === new X509Certificate(right.certificate).fingerprint256;

/** The truststore with one more authority in front. One that is in it already stays where it is. */
export function addToTruststore(truststore: string, certificate: string): string {
  const known = readTruststore(truststore);
  const added = readAuthority(certificate);
  return join(known.some((one) => same(one, added)) ? known : [added, ...known]);
}

/** The truststore without one authority. Throws AppError `conflict` when none would be left: that would shut everybody out. */
export function removeFromTruststore(truststore: string, certificate: string): string {
  const removed = readAuthority(certificate);
  const left = readTruststore(truststore).filter((one) => !same(one, removed));
  if (left.length === 0) {
    throw new AppError('conflict', 'The last authority stays in the truststore: without it nobody gets in.');
  }
  return join(left);
}

/** The certificate in it that belongs to the signer's key and ends last, if there is one. */
export async function findAuthority(truststore: string, signer: CertificateSigner): Promise<Authority | undefined> {
  const spki = Buffer.from(await signer.publicKey());
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return readTruststore(truststore)
    .filter(({ certificate }) => new X509Certificate(certificate).publicKey.equals(key))
    .sort((left, right) => right.notAfterMs - left.notAfterMs)
    .at(0);
}
