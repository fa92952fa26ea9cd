import type { KMSClient } from '@aws-sdk/client-kms';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import type { EncryptionContext, KeyService } from '../../ports/key-service.ts';
import { AWS_SETUP_ERRORS, type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';

// Data keys from AWS KMS, bound to their encryption context. The SDK (tens of milliseconds) is loaded by the first call, which many requests never make.
// It names the key at decryption too: a wrapped key of any other KMS key, however it came here, does not open.

export interface KmsKeyServiceOptions extends AwsClientOptions {
  /** Key id, ARN or `alias/…`. */
  readonly keyId: string;
  /** In place of one made from `region` and `endpoint`. */
  readonly client?: KMSClient;
}

const FOREIGN_KEY_ERRORS: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'ValidationException',
]);
const KEY_SETUP_ERRORS: ReadonlySet<string> = new Set([
  'DisabledException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
]);

function kmsFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = awsErrorName(cause);
  if (AWS_SETUP_ERRORS.has(name) || KEY_SETUP_ERRORS.has(name)) {
    return new AppError(
      'misconfigured',
      `KMS refuses the vault’s key (${name}): check the key, its policy and our role.`,
      {
        cause,
      },
    );
  }
  return new AppError('unavailable', 'The key service cannot be reached right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}

export function createKmsKeyService(options: KmsKeyServiceOptions): KeyService {
  const { keyId } = options;
  const load = lazily(async () => {
    const sdk = await import('./kms-client.ts');
    return { sdk, client: options.client ?? new sdk.KMSClient(awsClientConfig(options)) };
  });
  return {
    async generateDataKey(context: EncryptionContext) {
      try {
        const { sdk, client } = await load();
        const answer = await client.send(
          new sdk.GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: { ...context } }),
        );
        if (answer.Plaintext?.length !== 32 || answer.CiphertextBlob === undefined) {
          throw new AppError('unavailable', 'The key service gave no usable key.');
        }
        return { plaintext: answer.Plaintext, wrapped: answer.CiphertextBlob };
      } catch (cause) {
        throw kmsFault(cause);
      }
    },
    async openDataKey(wrapped, context) {
      // KMS takes 1 to 6144 bytes; anything else was never one of its keys, and would be refused as a malformed request.
      if (wrapped.length === 0 || wrapped.length > 6_144)
        throw new AppError('forbidden', 'This data key does not belong here.');
      try {
        const { sdk, client } = await load();
        const answer = await client.send(
          new sdk.DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: { ...context } }),
        );
        if (answer.Plaintext?.length !== 32) throw new AppError('forbidden', 'This is no data key.');
        return answer.Plaintext;
      } catch (cause) {
        if (FOREIGN_KEY_ERRORS.has(awsErrorName(cause))) {
          throw new AppError('forbidden', 'This data key does not belong here.', { cause });
        }
        throw kmsFault(cause);
      }
    },
  };
}
