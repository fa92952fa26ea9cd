import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import { applyRotation, planRotation } from '../../../../src/trust/key-rotation.ts';
import { deriveHmacSecret, KEYRING_KEY, type KeyringRecord } from '../../../../src/trust/keyring.ts';
import { REVOCATIONS_KEY } from '../../../../src/trust/revocation-list.ts';
import { spiffeId, type TestCertificate, testAgentCertificate } from '../../../support/certificates.ts';
import { createDoorWorld, type DoorWorld, keyOf, MASTER } from './door-fixture.ts';

// How the agent door keeps what it reads: revocation list and keyring, fresh, stale, absent, damaged, or out of reach.

let world: DoorWorld;
let certificate: TestCertificate;

beforeEach(async () => {
  world = await createDoorWorld();
  certificate = await testAgentCertificate();
});

const ask = (epoch = 1) => world.ask(world.request({ certificate, epoch }));
const readings = (key: string) => world.control.calls.filter((call) => call === `get ${key}`).length;

function cut(key: string): void {
  world.control.before = (_operation, asked) => {
    if (asked === key) throw new AppError('unavailable', 'down');
  };
}

function restore(): void {
  world.control.before = () => {};
}

async function revoke(): Promise<void> {
  const { issuer, serialNumber } = new X509Certificate(certificate.pem);
  await world.setRevocations([{ issuer, serial: serialNumber.toLowerCase() }]);
}

describe('the revocation list at the door', () => {
  it('is read once for all who wait, and again after ten seconds', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(readings(REVOCATIONS_KEY)).toBe(1);
    world.clock.now += 9_999;
    await ask();
    expect(readings(REVOCATIONS_KEY)).toBe(1);
    world.clock.now += 1;
    await ask();
    expect(readings(REVOCATIONS_KEY)).toBe(2);
  });

  it('refuses a revoked certificate within ten seconds', async () => {
    expect(await ask()).toBe('accepted');
    await revoke();
    world.clock.now += 10_000;
    expect(await ask()).toBe('certificate_revoked');
  });

  it('that is absent refuses everyone as 503', async () => {
    await world.control.store.compareAndDelete(REVOCATIONS_KEY, (await world.control.store.get(REVOCATIONS_KEY)) ?? '');
    expect(await world.door(world.request({ certificate }))).toMatchObject({
      status: 503,
      code: 'unavailable',
      reason: 'revocations_unavailable',
      headers: { 'retry-after': '1' },
    });
    expect(world.lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'door.record_missing' }));
  });

  it('that disappears or is damaged is not replaced by the one we remember', async () => {
    expect(await ask()).toBe('accepted');
    await world.control.store.set(REVOCATIONS_KEY, '{"v":1}');
    world.clock.now += 10_000;
    expect(await ask()).toBe('revocations_unavailable');
    await world.setRevocations([]);
    expect(await ask()).toBe('accepted');
  });

  it('out of reach serves for a minute after the last reading, then nobody passes until it is back', async () => {
    expect(await ask()).toBe('accepted');
    cut(REVOCATIONS_KEY);
    world.clock.now += 60_000;
    expect(await ask()).toBe('accepted');
    world.clock.now += 1;
    expect(await ask()).toBe('revocations_stale');
    restore();
    world.clock.now += 1_000;
    expect(await ask()).toBe('accepted');
  });

  it('out of reach is asked for once a second at most, so that calls do not wait for time-outs', async () => {
    expect(await ask()).toBe('accepted');
    cut(REVOCATIONS_KEY);
    world.clock.now += 20_000;
    const before = readings(REVOCATIONS_KEY);
    for (let call = 0; call < 10; call += 1) await ask();
    expect(readings(REVOCATIONS_KEY) - before).toBe(1);
  });

  it('never read at all refuses everyone', async () => {
    cut(REVOCATIONS_KEY);
    expect(await ask()).toBe('revocations_unavailable');
  });
});

describe('the keyring at the door', () => {
  it('is read once for all who wait, and once more in each cache life', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(readings(KEYRING_KEY)).toBe(1);
    world.clock.now += 59_999;
    await ask();
    expect(readings(KEYRING_KEY)).toBe(1);
    world.clock.now += 1;
    await ask();
    expect(readings(KEYRING_KEY)).toBe(2);
  });

  it('is read again at once for a key that it does not know', async () => {
    expect(await ask()).toBe('accepted');
    await world.setKeyring(keyOf('agent/assistant'), keyOf('agent/assistant', { epoch: 2, state: 'next' }));
    expect(await ask(2)).toBe('accepted');
  });

  it('is read again for each of several new keys in a row', async () => {
    expect(await ask()).toBe('accepted');
    for (let epoch = 2; epoch <= 5; epoch += 1) {
      await world.setKeyring(keyOf('agent/assistant', { epoch }));
      expect(await ask(epoch)).toBe('accepted');
    }
  });

  it('is read again for unknown keys a few times in five seconds, however many come', async () => {
    await ask();
    const before = readings(KEYRING_KEY);
    await Promise.all(Array.from({ length: 20 }, () => ask(9)));
    expect(readings(KEYRING_KEY) - before).toBe(1);
    for (let call = 0; call < 20; call += 1) expect(await ask(9 + call)).toBe('key_unknown');
    expect(readings(KEYRING_KEY) - before).toBe(4);
    world.clock.now += 5_000;
    await ask(9);
    expect(readings(KEYRING_KEY) - before).toBe(5);
  });

  it('is read again for a caller’s new key after another has made up ids, and never for the id of another', async () => {
    const other = await testAgentCertificate('agent/other');
    await ask();
    const asOther = async (keyId: string) =>
      world.ask(world.request({ certificate: other, agent: 'agent/other', keyId }));
    for (let call = 0; call < 20; call += 1) expect(await asOther(`agent/other#${call + 2}`)).toBe('key_unknown');
    const before = readings(KEYRING_KEY);
    expect(await asOther('agent/assistant#2')).toBe('key_unknown');
    expect(readings(KEYRING_KEY)).toBe(before);
    await world.setKeyring(keyOf('agent/assistant', { epoch: 2 }));
    expect(await ask(2)).toBe('accepted');
  });

  it('is not used beyond one cache life, not even when the store is down', async () => {
    expect(await ask()).toBe('accepted');
    cut(KEYRING_KEY);
    world.clock.now += 59_999;
    expect(await ask()).toBe('accepted');
    world.clock.now += 1;
    expect(await world.door(world.request({ certificate }))).toMatchObject({
      status: 503,
      reason: 'keyring_unavailable',
      headers: { 'retry-after': '1' },
    });
  });

  it('that is absent or damaged refuses everyone as 503', async () => {
    await world.control.store.set(KEYRING_KEY, '[]');
    expect(await ask()).toBe('keyring_unavailable');
    await world.control.store.compareAndDelete(KEYRING_KEY, '[]');
    expect(await ask()).toBe('keyring_unavailable');
    expect(await world.nonces()).toEqual([]);
  });

  it('refuses a key past its time though it is still listed', async () => {
    const not_after = Math.floor(world.clock.now / 1000) + 20;
    await world.setKeyring(keyOf('agent/assistant', { state: 'previous', not_after }));
    expect(await ask()).toBe('accepted');
    world.clock.now += 20_000;
    expect(await ask()).toBe('key_retired');
  });

  it('goes through a whole rotation without refusing one request', async () => {
    const identity = spiffeId('agent/assistant');
    let keyring: KeyringRecord = { v: 1, version: 1, keys: [keyOf('agent/assistant')] };
    const actions: string[] = [];
    let signingEpoch = 1;
    let switchAt = Number.POSITIVE_INFINITY;
    for (let second = 0; second <= 700; second += 5) {
      const nowSeconds = Math.floor(world.clock.now / 1000);
      const context = { identity, nowSeconds, cacheSeconds: 60, runLimitSeconds: 125 };
      const step = planRotation(keyring, context, second === 0);
      if (step.action !== actions.at(-1)) actions.push(step.action);
      keyring = applyRotation(keyring, context, step);
      await world.setKeyring(...keyring.keys);
      // The agent learns of its new credentials one cache life after they were published.
      if (step.action === 'promote') switchAt = second + 60;
      if (second >= switchAt) signingEpoch = 2;
      expect(await ask(signingEpoch)).toBe('accepted');
      world.clock.now += 5_000;
    }
    expect(actions).toEqual(['publish', 'wait', 'promote', 'wait', 'retire', 'wait', 'drop', 'none']);
    expect(await ask(1)).toBe('key_unknown');
  });
});

describe('the HMAC master at the door', () => {
  it('is read again with the keyring, so that another takes effect without a restart', async () => {
    const masters = [MASTER, Buffer.alloc(32, 9)];
    let current = 0;
    const readMaster = async () => createSecret<Uint8Array>(masters[current] ?? MASTER);
    world = await createDoorWorld({ readMaster });
    const signed = (master: number) => {
      const secret = deriveHmacSecret(masters[master] ?? MASTER, spiffeId('agent/assistant'), 1);
      return world.ask(world.request({ certificate, secret }));
    };
    expect([await signed(0), await signed(1)]).toEqual(['accepted', 'hmac_mismatch']);
    current = 1;
    world.clock.now += 60_000;
    expect([await signed(0), await signed(1)]).toEqual(['hmac_mismatch', 'accepted']);
  });

  it('that cannot be read is a keyring that cannot', async () => {
    world = await createDoorWorld({
      readMaster: async () => {
        throw new AppError('misconfigured', 'gone');
      },
    });
    expect(await ask()).toBe('keyring_unavailable');
  });
});
