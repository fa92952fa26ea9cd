import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { regionOf } from '../../scripts/aws/parts/aws.ts';
import { createOperatorCheckout, type OperatorCheckout } from '../support/operator-checkout.ts';

// What an operator's command says where AWS is not reached, is another region's, or takes its time. Behind it stands a server of ours, which
// answers as the services do in these cases.

const ACCOUNT = '123456789012';
const WHO = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${ACCOUNT}:user/x</Arn><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

let server: Server;
let checkout: OperatorCheckout;
let endpoint: string;
let invocations: number;
/** What STS answers. */
let signedIn: boolean;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'HEAD') return response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end();
    if (body.includes('GetCallerIdentity'))
      return signedIn
        ? response.writeHead(200).end(WHO)
        : response.writeHead(403).end('<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>');
    if (request.url?.endsWith('/invocations?Qualifier=live') === true) {
      invocations += 1;
      return response.writeHead(500).end('{}');
    }
    return response.writeHead(400).end('{"__type":"NotFoundException"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  checkout = await createOperatorCheckout({
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: endpoint,
  });
});
beforeEach(() => {
  [invocations, signedIn] = [0, true];
});
afterAll(async () => {
  await checkout?.dispose();
  server?.closeAllConnections();
  server?.close();
});

const listPersons = (env: Readonly<Record<string, string | undefined>>) =>
  checkout.run('operator', ['dev', '--', 'person', 'list'], { env });

describe('a region', () => {
  it('that is empty was not chosen', async () => {
    expect(regionOf({ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' })).toBe('eu-west-1');
    expect(regionOf({ AWS_REGION: '', AWS_DEFAULT_REGION: '' })).toBeUndefined();
    const { code, stderr } = await listPersons({ AWS_REGION: '' });
    expect([code, stderr]).toEqual([3, expect.stringContaining('no AWS region is chosen: export AWS_REGION')]);
  }, 60_000);

  it('that is another than the environment’s is named, by commands and by doctor', async () => {
    const { code, stderr } = await listPersons({});
    const what = `The bucket sallyport-dev-state-${ACCOUNT} is in eu-west-1, not in eu-central-1`;
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${what}.\nNext: export AWS_REGION=eu-west-1`)]);
    const doctor = await checkout.run('doctor', ['dev']);
    expect(doctor.stdout).toContain(`BAD  ${what}\n       → export AWS_REGION=eu-west-1`);
  }, 60_000);
});

describe('AWS', () => {
  it('that is not reached is told from credentials that are refused', async () => {
    const away = await listPersons({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    expect([away.code, away.stderr]).toEqual([
      3,
      expect.stringContaining('AWS cannot be reached at http://127.0.0.1:9 (ECONNREFUSED): is AWS_ENDPOINT_URL right'),
    ]);
    expect(away.stderr).not.toContain('sign in');
    signedIn = false;
    const refused = await listPersons({});
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining('does not know us (ExpiredToken): sign in'),
    ]);
    const none = await listPersons({ AWS_ACCESS_KEY_ID: undefined });
    expect(none.stderr).toContain('does not know us (CredentialsProviderError): sign in');
  }, 60_000);

  it('in a region that does not exist is not reached', async () => {
    const { code, stderr } = await listPersons({ AWS_ENDPOINT_URL: undefined, AWS_REGION: 'mars-1' });
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/AWS cannot be reached in the region mars-1 \(\w+\): is AWS_REGION right/),
    ]);
  }, 60_000);
});

describe('a function that is invoked', () => {
  it('is asked once, whatever comes of it', async () => {
    expect(await checkout.run('rotate', ['dev', '--yes'])).toMatchObject({ code: 1 });
    expect(invocations).toBe(1);
  }, 60_000);
});
