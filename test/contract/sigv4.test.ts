import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSigV4Signer, type RequestToSign } from '../../src/cli/client/sigv4.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';

// Our signatures, judged by botocore: AWS's own implementation in another language signs the same request at the same moment.

const SCRIPT = fileURLToPath(new URL('../peers/sign_request.py', import.meta.url));
const FUNCTION = 'https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

const missing = !hasPython('the judgement of our signatures');
(missing ? describe.skip : describe)('a signature of ours', () => {
  let python = '';
  const environment = process.env;
  beforeAll(async () => {
    python = await pythonWith('ministack');
    Object.assign(environment, KEYS, { AWS_EC2_METADATA_DISABLED: 'true' });
  }, PYTHON_INSTALL_MS);
  afterAll(() => {
    for (const name of [...Object.keys(KEYS), 'AWS_SESSION_TOKEN', 'AWS_EC2_METADATA_DISABLED'])
      delete environment[name];
  });

  async function judge(request: RequestToSign, given: Readonly<Record<string, string>>): Promise<string> {
    const { authorization = '', ...headers } = given;
    const [, , region, service] = /Credential=([^,]+)/.exec(authorization)?.[1]?.split('/') ?? [];
    const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    const credentials = {
      access_key: KEYS.AWS_ACCESS_KEY_ID,
      secret_key: KEYS.AWS_SECRET_ACCESS_KEY,
      token: headers['x-amz-security-token'],
    };
    const { method, url, body = '' } = request;
    child.stdin.end(
      JSON.stringify({ method, url, body, headers, region, service, date: headers['x-amz-date'], credentials }),
    );
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return output.trim();
  }

  const json = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const requests: readonly (readonly [string, RequestToSign])[] = [
    ['a question', { method: 'POST', url: `${FUNCTION}/stream`, headers: json, body: '{"message":"Grüße an Ana 👋"}' }],
    [
      'with a person’s token',
      { method: 'GET', url: `${FUNCTION}/turns/t_1`, headers: { authorization: 'Bearer sp_a_b' } },
    ],
    [
      'with a query to be encoded',
      { method: 'DELETE', url: `${FUNCTION}/contacts?name=Ana%20Mar%C3%ADa%20%26%20Co%2A`, headers: {} },
    ],
    ['with names that repeat, out of order', { method: 'GET', url: `${FUNCTION}/x?b=2&a=1&b=1&c=`, headers: {} }],
    ['with a path to be encoded', { method: 'GET', url: `${FUNCTION}/grants/agent%20x/y+z`, headers: {} }],
    [
      'at an API',
      { method: 'POST', url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/chat', headers: json, body: '{}' },
    ],
    ['on a port', { method: 'GET', url: 'http://127.0.0.1:8401/health', headers: {} }],
  ];

  it.each(requests)('is AWS’s own: %s', async (_what, request) => {
    const given = await createSigV4Signer({ region: 'eu-west-1' })(request);
    expect(await judge(request, given)).toBe(given['authorization']);
  });

  it('is AWS’s own with credentials that end', async () => {
    environment['AWS_SESSION_TOKEN'] = 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQ==';
    const request = { method: 'POST', url: `${FUNCTION}/chat`, headers: json, body: '{}' };
    const given = await createSigV4Signer({})(request);
    expect(await judge(request, given)).toBe(given['authorization']);
  });

  it('of a request that was changed is another one', async () => {
    const request = { method: 'POST', url: `${FUNCTION}/chat`, headers: json, body: '{"message":"a"}' };
    const given = await createSigV4Signer({})(request);
    const { 'x-amz-content-sha256': _digest, ...headers } = given;
    expect(await judge({ ...request, body: '{"message":"b"}' }, headers)).not.toBe(given['authorization']);
  });
});
