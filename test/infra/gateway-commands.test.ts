import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { createOperatorCheckout, type OperatorCheckout } from '../support/operator-checkout.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import { hasTerraform } from '../support/terraform.ts';

// `make deploy-gateway` and `make deploy-server` as an operator runs them, in an account of the emulator that has what a foundation makes. That a
// deployed server answers is `gateway.test.ts`: URLs of the emulator lead nowhere from here.

const PEER = fileURLToPath(new URL('../peers/stdio-server', import.meta.url));
const server = (over: object = {}) => ({
  command: 'node',
  args: ['server.mjs'],
  cwd: 'odd',
  sallyport: { kind: 'lambda' },
  ...over,
});

/** As an entry names a secret: no template of ours. */
const SECRET = ['$', '{secret:KEY}'].join('');

const DONE = { code: 0, said: '' };

const available = hasPython('the gateway’s commands') && hasTerraform('the gateway’s commands');
(available ? describe : describe.skip)('the gateway’s commands', () => {
  let ministack: Ministack;
  let checkout: OperatorCheckout;
  let lambda: LambdaClient;

  beforeAll(async () => {
    ministack = await startMinistack();
    const client = { endpoint: ministack.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS };
    lambda = new LambdaClient(client);
    const kms = new KMSClient(client);
    for (const name of ['data', 'secrets']) {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      await kms.send(
        new CreateAliasCommand({ AliasName: `alias/sallyport-dev-${name}`, TargetKeyId: KeyMetadata?.KeyId }),
      );
    }
    kms.destroy();
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    const place = { LocationConstraint: TEST_REGION } as const;
    await s3.send(
      new CreateBucketCommand({ Bucket: 'sallyport-dev-state-000000000000', CreateBucketConfiguration: place }),
    );
    s3.destroy();
    checkout = await createOperatorCheckout(ministack.environment);
  }, PYTHON_INSTALL_MS);
  afterAll(async () => {
    lambda?.destroy();
    await checkout?.dispose();
    await ministack?.stop();
  }, 60_000);

  async function list(mcpServers: object): Promise<void> {
    await cp(PEER, join(checkout.folder, 'servers/odd'), { recursive: true });
    await checkout.write('servers/mcp.json', JSON.stringify({ mcpServers }));
  }

  /** Its code, and what it said where that is not 0. */
  async function ended(command: string, args: readonly string[]): Promise<object> {
    const { code, output } = await checkout.run(command, args);
    return { code, said: code === 0 ? '' : output };
  }

  const functions = async (): Promise<readonly string[]> => {
    const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
    return Functions.map(({ FunctionName = '' }) => FunctionName).sort();
  };

  it('change nothing where there are no servers, or where one cannot be brought to Lambda', async () => {
    expect(await checkout.run('deploy-gateway', ['dev', '--yes'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('There is no folder servers'),
    });
    expect(await checkout.run('deploy-server', ['dev', '--yes'])).toMatchObject({ code: 64 });
    await list({ odd: server({ env: { KEY: SECRET } }) });
    expect(await checkout.run('deploy-gateway', ['dev', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`its entry uses ${SECRET}`),
    });
    await list({ odd: server({ sallyport: {} }) });
    expect(await checkout.run('deploy-server', ['dev', 'odd', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its entry has no "sallyport": {"kind": "lambda"}'),
    });
    expect(await checkout.run('deploy-server', ['dev', 'nobody', '--yes'])).toMatchObject({ code: 3 });
    expect(await functions()).toEqual([]);
  }, 60_000);

  it('ask before they change anything', async () => {
    await list({ odd: server() });
    expect(await checkout.run('deploy-gateway', ['dev'])).toMatchObject({ code: 4 });
    expect(await functions()).toEqual([]);
  }, 120_000);

  it('deploy one, then all, and a second time change nothing', async () => {
    await list({ odd: server(), other: server({ cwd: 'odd' }), child: server({ sallyport: { kind: 'child' } }) });
    expect(await ended('deploy-server', ['dev', 'other', '--yes', '--no-try'])).toEqual(DONE);
    expect(await functions()).toEqual(['sallyport-dev-server-other']);
    expect(await ended('deploy-gateway', ['dev', '--yes', '--no-try'])).toEqual(DONE);
    expect(await functions()).toEqual(['sallyport-dev-server-odd', 'sallyport-dev-server-other']);
    const again = await checkout.run('deploy-gateway', ['dev', '--yes', '--no-try']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('no resource changes')]);
  }, 300_000);

  it('take all of them away', async () => {
    expect(await ended('deploy-gateway', ['dev', '--yes', '--remove'])).toEqual(DONE);
    expect(await functions()).toEqual([]);
  }, 120_000);
});
