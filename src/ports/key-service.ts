/** Binds a data key to its use; a wrapped key opens only under the very same context (KMS encryption context). */
export type EncryptionContext = Readonly<Record<string, string>>;

export interface DataKey {
  /** 32 bytes. */
  readonly plaintext: Uint8Array;
  /** The same key, wrapped. Safe to store beside the ciphertext. */
  readonly wrapped: Uint8Array;
}

/** Envelope encryption: AWS KMS `GenerateDataKey` and `Decrypt`, or a local master key. */
export interface KeyService {
  generateDataKey(context: EncryptionContext): Promise<DataKey>;
  /** Rejects with AppError `forbidden` when the context or the wrapped key is not the one generated, `unavailable` when the service is down. */
  openDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
}
