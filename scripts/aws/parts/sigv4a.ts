import { createECDH, createHash, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';

// Signature Version 4A: what CloudFront's key value stores demand, and none of the SDK's packages that we have can make. The key is an
// EC key derived from the secret access key; the signature holds for a set of regions, here for all (`*`).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// A test holds it to the SDK's own, which is a peer there: an optional feature's one request is not worth two more dependencies here.

const ALGORITHM = 'AWS4-ECDSA-P256-SHA256';
/** Order of P-256 (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names; all of them are signed, and `host` with them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** NIST SP 800-108 in counter mode, until a number comes out that is a key. */
export function deriveKey({ accessKeyId, secretAccessKey }: AwsCredentials): KeyObject {
  for (let counter = 1; counter < 255; counter += 1) {
    const context = Buffer.concat([Buffer.from(accessKeyId), Buffer.from([counter])]);
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(ALGORITHM),
      Buffer.from([0]),
      context,
      Buffer.from([0, 0, 1, 0]),
    ]);
    const candidate = BigInt(`0x${createHmac('sha256', `AWS4A${secretAccessKey}`).update(input).digest('hex')}`);
    if (candidate > ORDER - 2n) continue;
    const scalar = Buffer.from((candidate + 1n).toString(16).padStart(64, '0'), 'hex');
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(scalar);
    const point = pair.getPublicKey();
    // Behind the byte that says "uncompressed" come both coordinates.
    const x = point.subarray(1, 33).toString('base64url');
    const y = point.subarray(33).toString('base64url');
    return createPrivateKey({
      format: 'jwk',
      key: { kty: 'EC', crv: 'P-256', d: scalar.toString('base64url'), x, y },
    });
  }
  throw new Error('These credentials give no key.');
}

/** What is signed. The path is encoded once more than it travels, as for every service but S3. */
export function stringToSign(request: UnsignedRequest, longDate: string, service: string): string {
  const names = Object.keys(request.headers).sort();
  const path = request.url.pathname.split('/').map(encodeURIComponent).join('/');
  const canonical = [
    request.method,
    path,
    request.url.searchParams.toString(),
    ...names.map((name) => `${name}:${request.headers[name]?.trim()}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  return [ALGORITHM, longDate, `${longDate.slice(0, 8)}/${service}/aws4_request`, sha256(canonical)].join('\n');
}

/** The headers to send: those given, and the proof. */
export function signSigV4a(
  request: UnsignedRequest,
  service: string,
  { credentials, nowMs }: { readonly credentials: AwsCredentials; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const longDate = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-content-sha256': sha256(request.body),
    'x-amz-date': longDate,
    'x-amz-region-set': '*',
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const text = stringToSign({ ...request, headers }, longDate, service);
  const signature = sign('sha256', Buffer.from(text), deriveKey(credentials)).toString('hex');
  const scope = `${credentials.accessKeyId}/${longDate.slice(0, 8)}/${service}/aws4_request`;
  const names = Object.keys(headers).sort().join(';');
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
