import type { Secret } from '../../../src/kernel/secret.ts';
import { type AwsCredentials, signSigV4a } from './sigv4a.ts';

// One key of a CloudFront key value store, read and written by its own API (2022-07-26).
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_kvs_PutKey.html

const SERVICE = 'cloudfront-keyvaluestore';
const LIMIT_MS = 30_000;

export interface KeyValueStoreOptions {
  readonly arn: string;
  readonly credentials: AwsCredentials;
  /** In place of AWS's own, which has the account in its name. */
  readonly endpoint?: string | undefined;
  readonly nowMs: () => number;
  readonly fetch?: typeof fetch;
}

export interface EdgeKeyValueStore {
  /** Nothing, where the key is not there. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: Secret): Promise<void>;
}

interface Call {
  readonly method: 'GET' | 'PUT';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Where the standard variables send this service, as the SDK reads them. */
export const keyValueStoreEndpoint = (environment: NodeJS.ProcessEnv): string | undefined =>
  environment['AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE'] ?? environment['AWS_ENDPOINT_URL'];

export function createEdgeKeyValueStore(options: KeyValueStoreOptions): EdgeKeyValueStore {
  const account = options.arn.split(':')[4] ?? '';
  const base = options.endpoint ?? `https://${account}.cloudfront-kvs.global.api.aws`;
  const send = options.fetch ?? fetch;

  async function call({ method, path = '', headers = {}, body = '' }: Call): Promise<Response> {
    const url = new URL(`${base}/key-value-stores/${encodeURIComponent(options.arn)}${path}`);
    const request = { method, url, headers, body };
    const { host: _host, ...signed } = signSigV4a(request, SERVICE, {
      credentials: options.credentials,
      nowMs: options.nowMs(),
    });
    return send(url, {
      method,
      headers: signed,
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body === '' ? {} : { body }),
    });
  }

  /** The answer is never told: it may repeat what was sent. */
  function demandOk(response: Response, what: string): void {
    if (response.ok) return;
    const name = response.headers.get('x-amzn-errortype')?.split(':')[0] ?? 'no reason given';
    throw new Error(`CloudFront's key value store refuses ${what}: ${response.status} (${name}).`);
  }

  return {
    async get(key) {
      const response = await call({ method: 'GET', path: `/keys/${encodeURIComponent(key)}` });
      if (response.status === 404) return undefined;
      demandOk(response, 'to be read');
      return ((await response.json()) as { readonly Value?: string }).Value;
    },
    async put(key, value) {
      const described = await call({ method: 'GET' });
      demandOk(described, 'to be described');
      const response = await call({
        method: 'PUT',
        path: `/keys/${encodeURIComponent(key)}`,
        // Somebody else's change since then makes this fail, instead of being lost.
        headers: { 'content-type': 'application/json', 'if-match': described.headers.get('etag') ?? '' },
        body: JSON.stringify({ Value: value.reveal() }),
      });
      demandOk(response, 'to be written');
    },
  };
}
