// What every AWS client here is made with: few tries and short waits, so that a call fails while somebody still waits for its answer.

export interface AwsClientOptions {
  /** The SDK's own way (`AWS_REGION`, profile) when left out. */
  readonly region?: string;
  /** An emulator or a VPC endpoint in place of the public one. */
  readonly endpoint?: string;
}

export function awsClientConfig({ region, endpoint }: AwsClientOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    /** The first try and two more, with the SDK's backoff. */
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  };
}

/** The SDK names its errors after the service's (`AccessDeniedException`, …). */
export function awsErrorName(cause: unknown): string {
  return cause instanceof Error ? cause.name : '';
}

/** Answers that will not change by trying again: somebody must change the configuration. */
export const AWS_SETUP_ERRORS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'UnrecognizedClientException',
]);
