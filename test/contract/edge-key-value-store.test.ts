import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createEdgeKeyValueStore } from '../../scripts/aws/parts/key-value-store.ts';
import { deriveKey, signSigV4a, stringToSign } from '../../scripts/aws/parts/sigv4a.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { installPeer } from '../support/peers.ts';

// Our few requests to CloudFront's key value stores beside those of the AWS SDK's own client: the same to the byte, and its signatures fit
// our key and our text. No emulator checks a signature of this kind.

const ARN = 'arn:aws:cloudfront::123456789012:key-value-store/33333333-3333-3333-3333-333333333333';
const VALUE = 'k3Vn0c1tQpX8sJbW5yRzLhAeUfGmDoTi-_9Y2N7P4aB';
const nowMs = Date.UTC(2026, 10, 21, 7, 0, 0);
const people = [
  { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'another/Secret+Access=Key', sessionToken: 'a-session-token' },
] as const;

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface SdkRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Sdk {
  readonly CloudFrontKeyValueStoreClient: new (
    options: Record<string, unknown>,
  ) => { send(command: unknown): Promise<unknown> };
  readonly DescribeKeyValueStoreCommand: new (input: unknown) => unknown;
  readonly GetKeyCommand: new (input: unknown) => unknown;
  readonly PutKeyCommand: new (input: unknown) => unknown;
}

let sdk: Sdk;
beforeAll(async () => {
  await installPeer('@aws-sdk/client-cloudfront-keyvaluestore', 'key-value-store');
  const requirePeer = createRequire(new URL('../peers/key-value-store/package.json', import.meta.url));
  requirePeer('@aws-sdk/signature-v4a');
  sdk = requirePeer('@aws-sdk/client-cloudfront-keyvaluestore') as Sdk;
}, 120_000);

/** What the SDK's client would send: its last step puts the request down instead. */
async function captureSdk(credentials: (typeof people)[number], command: unknown): Promise<Sent> {
  const sent: SdkRequest[] = [];
  const requestHandler = {
    handle: async (request: SdkRequest) => {
      sent.push(request);
      throw Object.assign(new Error('put down'), { $retryable: undefined });
    },
  };
  const client = new sdk.CloudFrontKeyValueStoreClient({
    region: 'us-east-1',
    credentials,
    requestHandler,
    maxAttempts: 1,
  });
  await client.send(command).catch(() => undefined);
  const [request] = sent;
  if (request === undefined) throw new Error('the SDK sent nothing');
  const { method, hostname, path, headers, body = '' } = request;
  return {
    method,
    url: `https://${hostname}${path}`,
    headers,
    body: typeof body === 'string' ? body : new TextDecoder().decode(body),
  };
}

async function captureOurs(
  credentials: (typeof people)[number],
  act: (store: ReturnType<typeof createEdgeKeyValueStore>) => Promise<unknown>,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const store = createEdgeKeyValueStore({
    arn: ARN,
    credentials,
    nowMs: () => nowMs,
    fetch: async (url, { method = '', headers, body } = {}) => {
      sent.push({ method, url: String(url), headers: headers as Sent['headers'], body: String(body ?? '') });
      return new Response(JSON.stringify({ Value: VALUE }), { headers: { etag: 'E1' } });
    },
  });
  await act(store);
  return sent;
}

const authorizationOf = ({ headers }: Sent): string => headers['authorization'] ?? headers['Authorization'] ?? '';
const meaning = ({ method, url, body, headers }: Sent) => ({
  method,
  url,
  body,
  'if-match': headers['if-match'],
  'content-type': headers['content-type'],
  'x-amz-region-set': headers['x-amz-region-set'] ?? headers['X-Amz-Region-Set'],
});

describe.each(people)('the edge’s key value store, asked by $accessKeyId', (credentials) => {
  it('is read, described and written as the SDK does it', async () => {
    const get = await captureSdk(credentials, new sdk.GetKeyCommand({ KvsARN: ARN, Key: 'origin-secret' }));
    const describeStore = await captureSdk(credentials, new sdk.DescribeKeyValueStoreCommand({ KvsARN: ARN }));
    const input = { KvsARN: ARN, Key: 'origin-secret', Value: VALUE, IfMatch: 'E1' };
    const put = await captureSdk(credentials, new sdk.PutKeyCommand(input));
    const ours = await captureOurs(credentials, async (store) => {
      await expect(store.get('origin-secret')).resolves.toBe(VALUE);
      await store.put('origin-secret', createSecret(VALUE));
    });
    expect(ours.map(meaning)).toEqual([get, describeStore, put].map(meaning));
  });

  it('gets signatures that the SDK’s fit into: the same key, the same text', async () => {
    const input = { KvsARN: ARN, Key: 'origin-secret', Value: VALUE, IfMatch: 'E1' };
    for (const command of [new sdk.GetKeyCommand(input), new sdk.PutKeyCommand(input)]) {
      const sent = await captureSdk(credentials, command);
      const [, scope, names = '', signature = ''] =
        /Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/.exec(authorizationOf(sent)) ?? [];
      const lower = Object.fromEntries(
        Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const headers = Object.fromEntries(names.split(';').map((name) => [name, lower[name] ?? '']));
      const request = { method: sent.method, url: new URL(sent.url), headers, body: sent.body };
      const text = stringToSign(request, lower['x-amz-date'] ?? '', 'cloudfront-keyvaluestore');
      const key = createPublicKey(deriveKey(credentials));
      expect(scope).toMatch(new RegExp(`^${credentials.accessKeyId}/\\d{8}/cloudfront-keyvaluestore/aws4_request$`));
      expect(verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'hex'))).toBe(true);
      expect(verify('sha256', Buffer.from(`${text}x`), key, Buffer.from(signature, 'hex'))).toBe(false);
    }
  });

  it('is sent a signature over everything that matters', () => {
    const request = { method: 'PUT', url: new URL('https://example.com/a'), headers: { 'if-match': 'E1' }, body: '{}' };
    const headers = signSigV4a(request, 'cloudfront-keyvaluestore', { credentials, nowMs });
    const names = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]?.split(';');
    const token = 'sessionToken' in credentials ? ['x-amz-security-token'] : [];
    expect(names).toEqual(['host', 'if-match', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-region-set', ...token]);
    expect(headers['x-amz-date']).toBe('20261121T070000Z');
  });
});

describe('the edge’s key value store', () => {
  const [credentials] = people;
  const answering = (response: Response) =>
    createEdgeKeyValueStore({ arn: ARN, credentials, nowMs: () => nowMs, fetch: async () => response });

  it('has no value where nobody has put one', async () => {
    await expect(answering(new Response('', { status: 404 })).get('origin-secret')).resolves.toBeUndefined();
  });

  it('says what it was refused for, and never what it was to hold', async () => {
    const refusal = { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException:http://internal' } };
    const fault = await answering(new Response(VALUE, refusal)).put('origin-secret', createSecret(VALUE)).catch(String);
    expect(fault).toContain('403 (AccessDeniedException)');
    expect(fault).not.toContain(VALUE);
  });
});
