import { Sha256 } from '@aws-crypto/sha256-js';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';

// Which Function URL leads to a function's alias, and whether AWS authenticates its callers (GetFunctionUrlConfig,
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html). AWS gives a URL its name when there is a function, so nothing that the
// function is deployed with can hold it. One request, signed here: the SDK's client of Lambda would be the largest file in the zip.

export interface FunctionUrl {
  /** As AWS gave it. */
  readonly url: string;
  /** As events carry it: `<id>.lambda-url.<region>.on.aws`. */
  readonly domainName: string;
  readonly id: string;
  /** Whether AWS lets only those in who sign. */
  readonly checksSignatures: boolean;
}

export interface FunctionUrlRequest {
  readonly region: string;
  readonly functionName: string;
  readonly alias: string;
  /** An emulator or a VPC endpoint in place of the public one. */
  readonly endpoint?: string | undefined;
  /** The SDK's own way (environment, profile, role) when left out. */
  readonly credentials?: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
}

const TIMEOUT_MS = 3000;
const answer = z.object({
  FunctionUrl: z.url({ protocol: /^https$/ }),
  AuthType: z.enum(['AWS_IAM', 'NONE']),
});

async function ask({
  region,
  functionName,
  alias,
  endpoint,
  credentials = defaultProvider(),
}: FunctionUrlRequest): Promise<unknown> {
  const base = new URL(endpoint ?? `https://lambda.${region}.amazonaws.com`);
  const path = `/2021-10-31/functions/${functionName}/url`;
  const signer = new SignatureV4({ service: 'lambda', region, credentials, sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'GET',
    protocol: base.protocol,
    hostname: base.hostname,
    path,
    query: { Qualifier: alias },
    headers: { host: base.host },
  });
  const url = new URL(`${path}?Qualifier=${encodeURIComponent(alias)}`, base);
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`Lambda answered ${response.status} (${response.headers.get('x-amzn-errortype')})`);
  return JSON.parse(text);
}

/** Rejects with AppError `unavailable`; the cause says what Lambda answered. */
export async function readFunctionUrl(request: FunctionUrlRequest): Promise<FunctionUrl> {
  try {
    const { FunctionUrl: url, AuthType: type } = answer.parse(await ask(request));
    const domainName = new URL(url).host;
    return { url, domainName, id: domainName.split('.')[0] ?? '', checksSignatures: type === 'AWS_IAM' };
  } catch (cause) {
    throw new AppError('unavailable', 'It cannot be found out just now who signed this request. Try again.', { cause });
  }
}
