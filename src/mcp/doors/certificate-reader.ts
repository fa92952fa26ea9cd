import { accept, type Result } from '../../kernel/result.ts';
import {
  type CertificateShapeReason,
  type ClientCertificate,
  parseClientCertificate,
} from '../../trust/client-certificate.ts';
import { createBoundedCache } from '../bounded-cache.ts';

// Parsing a certificate costs ten times what all other checks of the door cost. The parsed form depends on the PEM text
// alone, so it is kept; time, identity and revocation are checked again on every request.

export interface CertificateReader {
  read(pem: string): Result<ClientCertificate, CertificateShapeReason>;
}

/** As many agents as one process is likely to serve; about 4 kB each. */
const MAX_CERTIFICATES = 256;

export function createCertificateReader(): CertificateReader {
  const parsed = createBoundedCache<ClientCertificate>(MAX_CERTIFICATES);
  return {
    read: (pem) => {
      const known = parsed.get(pem);
      if (known !== undefined) return accept(known);
      const certificate = parseClientCertificate(pem);
      if (certificate.ok) parsed.set(pem, certificate.value);
      return certificate;
    },
  };
}
