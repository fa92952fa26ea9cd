import { Sha256 } from '@aws-crypto/sha256-js';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { AppError } from '../../kernel/app-error.ts';

// Signs a request with AWS Signature Version 4, as this process's own role
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html): for servers behind a Function URL or an API that let
// AWS check who calls. Nothing is signed for an address whose service and region are not known.

export interface SigV4Place {
  /** As AWS names it in signatures: `lambda` for Function URLs, `execute-api` for API Gateway. */
  readonly service?: string;
  readonly region?: string;
  /** The SDK's own way (environment, profile, role) when left out. */
  readonly credentials?: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  /** Lower-case names. All of them are signed but those that a connection may change. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const FUNCTION_URL = /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn)$/;
const HTTP_API = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** What an address of AWS's own says of itself. */
function told(url: URL): { readonly service?: string; readonly region?: string } {
  const lambda = FUNCTION_URL.exec(url.hostname)?.[1];
  if (lambda !== undefined) return { service: 'lambda', region: lambda };
  const api = HTTP_API.exec(url.hostname)?.[1];
  return api === undefined ? {} : { service: 'execute-api', region: api };
}

/** Answers all the headers to send, or rejects with AppError `misconfigured`. */
export function createRequestSigner(
  place: SigV4Place,
): (request: RequestToSign) => Promise<Readonly<Record<string, string>>> {
  const credentials = place.credentials ?? defaultProvider();
  return async ({ method, url: text, headers, body }) => {
    const url = new URL(text);
    const { service, region } = { ...place, ...told(url) };
    if (service === undefined || region === undefined) {
      throw new AppError(
        'misconfigured',
        `Nothing is signed for ${url.host}: its AWS service and region are not given.`,
      );
    }
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
    try {
      const signed = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && { port: Number(url.port) }),
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        body,
      });
      return signed.headers;
    } catch (cause) {
      if (!(cause instanceof Error && cause.name === 'CredentialsProviderError')) throw cause;
      throw new AppError('misconfigured', 'No AWS credentials were found to sign with.', { cause });
    }
  };
}
