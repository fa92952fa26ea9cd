import { randomBytes } from 'node:crypto';
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKmsKeyService } from '../../src/adapters/aws/kms-key-service.ts';
import { createLocalKeyService } from '../../src/adapters/embedded/local-key-service.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyService } from '../../src/ports/key-service.ts';
import {
  type AwsEmulator,
  EMULATOR_START_MS,
  startAwsEmulator,
  TEST_CREDENTIALS,
  TEST_REGION,
} from '../support/aws-emulator.ts';
import { hasPython } from '../support/python.ts';

// What every key service promises (src/ports/key-service.ts): the local one and KMS, against an emulator.

const context = { person: 'p_01JD0000000000000000000000', provider: 'google', environment: 'local' };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const forbidden = expect.objectContaining({ code: 'forbidden' });

interface KeysUnderTest {
  readonly keys: KeyService;
  /** Another service of the same kind, with another key. */
  readonly others: KeyService;
  close(): Promise<void>;
}

async function openLocal(): Promise<KeysUnderTest> {
  const create = () => createLocalKeyService({ masterKey: createSecret(random.bytes(32)), random });
  return { keys: create(), others: create(), close: async () => {} };
}

let emulator: AwsEmulator;
let client: KMSClient;

async function createKey(): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  if (KeyMetadata?.KeyId === undefined) throw new Error('the emulator made no key');
  return KeyMetadata.KeyId;
}

async function openKms(): Promise<KeysUnderTest> {
  emulator = await startAwsEmulator();
  client = new KMSClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  return {
    keys: createKmsKeyService({ keyId: await createKey(), client }),
    others: createKmsKeyService({ keyId: await createKey(), client }),
    close: () => emulator.stop(),
  };
}

function describeKeys(name: string, open: () => Promise<KeysUnderTest>, more: () => void, available = true): void {
  (available ? describe : describe.skip)(`KeyService: ${name}`, () => {
    let under: KeysUnderTest;
    let keys: KeyService;
    beforeAll(async () => {
      under = await open();
      keys = under.keys;
    }, EMULATOR_START_MS);
    afterAll(() => under?.close());

    it('makes a key of 32 bytes that opens again under the same context', async () => {
      const { plaintext, wrapped } = await keys.generateDataKey(context);
      expect(plaintext).toHaveLength(32);
      expect(Buffer.from(await keys.openDataKey(wrapped, context))).toEqual(Buffer.from(plaintext));
    });

    it('makes another key each time, and never stores it bare', async () => {
      const [one, two] = [await keys.generateDataKey(context), await keys.generateDataKey(context)];
      expect(Buffer.from(one.plaintext)).not.toEqual(Buffer.from(two.plaintext));
      expect(Buffer.from(one.wrapped).includes(Buffer.from(one.plaintext))).toBe(false);
    });

    it('minds no order of the context’s members', async () => {
      const { plaintext, wrapped } = await keys.generateDataKey(context);
      const turned = Object.fromEntries(Object.entries(context).reverse());
      expect(Buffer.from(await keys.openDataKey(wrapped, turned))).toEqual(Buffer.from(plaintext));
    });

    it.each([
      ['another person', { ...context, person: 'p_01JD0000000000000000000001' }],
      ['another environment', { ...context, environment: 'prod' }],
      ['a member less', { person: context.person, provider: context.provider }],
      ['a member more', { ...context, more: 'x' }],
      ['members that only read alike when joined', { ...context, person: `${context.person},provider` }],
      ['none', {}],
    ])('refuses the key under a context of %s', async (_, other) => {
      const { wrapped } = await keys.generateDataKey(context);
      await expect(keys.openDataKey(wrapped, other)).rejects.toEqual(forbidden);
    });

    it('refuses a wrapped key that was changed, cut, lengthened or made up', async () => {
      const { wrapped } = await keys.generateDataKey(context);
      const changed = Uint8Array.from(wrapped);
      changed[changed.length - 20] = (changed[changed.length - 20] ?? 0) ^ 1;
      const wrong = [
        changed,
        wrapped.subarray(0, -1),
        Buffer.concat([wrapped, Buffer.of(0)]),
        Buffer.of(),
        randomBytes(77),
      ];
      for (const made of wrong) await expect(keys.openDataKey(made, context)).rejects.toEqual(forbidden);
    });

    it('refuses a key that another master key wrapped', async () => {
      const { wrapped } = await under.others.generateDataKey(context);
      // KMS says IncorrectKeyException (forbidden); the emulator says AccessDeniedException, which stands for our role's rights.
      const refused = expect.objectContaining({ code: expect.stringMatching(/^(forbidden|misconfigured)$/) });
      await expect(keys.openDataKey(wrapped, context)).rejects.toEqual(refused);
    });

    more();
  });
}

describeKeys('local', openLocal, () => {
  it.each([0, 16, 31, 33])('refuses a master key of %d bytes', (length) => {
    const masterKey = createSecret(random.bytes(length));
    expect(() => createLocalKeyService({ masterKey, random })).toThrow(
      expect.objectContaining({ code: 'misconfigured' }),
    );
  });
});

describeKeys(
  'KMS',
  openKms,
  () => {
    it('refuses what is wrapped properly but is no data key', async () => {
      const keyId = await createKey();
      const { CiphertextBlob: wrapped = Buffer.of() } = await client.send(
        new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('a text'), EncryptionContext: context }),
      );
      const keys = createKmsKeyService({ keyId, client });
      await expect(keys.openDataKey(wrapped, context)).rejects.toEqual(forbidden);
    });

    it('makes its own client from region and endpoint, with the credentials of the environment', async () => {
      const named = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
      // Where the SDK's own credential chain looks.
      Object.assign(process.env, named);
      const keys = createKmsKeyService({
        keyId: await createKey(),
        region: TEST_REGION,
        endpoint: emulator.endpoint,
      });
      const { plaintext, wrapped } = await keys.generateDataKey(context);
      expect(Buffer.from(await keys.openDataKey(wrapped, context))).toEqual(Buffer.from(plaintext));
    });

    it('calls a key that does not exist a wrong configuration', async () => {
      const absent = createKmsKeyService({ keyId: '00000000-0000-0000-0000-000000000000', client });
      await expect(absent.generateDataKey(context)).rejects.toMatchObject({
        code: 'misconfigured',
        message: expect.stringContaining('NotFoundException'),
      });
    });

    // What the emulator never answers: thrown where the SDK would throw it, with the name that KMS documents.
    it.each([
      ['IncorrectKeyException', 'forbidden'],
      ['DisabledException', 'misconfigured'],
      ['KMSInvalidStateException', 'misconfigured'],
      ['AccessDeniedException', 'misconfigured'],
      ['ExpiredTokenException', 'misconfigured'],
      ['ThrottlingException', 'unavailable'],
      ['KMSInternalException', 'unavailable'],
      ['DependencyTimeoutException', 'unavailable'],
      ['TimeoutError', 'unavailable'],
    ])('takes %s for %s', async (name, code) => {
      const failing = new KMSClient({
        endpoint: emulator.endpoint,
        region: TEST_REGION,
        credentials: TEST_CREDENTIALS,
      });
      const fail = () => () => Promise.reject(Object.assign(new Error('no'), { name }));
      failing.middlewareStack.add(fail, { step: 'initialize' });
      const keys = createKmsKeyService({ keyId: 'any', client: failing });
      await expect(keys.openDataKey(randomBytes(100), context)).rejects.toMatchObject({ code });
    });

    it('is unavailable when KMS is gone', async () => {
      const gone = await startAwsEmulator();
      await gone.stop();
      const clientOfGone = new KMSClient({
        endpoint: gone.endpoint,
        region: TEST_REGION,
        credentials: TEST_CREDENTIALS,
      });
      const keys = createKmsKeyService({ keyId: 'any', client: clientOfGone });
      await expect(keys.generateDataKey(context)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(keys.openDataKey(randomBytes(100), context)).rejects.toMatchObject({ code: 'unavailable' });
    });
  },
  hasPython('what needs the AWS emulator'),
);
