import { describe, expect, it } from '@jest/globals';
import { describeAwsCall } from '../support/aws-call.ts';
import { findRoute } from '../support/deployed-apis.ts';

// What the cycle's records and edges are made of: calls are told as policies speak of them, and without what they carry; routes are found as API Gateway finds them.

const CANARY = 'CANARY-value-of-a-secret';
const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const json = (service: string, target: string, body: object) =>
  describeAwsCall({
    method: 'POST',
    url: '/',
    headers: { ...signed(service), 'x-amz-target': target },
    body: JSON.stringify(body),
  });

describe('a recorded call', () => {
  it('names parameter and key, and holds no value', () => {
    const call = json('ssm', 'AmazonSSM.PutParameter', { Name: '/a/b', Value: CANARY, KeyId: 'alias/k' });
    expect(call).toEqual({ service: 'ssm', action: 'PutParameter', request: { Name: '/a/b', KeyId: 'alias/k' } });
  });

  it('names the encryption context, and holds no ciphertext', () => {
    const EncryptionContext = { environment: 'dev' };
    const call = json('kms', 'TrentService.Decrypt', { KeyId: 'k', CiphertextBlob: CANARY, EncryptionContext });
    expect(call).toEqual({ service: 'kms', action: 'Decrypt', request: { KeyId: 'k', EncryptionContext } });
  });

  it('names a table and the partitions that are touched, and holds no attribute', () => {
    const Item = { p: { S: 'nonce:a' }, s: { S: 'x' }, v: { S: CANARY } };
    const call = json('dynamodb', 'DynamoDB_20120810.PutItem', { TableName: 't', Item });
    expect(call.request).toEqual({ TableName: 't', LeadingKeys: ['nonce:a'] });
  });

  it('tells an object by its bucket, key and version', () => {
    const url = '/bucket/a%20folder/file.pem?versionId=7&x-id=GetObject';
    expect(describeAwsCall({ method: 'GET', url, headers: signed('s3'), body: '' })).toEqual({
      service: 's3',
      action: 'GetObject',
      request: { Bucket: 'bucket', Key: 'a folder/file.pem', VersionId: '7' },
    });
  });

  it('tells the action of the query protocol', () => {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const call = describeAwsCall({ method: 'POST', url: '/', headers: signed('sts'), body });
    expect(call).toEqual({ service: 'sts', action: 'GetCallerIdentity', request: {} });
  });
});

describe('a route', () => {
  const keys = ['ANY /turns/{id}', 'GET /turns/all', 'ANY /turns/{id}/continue', 'POST /turns/{id}'];

  it('is the most specific that fits method and path', () => {
    expect(findRoute(keys, 'GET', '/turns/all')).toBe('GET /turns/all');
    expect(findRoute(keys, 'POST', '/turns/1')).toBe('POST /turns/{id}');
    expect(findRoute(keys, 'GET', '/turns/1')).toBe('ANY /turns/{id}');
  });

  it('is none for a path that nobody serves', () => {
    expect(findRoute(keys, 'GET', '/turns')).toBeUndefined();
    expect(findRoute(keys, 'GET', '/turns/1/continue/2')).toBeUndefined();
  });
});
