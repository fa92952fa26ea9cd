/** Holds a certificate authority's private key and signs with it. The key never leaves it (a 0600 file here, a KMS key on AWS). */
export interface CertificateSigner {
  /** SubjectPublicKeyInfo of the P-256 key, DER. */
  publicKey(): Promise<Uint8Array<ArrayBuffer>>;
  /** ECDSA over SHA-256 of `data`; the answer is `r‖s`, 64 bytes (IEEE P1363). */
  sign(data: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}
