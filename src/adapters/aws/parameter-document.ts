import type { SSMClient } from '@aws-sdk/client-ssm';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import { createSecret } from '../../kernel/secret.ts';
import type { CredentialsStore } from '../../ports/credentials-store.ts';
import { AWS_SETUP_ERRORS, type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';

// The agent's credentials document as one SecureString in Parameter Store. Every write is a new version of the same parameter, whole or not at
// all; the last hundred stay readable as `<name>:<version>`. Terraform owns the parameter, and never its value.

export interface ParameterDocumentOptions extends AwsClientOptions {
  readonly name: string;
  /** The KMS key (id, ARN or alias) it is encrypted under. A put without one would silently move it to the account's default key. */
  readonly keyId: string;
  /** In place of one made from `region` and `endpoint`. */
  readonly client?: SSMClient;
}

/** What Terraform puts into a parameter that nobody has set yet. */
const NEVER_SET = 'unset';
/** A standard parameter's limit. A document with two certificates has about 2,300. */
const MAX_BYTES = 4096;
const SETUP_ERRORS: ReadonlySet<string> = new Set([
  'HierarchyTypeMismatchException',
  'InvalidKeyId',
  'ParameterMaxVersionLimitExceeded',
  'ValidationException',
]);

function documentFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = awsErrorName(cause);
  if (AWS_SETUP_ERRORS.has(name) || SETUP_ERRORS.has(name)) {
    const what = `Parameter Store refuses the credentials document (${name}): check our role, its rights and the key.`;
    return new AppError('misconfigured', what, { cause });
  }
  return new AppError('unavailable', 'Parameter Store cannot be reached right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}

export function createParameterDocument(options: ParameterDocumentOptions): CredentialsStore {
  const { name, keyId } = options;
  const load = lazily(async () => {
    const sdk = await import('./ssm-document-client.ts');
    return { sdk, client: options.client ?? new sdk.SSMClient(awsClientConfig(options)) };
  });
  return {
    async read() {
      try {
        const { sdk, client } = await load();
        const answer = await client.send(new sdk.GetParameterCommand({ Name: name, WithDecryption: true }));
        const value = answer.Parameter?.Value;
        return value === undefined || value === NEVER_SET ? undefined : createSecret(value);
      } catch (cause) {
        if (awsErrorName(cause) === 'ParameterNotFound') return undefined;
        throw documentFault(cause);
      }
    },
    async write(document) {
      const Value = document.reveal();
      if (Buffer.byteLength(Value) > MAX_BYTES) {
        throw new AppError(
          'misconfigured',
          `The credentials document is longer than a parameter’s ${MAX_BYTES} bytes.`,
        );
      }
      try {
        const { sdk, client } = await load();
        const put = new sdk.PutParameterCommand({
          Name: name,
          Value,
          Type: 'SecureString',
          KeyId: keyId,
          Overwrite: true,
        });
        const answer = await client.send(put);
        return String(answer.Version ?? 'unknown');
      } catch (cause) {
        throw documentFault(cause);
      }
    },
  };
}
