import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CertificateSigner } from '../../ports/certificate-signer.ts';

// A certificate authority's key as PKCS #8 PEM text. Whoever keeps the text keeps it in a 0600 file.

export function generateSignerKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function createFileSigner(privateKeyPem: string): CertificateSigner {
  const key: KeyObject = createPrivateKey(privateKeyPem);
  return {
    publicKey: async () => new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' })),
    sign: async (data) => new Uint8Array(sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })),
  };
}
