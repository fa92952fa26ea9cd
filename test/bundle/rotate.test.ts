import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildBundle } from '../../build/build-bundle.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import type { RotationReport } from '../../src/certificates/rotation.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { KEYRING_KEY } from '../../src/trust/keyring.ts';
import { EMULATOR_START_MS } from '../support/aws-emulator.ts';
import {
  canRunLambda,
  type LambdaFunction,
  RUNTIME_INSTALL_MS,
  startLambdaFunction,
  unpackZip,
} from '../support/lambda-function.ts';
import { createTestLog } from '../support/log.ts';
import { hasPython } from '../support/python.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { type RotationAws, startRotationAws } from '../support/rotation-aws.ts';

// rotate.handler out of the zip, under Lambda's own runtime client: the library that writes certificates, KMS, Parameter Store and Redis as they are bundled.

const peers = [canRunLambda(), hasPython('what needs the AWS emulator'), hasRedisServer()];

(peers.every(Boolean) ? describe : describe.skip)('the zip’s rotate.handler on Lambda', () => {
  let aws: RotationAws;
  let redis: RedisServer;
  let store: KeyValueStore;
  let folder: string;
  let taskRoot: string;
  let rotate: LambdaFunction;

  const run = async (event: unknown): Promise<RotationReport> => {
    const outcome = await rotate.run(event);
    if (outcome.kind === 'error') throw new Error(outcome.payload);
    return JSON.parse(outcome.payload) as RotationReport;
  };

  beforeAll(async () => {
    taskRoot = await unpackZip((await buildBundle()).zip);
    aws = await startRotationAws();
    redis = await startRedisServer();
    folder = await mkdtemp(join(tmpdir(), 'sallyport-rotate-'));
    const clock = { nowMs: () => Date.now() };
    store = await createRedisStore({ url: redis.url, ca: redis.ca, clock, log: createTestLog() });
    await aws.enrol(store);
    await aws.put('/sallyport/dev/redis-url/rotate', redis.url.reveal());
    const environment = {
      ...aws.environment,
      SALLYPORT_STORE: 'redis',
      REDIS_CA: redis.ca,
      REDIS_URL_PARAMETER: '/sallyport/dev/redis-url/rotate',
    };
    rotate = await startLambdaFunction({ taskRoot, entry: 'rotate', environment });
  }, RUNTIME_INSTALL_MS + EMULATOR_START_MS);
  afterAll(async () => {
    await rotate?.stop();
    await store?.close();
    await redis?.stop();
    await aws?.stop();
    for (const path of [folder, taskRoot]) if (path !== undefined) await rm(path, { recursive: true, force: true });
  });

  it('does what is due, again and again', async () => {
    expect((await run({ source: 'aws.events', detail: {} })).steps).toEqual([]);
    const before = await aws.held();
    expect((await run({ renew: true, start: true })).steps).toEqual(['certificate_renewed', 'key_published']);
    const after = await aws.held();
    expect(after.certificate.serial).not.toBe(before.certificate.serial);
    expect((await run({ start: true })).next).toMatchObject({ step: 'promote' });
    expect(await store.get(KEYRING_KEY)).toContain('"state":"next"');
  });

  it('fails in Lambda’s eyes when it could not, with the metric that the alarm watches, and lives on', async () => {
    await aws.put('/sallyport/dev/hmac-master', 'too-short');
    const failed = await rotate.run({});
    expect(failed.kind).toBe('error');
    expect(failed.payload).toContain('SALLYPORT_HMAC_MASTER must be 32 bytes');
    const metric = rotate.lines.filter((line) => line.includes('"RotationFailed":1'));
    expect(metric).toHaveLength(1);
    await aws.put('/sallyport/dev/hmac-master', aws.secrets[0] ?? '');
    expect((await run({})).steps).toEqual([]);
  });

  it('writes JSON that CloudWatch can read, and no secret', async () => {
    // What the handler threw is written once more by the runtime, in a form of its own.
    const own = rotate.lines.filter((line) => !line.includes('Invoke Error'));
    for (const line of own) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const log = rotate.lines.join('\n');
    expect(log).toContain('"event":"rotation.certificate_renewed"');
    for (const secret of [...aws.secrets, redis.url.reveal()]) expect(log.includes(secret)).toBe(false);
  });
});
