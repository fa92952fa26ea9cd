import { describe, expect, it } from '@jest/globals';
import { createSigner, createVerifier, httpbis } from 'http-message-signatures';
import { signRequest } from '../../../src/trust/sign-request.ts';
import { computeDigest } from '../../../src/trust/signature-base.ts';
import { good, KEY, NOW_MS, signed, verdictOn, withHeaders } from './signature-fixture.ts';

// Our signer and verifier against the npm package `http-message-signatures`, both ways, with and without a body.

const SECRET = KEY.export();
const URL_TEXT = 'https://mcp.example.org/mcp';
const nonce = Buffer.alloc(16, 9).toString('base64url');
const always = ['@method', '@authority', '@path', '@query', 'content-digest', 'authorization'];

interface ForeignRequest {
  readonly method: string;
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  readonly fields: string[];
  readonly params?: string[];
}

async function signElsewhere(request: ForeignRequest) {
  const digest = `sha-256=:${computeDigest(request.body).toString('base64')}:`;
  const { headers } = await httpbis.signMessage(
    {
      key: createSigner(SECRET, 'hmac-sha256', 'agent/assistant#1'),
      name: 'anything',
      fields: request.fields,
      params: request.params ?? ['created', 'nonce', 'keyid', 'alg', 'tag'],
      paramValues: { created: new Date(NOW_MS), expires: new Date(NOW_MS + 30_000), nonce, tag: 'sallyport' },
    },
    { method: request.method, url: URL_TEXT, headers: { ...request.headers, 'content-digest': digest } },
  );
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { method: request.method, path: '/mcp', query: '', body: request.body, headers: Object.fromEntries(lower) };
}

const post: ForeignRequest = {
  method: 'POST',
  body: Buffer.from('{"jsonrpc":"2.0","id":1}'),
  headers: { authorization: 'Bearer a.b.c', 'content-type': 'application/json', 'mcp-method': 'tools/list' },
  fields: [...always, 'content-type', 'mcp-method'],
};

const get: ForeignRequest = {
  method: 'GET',
  body: Buffer.alloc(0),
  headers: { authorization: 'Bearer a.b.c' },
  fields: always,
};

describe('a request signed by http-message-signatures', () => {
  it('is accepted with a body and without one', async () => {
    expect(verdictOn(await signElsewhere(post))).toBe('accepted');
    expect(verdictOn(await signElsewhere(get))).toBe('accepted');
  });

  it('is accepted with components and parameters in any order', async () => {
    const fields = [...post.fields].reverse();
    const params = ['tag', 'alg', 'expires', 'keyid', 'nonce', 'created'];
    expect(verdictOn(await signElsewhere({ ...post, fields, params }))).toBe('accepted');
  });

  it('is refused once anything that it covers has changed', async () => {
    const message = await signElsewhere(post);
    expect(verdictOn({ ...message, body: Buffer.from('{"jsonrpc":"2.0","id":2}') })).toBe('digest_mismatch');
    expect(verdictOn(withHeaders(message, { 'mcp-method': 'tools/call' }))).toBe('hmac_mismatch');
    expect(verdictOn(withHeaders(message, { authorization: 'Bearer a.b.d' }))).toBe('hmac_mismatch');
    expect(verdictOn({ ...message, method: 'PUT' })).toBe('hmac_mismatch');
  });
});

describe('a request that we signed', () => {
  async function verifyElsewhere(headers: Record<string, string>, method: string): Promise<boolean | null> {
    return httpbis.verifyMessage(
      {
        keyLookup: async ({ keyid }) => ({
          ...(keyid === undefined ? {} : { id: keyid }),
          algs: ['hmac-sha256'],
          verify: createVerifier(SECRET, 'hmac-sha256'),
        }),
        requiredFields: always,
        requiredParams: ['created', 'nonce', 'keyid', 'alg', 'tag'],
        notAfter: NOW_MS / 1000,
      },
      { method, url: URL_TEXT, headers },
    );
  }

  it('is accepted by http-message-signatures, with a body and without one', async () => {
    const withBody = signed().headers as Record<string, string>;
    expect(await verifyElsewhere(withBody, 'POST')).toBe(true);
    const request = { ...good, method: 'GET', headers: { authorization: 'Bearer a.b.c' }, body: Buffer.alloc(0) };
    const headers = { authorization: 'Bearer a.b.c', ...signRequest(request) };
    expect(await verifyElsewhere(headers, 'GET')).toBe(true);
    expect(await verifyElsewhere(headers, 'DELETE')).toBe(false);
  });
});
