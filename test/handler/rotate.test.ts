import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { DAY_MS } from '../../src/certificates/agent-credentials.ts';
import { createRotateHandler, parseWish, type RotateHandler } from '../../src/compose/rotate.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { KEYRING_KEY, type KeyringRecord } from '../../src/trust/keyring.ts';
import { EMULATOR_START_MS } from '../support/aws-emulator.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { hasPython } from '../support/python.ts';
import { type RotationAws, startRotationAws } from '../support/rotation-aws.ts';

// The rotate function as a schedule invokes it, with KMS and Parameter Store in an emulator.

/** What EventBridge sends. */
const scheduled = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-11-21T12:00:00Z',
  region: 'eu-central-1',
  resources: ['arn:aws:events:eu-central-1:123456789012:rule/rotate'],
  detail: {},
};
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 115_000 };

type Line = Readonly<Record<string, unknown>>;

(hasPython('what needs the AWS emulator') ? describe : describe.skip)('rotate.handler', () => {
  let aws: RotationAws;
  let store: KeyValueStore;
  let clock: TestClock;
  let text: string[];
  let handler: RotateHandler;
  let given: Readonly<Record<string, string>>;

  const lines = (event: string): readonly Line[] =>
    text.map((line) => JSON.parse(line) as Line).filter((line) => line['event'] === event);
  const metrics = (name: string): readonly Line[] =>
    text.map((line) => JSON.parse(line) as Line).filter((line) => name in line);
  const create = (changes: Readonly<Record<string, string>> = {}): RotateHandler => {
    const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
    const platform = { clock, random, writeLog: (line: string) => void text.push(line), embeddedStore: store };
    return createRotateHandler({ environment: { ...aws.environment, ...changes }, platform });
  };

  beforeAll(async () => {
    aws = await startRotationAws();
    // The SDK finds the emulator by the standard variables, as on Lambda.
    given = { ...process.env } as Record<string, string>;
    Object.assign(process.env, aws.environment);
  }, EMULATOR_START_MS);
  afterAll(async () => {
    for (const name of Object.keys(aws?.environment ?? {})) {
      if (given[name] === undefined) delete process.env[name];
      else process.env[name] = given[name];
    }
    await aws?.stop();
  });
  beforeEach(async () => {
    clock = createTestClock(Date.now());
    store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
    text = [];
    await aws.enrol(store);
    handler = create();
  });

  it('does nothing while nothing is due, and says how long certificates last', async () => {
    const version = await aws.version();
    const report = await handler(scheduled, context);
    expect(report).toMatchObject({ steps: [], key_id: 'agent/assistant#1' });
    expect(await aws.version()).toBe(version);
    expect(lines('rotation.ended')).toMatchObject([{ service: 'rotate', environment: 'dev', request_id: 'request-1' }]);
    const left = metrics('CertificateDaysLeft').map((line) => [line['certificate'], line['CertificateDaysLeft']]);
    expect(left).toEqual([
      ['agent', expect.any(Number)],
      ['authority', expect.any(Number)],
    ]);
  });

  it('renews the certificate with the key in KMS, in the same parameter', async () => {
    const [before, version] = [await aws.held(), await aws.version()];
    clock.advance(21 * DAY_MS);
    const report = await handler(scheduled, context);
    const after = await aws.held();
    expect(report.steps).toContain('certificate_renewed');
    expect(after.certificate.serial).not.toBe(before.certificate.serial);
    expect(after.certificate.issuer).toBe('CN=Sallyport dev client CA');
    expect(await aws.version()).toBe(version + 1);
  });

  it('waits as long as anybody may still use what was read: three lives of a parameter by default', async () => {
    await handler({ start: true }, context);
    const since = Math.floor(clock.nowMs() / 1000);
    clock.advance((2 * 900 - 2) * 1000);
    expect((await handler(scheduled, context)).next).toEqual({
      step: 'promote',
      not_before: new Date((since + 1800) * 1000).toISOString(),
    });
    clock.advance(3000);
    expect((await handler(scheduled, context)).steps).toEqual(['credentials_written', 'key_promoted']);
    // Then until every run of the function must have ended, and one life and 120 s for the last requests.
    clock.advance(121_000);
    expect((await handler(scheduled, context)).steps).toEqual(['key_retired']);
    clock.advance((900 + 120) * 1000);
    expect((await handler(scheduled, context)).steps).toEqual(['key_dropped']);
    const { keys } = JSON.parse((await store.get(KEYRING_KEY)) ?? '') as KeyringRecord;
    expect(keys.map((key) => key.key_id)).toEqual(['agent/assistant#2']);
    expect((await aws.held()).keyId).toBe('agent/assistant#2');
  });

  it.each([
    ['1200', 3600],
    ['5', 60],
  ])('follows SALLYPORT_PARAMETER_TTL_SECONDS=%s, and never waits less than a keyring lives', async (ttl, life) => {
    const report = await create({ SALLYPORT_PARAMETER_TTL_SECONDS: ttl })({ start: true }, context);
    const due = new Date((Math.floor(clock.nowMs() / 1000) + 2 * life) * 1000).toISOString();
    expect(report.next).toEqual({ step: 'promote', not_before: due });
  });

  it.each([
    ['an authority that is not the key’s', { SALLYPORT_AUTHORITY_CERTIFICATE: 'nothing' }, 'no certificate of the key'],
    ['a key that is not there', { SALLYPORT_AUTHORITY_KMS_KEY_ID: 'alias/absent' }, 'KMS refuses'],
    ['a document that is not there', { SALLYPORT_CREDENTIALS_PARAMETER: '/absent' }, 'make certs'],
    ['a master that is not there', { SALLYPORT_HMAC_MASTER_PARAMETER: '/absent' }, '/absent'],
    ['settings that are not there', { SALLYPORT_SECRETS_KMS_KEY_ID: '' }, 'SALLYPORT_SECRETS_KMS_KEY_ID'],
  ])('throws for Lambda to try again and alarms to see, with %s', async (_what, changes, message) => {
    await expect(create(changes)(scheduled, context)).rejects.toThrow(message);
    expect(metrics('RotationFailed')).toHaveLength(1);
    expect(lines('rotation.not_done')).toHaveLength(1);
  });

  it('works again once what was missing is there, without a new deployment', async () => {
    const broken = create({ SALLYPORT_HMAC_MASTER_PARAMETER: '/sallyport/dev/late' });
    await expect(broken(scheduled, context)).rejects.toThrow('late');
    await aws.put('/sallyport/dev/late', aws.secrets[0] ?? '');
    expect((await broken(scheduled, context)).steps).toEqual([]);
  });

  it('logs every step, and no secret at any', async () => {
    await handler({ renew: true, start: true }, context);
    await handler({ replace: (await aws.held()).keyId }, context);
    await expect(create({ SALLYPORT_AUTHORITY_CERTIFICATE: 'x' })(scheduled, context)).rejects.toThrow();
    await aws.held();
    const all = text.join('\n');
    for (const step of ['certificate_renewed', 'key_published', 'key_replaced', 'credentials_written']) {
      expect(all).toContain(`rotation.${step}`);
    }
    for (const secret of aws.secrets) expect(all.includes(secret)).toBe(false);
  });
});

describe('what is asked of the rotation', () => {
  it('is nothing by a schedule, or by an event of whatever else', () => {
    for (const event of [scheduled, {}, null, undefined, 'text', 7, []]) expect(parseWish(event)).toEqual({});
  });

  it('is read from three members', () => {
    const wish = { start: true, renew: false, replace: 'agent/assistant#12' };
    expect(parseWish({ ...wish, more: 1 })).toEqual(wish);
  });

  it.each([{ start: 'yes' }, { renew: 1 }, { replace: true }, { replace: 'assistant' }, { replace: '' }])(
    'is refused when it is none of them: %j',
    (event) => {
      expect(() => parseWish(event)).toThrow('Ask with');
    },
  );
});
