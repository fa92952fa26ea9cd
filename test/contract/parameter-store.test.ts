import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createParameterStore, type ParameterStoreOptions } from '../../src/adapters/aws/parameter-store.ts';
import type { SecretSource } from '../../src/ports/secrets.ts';
import {
  type AwsEmulator,
  EMULATOR_START_MS,
  startAwsEmulator,
  TEST_CREDENTIALS,
  TEST_REGION,
} from '../support/aws-emulator.ts';
import { createTestClock } from '../support/clock.ts';
import { hasPython } from '../support/python.ts';

// Secrets from Parameter Store, against an emulator: batches, missing names, the memory of values, outages.

const TTL_SECONDS = 300;
let emulator: AwsEmulator;
let clock: ReturnType<typeof createTestClock>;
/** Each GetParameters call's names, as they left the SDK. */
let calls: string[][];

function createClient(endpoint = emulator.endpoint): SSMClient {
  const client = new SSMClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => (args) => {
      const { Names } = args.input as { Names?: string[] };
      if (Names !== undefined) calls.push(Names);
      return next(args);
    },
    { step: 'initialize' },
  );
  return client;
}

async function put(name: string, value: string): Promise<void> {
  await createClient().send(
    new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString', Overwrite: true }),
  );
}

const open = (over: Partial<ParameterStoreOptions> = {}): SecretSource =>
  createParameterStore({ ttlSeconds: TTL_SECONDS, clock, client: createClient(), ...over });

async function reveal(source: SecretSource, ...names: string[]): Promise<string[]> {
  const secrets = await source.read(names);
  return names.map((name) => secrets[name]?.reveal() ?? '');
}

(hasPython('what needs the AWS emulator') ? describe : describe.skip)('Parameter Store', () => {
  beforeAll(async () => {
    emulator = await startAwsEmulator();
    calls = [];
    for (let n = 0; n < 23; n += 1) await put(`/sallyport/many/${n}`, `value ${n}`);
  }, EMULATOR_START_MS);
  beforeEach(async () => {
    clock = createTestClock();
    await put('/sallyport/one', 'first');
    calls = [];
  });
  afterAll(() => emulator?.stop());

  it('gives decrypted values that do not show themselves', async () => {
    const { '/sallyport/one': secret } = await open().read(['/sallyport/one']);
    expect(secret.reveal()).toBe('first');
    expect(JSON.stringify({ secret })).not.toContain('first');
  });

  it('reads many names in calls of at most ten, each name once', async () => {
    const names = Array.from({ length: 23 }, (_, n) => `/sallyport/many/${n}`);
    const values = await reveal(open(), ...names, ...names);
    expect(values.slice(0, 23)).toEqual(names.map((_, n) => `value ${n}`));
    expect(calls.map((call) => call.length)).toEqual([10, 10, 3]);
  });

  it('names every name that is missing, and gives nothing at all then', async () => {
    const reading = open().read(['/sallyport/one', '/sallyport/absent', '/sallyport/absent/too']);
    await expect(reading).rejects.toMatchObject({
      code: 'misconfigured',
      message: 'Parameter Store has no value for: /sallyport/absent, /sallyport/absent/too.',
    });
  });

  it('asks once for a value that twenty callers want at the same time', async () => {
    const source = open();
    const values = await Promise.all(Array.from({ length: 20 }, () => reveal(source, '/sallyport/one')));
    expect(values.flat()).toEqual(Array.from({ length: 20 }, () => 'first'));
    expect(calls).toHaveLength(1);
  });

  it('lets nobody suffer for a name that somebody else misspelt', async () => {
    const source = open();
    const [wrong, right] = await Promise.allSettled([
      source.read(['/sallyport/one', '/sallyport/absent']),
      source.read(['/sallyport/one']),
    ]);
    expect([wrong.status, right.status]).toEqual(['rejected', 'fulfilled']);
    expect(calls).toHaveLength(1);
  });

  it('remembers a value for its time, then reads it again', async () => {
    const source = open();
    await reveal(source, '/sallyport/one');
    await put('/sallyport/one', 'second');
    clock.advance(TTL_SECONDS * 1000 - 1);
    expect(await reveal(source, '/sallyport/one')).toEqual(['first']);
    clock.advance(1);
    expect(await reveal(source, '/sallyport/one')).toEqual(['second']);
    expect(calls).toHaveLength(2);
  });

  it('stops giving a value that was deleted', async () => {
    const source = open();
    await put('/sallyport/brief', 'here');
    expect(await reveal(source, '/sallyport/brief')).toEqual(['here']);
    await createClient().send(new DeleteParameterCommand({ Name: '/sallyport/brief' }));
    clock.advance(TTL_SECONDS * 1000);
    await expect(source.read(['/sallyport/brief'])).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('survives an outage with the values it knows, for a bounded time, and asks only now and then', async () => {
    const own = await startAwsEmulator();
    const client = createClient(own.endpoint);
    await client.send(new PutParameterCommand({ Name: '/sallyport/one', Value: 'kept', Type: 'SecureString' }));
    const source = open({ client, staleSeconds: 60 });
    expect(await reveal(source, '/sallyport/one')).toEqual(['kept']);
    await own.stop();
    clock.advance(TTL_SECONDS * 1000);
    calls = [];
    for (let n = 0; n < 5; n += 1) expect(await reveal(source, '/sallyport/one')).toEqual(['kept']);
    expect(calls).toHaveLength(1);
    await expect(source.read(['/sallyport/never'])).rejects.toMatchObject({ code: 'unavailable' });
    clock.advance(59_999);
    expect(await reveal(source, '/sallyport/one')).toEqual(['kept']);
    clock.advance(1);
    await expect(source.read(['/sallyport/one'])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
