import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { DescribeParametersCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createParameterDocument } from '../../src/adapters/aws/parameter-document.ts';
import { createCredentialsFile } from '../../src/adapters/embedded/credentials-file.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { CredentialsStore } from '../../src/ports/credentials-store.ts';
import {
  type AwsEmulator,
  EMULATOR_START_MS,
  startAwsEmulator,
  TEST_CREDENTIALS,
  TEST_REGION,
} from '../support/aws-emulator.ts';
import { hasPython } from '../support/python.ts';

// What every place of a credentials document promises (src/ports/credentials-store.ts): a file, and Parameter Store, against an emulator.

interface StoreUnderTest {
  readonly store: CredentialsStore;
  close(): Promise<void>;
}

let folder: string;
let file: string;

async function openFile(): Promise<StoreUnderTest> {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-credentials-'));
  file = join(folder, 'agent.json');
  return { store: createCredentialsFile(file), close: () => rm(folder, { recursive: true, force: true }) };
}

const NAME = '/sallyport/dev/agent-credentials';
let emulator: AwsEmulator;
let ssm: SSMClient;
let keyId: string;

async function openParameter(): Promise<StoreUnderTest> {
  emulator = await startAwsEmulator();
  const config = { endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS };
  ssm = new SSMClient(config);
  const { KeyMetadata } = await new KMSClient(config).send(new CreateKeyCommand({}));
  keyId = KeyMetadata?.KeyId ?? '';
  return { store: createParameterDocument({ name: NAME, keyId, client: ssm }), close: () => emulator.stop() };
}

const text = (name: string): string => JSON.stringify({ v: 1, name, filling: 'ü'.repeat(1000) });

function describeStore(name: string, open: () => Promise<StoreUnderTest>, more: () => void, available = true): void {
  (available ? describe : describe.skip)(`CredentialsStore: ${name}`, () => {
    let under: StoreUnderTest;
    let store: CredentialsStore;
    beforeAll(async () => {
      under = await open();
      store = under.store;
    }, EMULATOR_START_MS);
    afterAll(() => under?.close());

    it('has nothing before the first write', async () => {
      expect(await store.read()).toBeUndefined();
    });

    it('gives back what was written last, whole, under a version of its own', async () => {
      const first = await store.write(createSecret(text('first')));
      expect((await store.read())?.reveal()).toBe(text('first'));
      const second = await store.write(createSecret(text('second')));
      expect((await store.read())?.reveal()).toBe(text('second'));
      expect(second).not.toBe(first);
      expect(`${first}${second}`).not.toContain('filling');
    });

    it('shows readers one whole document while many write', async () => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const writes = Promise.all(names.map((one) => store.write(createSecret(text(one)))));
      const seen = await Promise.all(Array.from({ length: 12 }, () => store.read()));
      await writes;
      const known = ['second', ...names].map(text);
      for (const document of [...seen, await store.read()]) expect(known).toContain(document?.reveal());
    });

    more();
  });
}

describeStore('a file', openFile, () => {
  it('lets nobody else read it, and leaves nothing beside it', async () => {
    await createCredentialsFile(file).write(createSecret(text('mine')));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['agent.json']);
  });

  it('says so when it can be neither read nor written', async () => {
    const other = join(folder, 'full');
    await writeFile(other, 'a file, where a folder would be needed');
    const broken = createCredentialsFile(join(other, 'agent.json'));
    await expect(broken.write(createSecret('x'))).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(broken.read()).rejects.toMatchObject({ code: 'misconfigured' });
    await rm(other);
  });
});

describeStore(
  'Parameter Store',
  openParameter,
  () => {
    it('takes what Terraform put there before anybody set it for nothing', async () => {
      const put = { Name: '/sallyport/dev/other', Value: 'unset', Type: 'SecureString', Overwrite: true } as const;
      await ssm.send(new PutParameterCommand(put));
      const other = createParameterDocument({ name: put.Name, keyId, client: ssm });
      expect(await other.read()).toBeUndefined();
      expect(await other.write(createSecret('{}'))).toBe('2');
    });

    it('keeps it encrypted under the given key, and earlier versions at hand', async () => {
      const store = createParameterDocument({ name: NAME, keyId, client: ssm });
      const version = Number(await store.write(createSecret(text('newest'))));
      const { Parameters } = await ssm.send(new DescribeParametersCommand({}));
      const described = Parameters?.find((parameter) => parameter.Name === NAME);
      expect(described).toMatchObject({ Type: 'SecureString', KeyId: keyId, Version: version });
      const earlier = { Name: `${NAME}:1`, WithDecryption: true };
      const { Parameter } = await ssm.send(new GetParameterCommand(earlier));
      expect(Parameter?.Value).toBe(text('first'));
    });

    it('refuses a document that a parameter cannot hold before it asks', async () => {
      const store = createParameterDocument({ name: NAME, keyId, client: ssm });
      await expect(store.write(createSecret('x'.repeat(4097)))).rejects.toMatchObject({ code: 'misconfigured' });
      expect((await store.read())?.reveal()).toBe(text('newest'));
    });

    it('says that it may pass when Parameter Store cannot be reached', async () => {
      const client = new SSMClient({
        endpoint: 'http://127.0.0.1:9',
        region: TEST_REGION,
        credentials: TEST_CREDENTIALS,
        maxAttempts: 1,
      });
      const away = createParameterDocument({ name: NAME, keyId, client });
      await expect(away.read()).rejects.toMatchObject({ code: 'unavailable' });
      await expect(away.write(createSecret('{}'))).rejects.toMatchObject({ code: 'unavailable' });
    });
  },
  hasPython('what needs the AWS emulator'),
);
