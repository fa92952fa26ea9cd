import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSigV4Signer, type RequestToSign } from '../../../../src/cli/client/sigv4.ts';

// What a signed request looks like on the way. That AWS's own verification agrees is shown in test/contract/sigv4.test.ts, by botocore.

const URL_OF_A_FUNCTION = 'https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws/chat';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_CONFIG_FILE'];
const MORE = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_REGION'];

const environment = process.env;
let before: Record<string, string | undefined> = {};
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-sigv4-'));
  before = Object.fromEntries([...NAMES, ...MORE].map((name) => [name, environment[name]]));
  for (const name of [...NAMES, ...MORE]) delete environment[name];
  Object.assign(environment, {
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});
afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete environment[name];
    else environment[name] = value;
  }
  rmSync(folder, { recursive: true, force: true });
});

const request = (more: Partial<RequestToSign> = {}): RequestToSign => ({
  method: 'POST',
  url: URL_OF_A_FUNCTION,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"hi"}',
  ...more,
});

const credentialScope = (headers: Readonly<Record<string, string>>): string =>
  /Credential=([^,]+)/.exec(headers['authorization'] ?? '')?.[1] ?? '';
const signedNames = (headers: Readonly<Record<string, string>>): string[] =>
  (/SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1] ?? '').split(';');

describe('a signed request', () => {
  beforeEach(() => void Object.assign(environment, KEYS));

  it('carries the signature for the region and service that the address names', async () => {
    const headers = await createSigV4Signer({})(request());
    expect(headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
    expect(credentialScope(headers)).toMatch(/^AKIDEXAMPLE\/\d{8}\/eu-central-1\/lambda\/aws4_request$/);
    const api = request({ url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/chat' });
    expect(credentialScope(await createSigV4Signer({})(api))).toMatch(/\/us-east-1\/execute-api\/aws4_request$/);
  });

  it('moves the person’s token into its own header, and signs it and the body’s digest', async () => {
    const headers = await createSigV4Signer({})(
      request({ headers: { authorization: 'Bearer sp_a_b', accept: 'text/event-stream' } }),
    );
    expect(headers['x-sallyport-authorization']).toBe('Bearer sp_a_b');
    expect(headers['x-amz-content-sha256']).toBe(createHash('sha256').update('{"message":"hi"}').digest('hex'));
    expect(signedNames(headers)).toEqual(
      expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date', 'x-sallyport-authorization']),
    );
    expect(headers['authorization']).not.toContain('Bearer');
  });

  it('carries no token of a person where there is none', async () => {
    expect(await createSigV4Signer({})(request())).not.toHaveProperty('x-sallyport-authorization');
  });

  it('signs the session token of temporary credentials', async () => {
    environment['AWS_SESSION_TOKEN'] = 'session';
    const headers = await createSigV4Signer({})(request());
    expect(headers['x-amz-security-token']).toBe('session');
    expect(signedNames(headers)).toContain('x-amz-security-token');
  });

  it('is signed as the algorithm says, recomputed here by hand', async () => {
    const headers = await createSigV4Signer({})(request());
    const [, date = '', region = '', service = ''] = credentialScope(headers).split('/');
    const names = signedNames(headers);
    const canonical = [
      'POST',
      '/chat',
      '',
      ...names.map((name) => `${name}:${headers[name]}`),
      '',
      names.join(';'),
      headers['x-amz-content-sha256'],
    ].join('\n');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
      hmac,
      `AWS4${KEYS.AWS_SECRET_ACCESS_KEY}`,
    );
    const scope = `${date}/${region}/${service}/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n');
    expect(headers['authorization']).toContain(`Signature=${hmac(key, toSign).toString('hex')}`);
  });

  it('needs a region where the address names none, and takes the one that is given', async () => {
    const own = request({ url: 'https://agent.example.com/chat' });
    await expect(createSigV4Signer({})(own)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('--region'),
    });
    expect(credentialScope(await createSigV4Signer({ region: 'ap-southeast-2' })(own))).toContain(
      '/ap-southeast-2/execute-api/',
    );
  });

  it('is never made for an address without TLS, loopback excepted', async () => {
    const sign = createSigV4Signer({ region: 'eu-central-1' });
    await expect(sign(request({ url: 'http://agent.example.com/chat' }))).rejects.toMatchObject({
      code: 'misconfigured',
    });
    expect(await sign(request({ url: 'http://127.0.0.1:8401/chat' }))).toHaveProperty('authorization');
  });
});

describe('credentials', () => {
  it('come from the profile that is named', async () => {
    writeFileSync(
      join(folder, 'credentials'),
      '[default]\naws_access_key_id=AKIDDEFAULT\naws_secret_access_key=a\n[work]\naws_access_key_id=AKIDWORK\naws_secret_access_key=b\n',
    );
    expect(credentialScope(await createSigV4Signer({ profile: 'work' })(request()))).toMatch(/^AKIDWORK\//);
    expect(credentialScope(await createSigV4Signer({})(request()))).toMatch(/^AKIDDEFAULT\//);
  });

  it('that are not there are said to be missing, with what to do', async () => {
    await expect(createSigV4Signer({})(request())).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('AWS_PROFILE'),
    });
  });
});
