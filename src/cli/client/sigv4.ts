import { AppError } from '../../kernel/app-error.ts';

// Signs a request with AWS Signature Version 4, for a Function URL or an HTTP API that lets AWS check who calls
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). The signature takes the `Authorization` header; a
// person's token then travels in `X-Sallyport-Authorization`, and is signed with the rest. AWS's packages are loaded when the first
// request is signed: nobody else waits for them. A request is signed for HTTPS only, loopback excepted, for it may carry the token.

export interface SigV4Options {
  /** A profile of the AWS configuration files; `AWS_PROFILE`, else the default one, when left out. */
  readonly profile?: string;
  /** Told by the address of a Function URL or an HTTP API; needed behind a domain of one's own. */
  readonly region?: string;
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  /** An `authorization` among them is the person's own and goes into its other header. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** All the headers to send. */
export type SignRequest = (request: RequestToSign) => Promise<Readonly<Record<string, string>>>;

interface Place {
  readonly service: 'lambda' | 'execute-api';
  readonly region: string;
}

const FUNCTION_URL = /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn)$/;
const HTTP_API = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

/** Addresses of AWS's own say what they are; any other one is a Function URL's or an API's behind another name. */
function placeOf(url: URL, region: string | undefined): Place {
  const told = FUNCTION_URL.exec(url.hostname)?.[1];
  if (told !== undefined) return { service: 'lambda', region: told };
  const api = HTTP_API.exec(url.hostname)?.[1];
  if (api !== undefined) return { service: 'execute-api', region: api };
  if (region === undefined || !REGION.test(region)) {
    throw new AppError(
      'misconfigured',
      `The AWS region of ${url.host} is not known. Name it: --region, or AWS_REGION (such as eu-central-1).`,
    );
  }
  return { service: 'execute-api', region };
}

function checkedUrl(text: string): URL {
  const url = new URL(text);
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol === 'https:' || isLoopback) return url;
  throw new AppError('misconfigured', `${url.origin} is not reached over TLS: nothing is signed for it.`);
}

const NO_CREDENTIALS =
  'No AWS credentials were found. Set AWS_PROFILE or --profile, sign in (`aws sso login`), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

async function loadSigners(options: SigV4Options) {
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  // The SDK's own order: environment, profile (SSO, assumed roles, processes), container, instance. It remembers them until they expire.
  const credentials = defaultProvider(options.profile === undefined ? {} : { profile: options.profile });
  return (place: Place) => new SignatureV4({ ...place, credentials, sha256: Sha256 });
}

/** A signer rejects with AppError `misconfigured` where credentials or a region are missing. */
export function createSigV4Signer(options: SigV4Options): SignRequest {
  let signers: ReturnType<typeof loadSigners> | undefined;
  return async ({ method, url: text, headers, body }) => {
    const url = checkedUrl(text);
    const place = placeOf(url, options.region);
    signers ??= loadSigners(options);
    const { authorization, ...others } = headers;
    const signer = (await signers)(place);
    try {
      const signed = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && { port: Number(url.port) }),
        path: url.pathname,
        query: queryOf(url),
        headers: {
          ...others,
          host: url.host,
          ...(authorization !== undefined && { 'x-sallyport-authorization': authorization }),
        },
        ...(body !== undefined && { body }),
      });
      return signed.headers;
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'CredentialsProviderError') {
        throw new AppError('misconfigured', NO_CREDENTIALS, { cause });
      }
      throw cause;
    }
  };
}

/** A repeated name keeps all its values. */
function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}
