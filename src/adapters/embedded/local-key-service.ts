import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { EncryptionContext, KeyService } from '../../ports/key-service.ts';
import type { Random } from '../../ports/random.ts';

// The key service of one machine: data keys wrapped with AES-256-GCM (NIST SP 800-38D) under one master key. The encryption context is bound
// as additional data, as KMS binds it. It cannot rotate the master key: whoever changes it makes people connect anew.

/** Format of a wrapped key: this byte, 12 bytes of IV, 32 of ciphertext, 16 of tag. */
const FORMAT = 1;
const IV_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 1 + IV_BYTES + KEY_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';

/** One spelling for one context: pairs in the order of their names. */
function additionalData(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs), 'utf8');
}

export function createLocalKeyService(deps: {
  /** Exactly 32 bytes. */
  readonly masterKey: Secret<Uint8Array>;
  readonly random: Random;
}): KeyService {
  const { masterKey, random } = deps;
  if (masterKey.reveal().length !== KEY_BYTES) {
    throw new AppError('misconfigured', 'The vault’s master key must be 32 bytes.');
  }
  return {
    async generateDataKey(context) {
      const plaintext = random.bytes(KEY_BYTES);
      // A random 96-bit IV is good for 2^32 wraps under one key (SP 800-38D §8.3): many more than one machine makes.
      const iv = random.bytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, masterKey.reveal(), iv).setAAD(additionalData(context));
      const wrapped = Buffer.concat([
        Uint8Array.of(FORMAT),
        iv,
        cipher.update(plaintext),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return { plaintext, wrapped };
    },
    async openDataKey(wrapped, context) {
      if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT) throw refused();
      const iv = wrapped.subarray(1, 1 + IV_BYTES);
      const tag = wrapped.subarray(WRAPPED_BYTES - TAG_BYTES);
      const decipher = createDecipheriv(CIPHER, masterKey.reveal(), iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(context)).setAuthTag(tag);
      try {
        return Buffer.concat([
          decipher.update(wrapped.subarray(1 + IV_BYTES, WRAPPED_BYTES - TAG_BYTES)),
          decipher.final(),
        ]);
      } catch {
        throw refused();
      }
    },
  };
}

/** The same for a foreign context, a changed key and another master key: they cannot be told apart. */
function refused(): AppError {
  return new AppError('forbidden', 'This data key does not belong here.');
}
