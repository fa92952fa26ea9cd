import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { buildSignatureBase, computeDigest, computeHmac } from '../../../src/trust/signature-base.ts';

describe('the signature base', () => {
  it('reproduces the HMAC example of RFC 9421, B.2.5', () => {
    const key = createSecretKey(
      'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
      'base64',
    );
    const base = buildSignatureBase(
      [
        ['"date"', 'Tue, 20 Apr 2021 02:07:55 GMT'],
        ['"@authority"', 'example.com'],
        ['"content-type"', 'application/json'],
      ],
      '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    );
    expect(computeHmac(base, key).toString('base64')).toBe('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=');
  });

  it('reproduces the sha-256 digests of RFC 9530, B.1 and appendix D', () => {
    expect(computeDigest(Buffer.from('{"hello": "world"}')).toString('base64')).toBe(
      'X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=',
    );
    expect(computeDigest(Buffer.from('{"hello": "world"}\n')).toString('base64')).toBe(
      'RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=',
    );
  });
});
