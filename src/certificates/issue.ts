import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { CertificateSigner } from '../ports/certificate-signer.ts';

// Issues the certificates that the doors ask for. P-256 throughout; the signer is a port, so that the same code works
// with a key in a file and with one that never leaves KMS.

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface IssuedCertificate {
  readonly certificate: string;
  /** PKCS #8 PEM. */
  readonly privateKey: string;
}

export interface CertificateAuthority {
  readonly certificate: string;
  readonly signer: CertificateSigner;
}

/** WebCrypto in which every signature is made by the signer: the library then needs no private key. */
function cryptoOf(signer: CertificateSigner): webcrypto.Crypto {
  const subtle = new Proxy(webcrypto.subtle, {
    get: (target, property) => {
      if (property === 'sign') {
        return async (_algorithm: unknown, _key: unknown, data: Uint8Array) =>
          (await signer.sign(new Uint8Array(data))).buffer;
      }
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { subtle, getRandomValues: webcrypto.getRandomValues.bind(webcrypto) } as unknown as webcrypto.Crypto;
}

async function importPublicKey(signer: CertificateSigner): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', await signer.publicKey(), ALGORITHM, true, [
    'verify',
  ]) as Promise<webcrypto.CryptoKey>;
}

/** Serial numbers are 16 random bytes, positive (RFC 5280 §4.1.2.2). */
function serialNumber(random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** A self-signed authority that may sign end certificates and nothing below it (`pathLen=0`). */
export async function createAuthorityCertificate(
  signer: CertificateSigner,
  request: { readonly name: string; readonly validity: Validity; readonly random: Uint8Array },
): Promise<string> {
  const publicKey = await importPublicKey(signer);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(request.random),
      subject: request.name,
      issuer: request.name,
      ...request.validity,
      publicKey,
      signingKey: publicKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    },
    cryptoOf(signer),
  );
  return certificate.toString('pem');
}

export interface EndCertificateRequest {
  /** A client certificate names an agent by its SPIFFE id; a server certificate names hosts and addresses. */
  readonly kind: 'client' | 'server';
  readonly subject: string;
  readonly names: readonly { readonly type: 'url' | 'dns' | 'ip'; readonly value: string }[];
  readonly validity: Validity;
  readonly random: Uint8Array;
}

/** Makes a fresh key pair and a certificate for it. */
export async function issueCertificate(
  authority: CertificateAuthority,
  request: EndCertificateRequest,
): Promise<IssuedCertificate> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const issuer = new x509.X509Certificate(authority.certificate);
  const usage = request.kind === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const signingKey = await importPublicKey(authority.signer);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(request.random),
      subject: request.subject,
      issuer: issuer.subject,
      ...request.validity,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage], false),
        new x509.SubjectAlternativeNameExtension([...request.names], false),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    cryptoOf(authority.signer),
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: certificate.toString('pem'), privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
