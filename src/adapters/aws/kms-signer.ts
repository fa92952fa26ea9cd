import { createHash } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import type { CertificateSigner } from '../../ports/certificate-signer.ts';
import { AWS_SETUP_ERRORS, type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';

// A certificate authority whose private key is a KMS key (ECC_NIST_P256, SIGN_VERIFY) and never leaves it. KMS gets the SHA-256 of what is
// signed (`DIGEST`), so it learns nothing of a certificate's contents; CloudTrail has a line for every Sign, and an alarm watches them.

export interface KmsSignerOptions extends AwsClientOptions {
  /** Key id, ARN or `alias/…`. */
  readonly keyId: string;
  /** In place of one made from `region` and `endpoint`. */
  readonly client?: KMSClient;
}

const SETUP_ERRORS: ReadonlySet<string> = new Set([
  'DisabledException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnsupportedOperationException',
  'ValidationException',
]);
const HALF = 32;

function signerFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = awsErrorName(cause);
  if (AWS_SETUP_ERRORS.has(name) || SETUP_ERRORS.has(name)) {
    const what = `KMS refuses the certificate authority’s key (${name}): check the key, its policy and our role.`;
    return new AppError('misconfigured', what, { cause });
  }
  return new AppError('unavailable', 'KMS cannot be reached right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}

/** One INTEGER of an ECDSA-Sig-Value, without the zero that keeps it positive, as 32 bytes. */
function readHalf(der: Uint8Array, at: number): { readonly half: Uint8Array; readonly end: number } {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  let start = at + 2;
  while (start < end - 1 && der[start] === 0) start += 1;
  const half = new Uint8Array(HALF);
  if (der[at] !== 0x02 || length === 0 || end > der.length || end - start > HALF) {
    throw new AppError('unavailable', 'KMS gave a signature that cannot be read.');
  }
  half.set(der.subarray(start, end), HALF - (end - start));
  return { half, end };
}

/** `SEQUENCE {r INTEGER, s INTEGER}` (RFC 3279 §2.2.3) as `r‖s`. Both halves of P-256 fit one length byte. */
export function toP1363(der: Uint8Array): Uint8Array<ArrayBuffer> {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) {
    throw new AppError('unavailable', 'KMS gave a signature that cannot be read.');
  }
  const r = readHalf(der, 2);
  const s = readHalf(der, r.end);
  if (s.end !== der.length) throw new AppError('unavailable', 'KMS gave a signature that cannot be read.');
  return new Uint8Array([...r.half, ...s.half]);
}

export function createKmsSigner(options: KmsSignerOptions): CertificateSigner {
  const { keyId } = options;
  const load = lazily(async () => {
    const sdk = await import('./kms-signer-client.ts');
    return { sdk, client: options.client ?? new sdk.KMSClient(awsClientConfig(options)) };
  });
  /** Never changes for a key; an alias that is moved takes effect with the next process. */
  const publicKey = lazily(async () => {
    const { sdk, client } = await load();
    const answer = await client.send(new sdk.GetPublicKeyCommand({ KeyId: keyId }));
    if (answer.KeySpec !== 'ECC_NIST_P256' || answer.KeyUsage !== 'SIGN_VERIFY' || answer.PublicKey === undefined) {
      throw new AppError(
        'misconfigured',
        'The certificate authority needs a KMS key of ECC_NIST_P256 for SIGN_VERIFY.',
      );
    }
    // By its ARN from here on: an alias that moves in between must not give a certificate another key’s signature.
    return { spki: new Uint8Array(answer.PublicKey), keyArn: answer.KeyId ?? keyId };
  });
  return {
    async publicKey() {
      try {
        return new Uint8Array((await publicKey()).spki);
      } catch (cause) {
        throw signerFault(cause);
      }
    },
    async sign(data) {
      try {
        const { sdk, client } = await load();
        const { keyArn } = await publicKey();
        const answer = await client.send(
          new sdk.SignCommand({
            KeyId: keyArn,
            Message: createHash('sha256').update(data).digest(),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'ECDSA_SHA_256',
          }),
        );
        if (answer.Signature === undefined) throw new AppError('unavailable', 'KMS gave no signature.');
        return toP1363(answer.Signature);
      } catch (cause) {
        throw signerFault(cause);
      }
    },
  };
}
