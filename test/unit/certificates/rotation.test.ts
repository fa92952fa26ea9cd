import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../../src/adapters/embedded/file-signer.ts';
import { DAY_MS, isIssuedBy } from '../../../src/certificates/agent-credentials.ts';
import { ensureAuthority } from '../../../src/certificates/enrol.ts';
import type { RotationWish } from '../../../src/certificates/rotation.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { parseCredentials } from '../../../src/trust/credentials.ts';
import { ROTATION_DRAIN_SECONDS, ROTATION_RUN_LIMIT_SECONDS } from '../../../src/trust/key-rotation.ts';
import { KEYRING_KEY, type KeyringRecord } from '../../../src/trust/keyring.ts';
import { CACHE_SECONDS, createRotationWorld, IDENTITY, type RotationWorld } from '../../support/rotation-world.ts';

const TICK_SECONDS = 900;
const WHOLE_SECONDS = 3 * CACHE_SECONDS + ROTATION_RUN_LIMIT_SECONDS + ROTATION_DRAIN_SECONDS;

interface Seen {
  readonly atMs: number;
  readonly text: string;
}

/**
 * Watches what was in the store and in the document when, and tells whether anybody could be refused now: any agent signs with a document that it
 * may still hold, any door checks with a keyring that it may still hold.
 */
function createWatch(world: RotationWorld) {
  const documents: Seen[] = [];
  const keyrings: Seen[] = [];
  const add = (list: Seen[], text: string): void => {
    if (list.at(-1)?.text !== text) list.push({ atMs: world.clock.nowMs(), text });
  };
  const look = async (): Promise<void> => {
    for (const text of world.written.slice(documents.length)) documents.push({ atMs: world.clock.nowMs(), text });
    add(keyrings, (await world.store.get(KEYRING_KEY)) ?? '');
  };
  const mayBeHeld = (list: readonly Seen[]): readonly string[] => {
    const since = world.clock.nowMs() - CACHE_SECONDS * 1000;
    return list
      .filter((_one, index) => (list[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) > since)
      .map((one) => one.text);
  };
  const keyIds = new Map<string, { keyId: string; endMs: number }>();
  const read = (text: string): { keyId: string; endMs: number } => {
    const known = keyIds.get(text) ?? {
      keyId: parseCredentials(text).keyId,
      endMs: parseCredentials(text).certificate.notAfterMs,
    };
    keyIds.set(text, known);
    return known;
  };
  const refused = (): readonly string[] =>
    mayBeHeld(documents).flatMap((document) =>
      mayBeHeld(keyrings).flatMap((keyring) => {
        const { keyId, endMs } = read(document);
        const entry = (JSON.parse(keyring) as KeyringRecord).keys.find((key) => key.key_id === keyId);
        const nowMs = world.clock.nowMs();
        if (entry === undefined) return [`${keyId} is not known`];
        if ((entry.not_after ?? Number.POSITIVE_INFINITY) * 1000 <= nowMs) return [`${keyId} has ended`];
        return endMs <= nowMs ? ['the certificate has ended'] : [];
      }),
    );
  return { look, refused };
}

/** Runs at each tick for so long; a run that dies is logged and forgotten, as on Lambda. */
async function tick(
  world: RotationWorld,
  seconds: number,
  run: (first: boolean) => Promise<unknown>,
  everySeconds = TICK_SECONDS,
): Promise<readonly string[]> {
  const watch = createWatch(world);
  const refusals: string[] = [];
  await watch.look();
  for (let at = 0; at <= seconds; at += everySeconds) {
    await run(at === 0).catch(() => undefined);
    await watch.look();
    // Just now, and at moments until the next tick.
    for (const part of [0, 0.1, 0.4, 0.5]) {
      world.clock.advance(part * everySeconds * 1000);
      refusals.push(...watch.refused());
    }
  }
  return refusals;
}

const once = (world: RotationWorld, wish: RotationWish) => (first: boolean) => world.rotation().run(first ? wish : {});

describe('the rotation', () => {
  it('does nothing while nothing is due', async () => {
    const world = await createRotationWorld();
    const before = [await world.store.get(KEYRING_KEY), world.written.length];
    const report = await world.rotation().run();
    expect(report).toMatchObject({ steps: [], key_id: 'agent/assistant#1' });
    expect([await world.store.get(KEYRING_KEY), world.written.length]).toEqual(before);
  });

  it('renews the certificate at 20 of its 30 days, and nothing else with it', async () => {
    const world = await createRotationWorld();
    const before = await world.held();
    world.clock.advance(20 * DAY_MS - 1000);
    expect((await world.rotation().run()).steps).toEqual([]);
    world.clock.advance(2000);
    const report = await world.rotation().run();
    expect(report.steps).toEqual(['certificate_renewed']);
    const after = await world.held();
    expect(after.certificate.serial).not.toBe(before.certificate.serial);
    expect(after.document.private_key).not.toBe(before.document.private_key);
    expect([after.keyId, after.document.secret]).toEqual([before.keyId, before.document.secret]);
    expect(after.certificate.notAfterMs - world.clock.nowMs()).toBeGreaterThan(29.9 * DAY_MS);
    expect(report.certificate_ends).toBe(new Date(after.certificate.notAfterMs).toISOString());
  });

  it('goes through all phases of another key, each when it is due, and refuses nobody', async () => {
    const world = await createRotationWorld();
    const seen: string[] = [];
    const refusals = await tick(world, WHOLE_SECONDS + 3 * TICK_SECONDS, async (first) => {
      seen.push(...(await world.rotation().run(first ? { start: true } : {})).steps);
    });
    expect(refusals).toEqual([]);
    expect(seen).toEqual(['key_published', 'credentials_written', 'key_promoted', 'key_retired', 'key_dropped']);
    expect(await world.states()).toBe('2 current');
    expect((await world.held()).keyId).toBe('agent/assistant#2');
  });

  it('tells what it waits for', async () => {
    const world = await createRotationWorld();
    const report = await world.rotation().run({ start: true });
    const due = new Date(world.clock.nowMs() + 2 * CACHE_SECONDS * 1000).toISOString();
    expect(report).toMatchObject({ steps: ['key_published'], next: { step: 'promote', not_before: due } });
    expect((await world.rotation().run({ start: true })).steps).toEqual([]);
  });

  it('goes on for months by itself: each key for 30 days, each certificate for 20, nobody refused', async () => {
    const world = await createRotationWorld();
    const steps: string[] = [];
    const run = async () => void steps.push(...(await world.rotation().run()).steps);
    const refusals = await tick(world, (100 * DAY_MS) / 1000, run, 3600);
    expect(refusals).toEqual([]);
    expect(steps.filter((step) => step === 'key_promoted')).toHaveLength(3);
    expect(steps.filter((step) => step === 'certificate_renewed')).toHaveLength(4);
    expect(await world.states()).toBe('4 current');
  }, 60_000);

  it('takes another authority’s certificate the moment that authority is the one', async () => {
    const world = await createRotationWorld();
    const signer = createFileSigner(generateSignerKey());
    const random = { bytes: (count: number) => new Uint8Array(count).fill(7) };
    const name = 'CN=The next CA';
    const next = await ensureAuthority({ signer, clock: world.clock, random }, { name, truststore: world.truststore });
    expect(next.truststore.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const report = await world.rotation({}, { certificate: next.certificate, signer }).run();
    expect(report.steps).toEqual(['certificate_renewed']);
    const held = await world.held();
    expect(isIssuedBy(held.document.certificate, next.certificate)).toBe(true);
    expect(held.certificate.issuer).toBe(name);
    expect((await world.rotation({}, { certificate: next.certificate, signer }).run()).steps).toEqual([]);
  });

  it('issues nothing that outlives its authority, and nothing once that has ended', async () => {
    const world = await createRotationWorld();
    const endMs = new X509Certificate(world.authority.certificate).validToDate.getTime();
    world.clock.set(endMs - 5 * DAY_MS);
    await world.rotation().run({ renew: true });
    expect((await world.held()).certificate.notAfterMs).toBe(endMs);
    expect((await world.rotation().run()).steps).toEqual([]);
    world.clock.set(endMs + 1000);
    await expect(world.rotation().run()).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('keeps the authority of the server’s certificate through every write', async () => {
    const world = await createRotationWorld();
    const document = { ...(await world.held()).document, server_ca: 'PEM of the server’s' };
    await world.credentials.write(createSecret(JSON.stringify(document)));
    await world.rotation().run({ renew: true });
    expect((await world.held()).document.server_ca).toBe('PEM of the server’s');
  });
});

describe('a key in other hands', () => {
  it('is refused at once, and the agent has another in the same run', async () => {
    const world = await createRotationWorld();
    const report = await world.rotation().run({ replace: 'agent/assistant#1' });
    expect(report.steps).toEqual(['key_replaced', 'credentials_written']);
    expect(await world.states()).toBe('2 current');
    expect(await world.believed()).toBe(true);
  });

  it('that is on its way out only goes sooner, and one on its way in never comes again', async () => {
    const world = await createRotationWorld();
    await world.rotation().run({ start: true });
    expect((await world.rotation().run({ replace: 'agent/assistant#2' })).steps).toEqual([
      'key_replaced',
      'credentials_written',
    ]);
    expect(await world.states()).toBe('3 current');
    await world.rotation().run({ start: true });
    world.clock.advance(2 * CACHE_SECONDS * 1000);
    await world.rotation().run();
    expect(await world.states()).toBe('3 previous, 4 current');
    expect((await world.rotation().run({ replace: 'agent/assistant#3' })).steps).toEqual(['key_dropped']);
    expect(await world.states()).toBe('4 current');
    expect(await world.believed()).toBe(true);
  });

  it('is replaced once, however often it is asked for', async () => {
    const world = await createRotationWorld();
    const wish = { replace: 'agent/assistant#1' };
    world.fault.current = (where) => {
      if (where === 'before document') throw new Error('it dies here');
    };
    await expect(world.rotation().run(wish)).rejects.toThrow('it dies here');
    expect(await world.believed()).toBe(false);
    world.fault.current = () => {};
    expect((await world.rotation().run(wish)).steps).toEqual(['credentials_written']);
    expect((await world.rotation().run(wish)).steps).toEqual([]);
    expect(await world.states()).toBe('2 current');
  });
});

describe('a run that dies', () => {
  /** The nth place where something can be written or signed, before and after. */
  async function dieAt(nth: number): Promise<{ died: boolean; refusals: readonly string[]; world: RotationWorld }> {
    const world = await createRotationWorld();
    let count = 0;
    world.fault.current = (where) => {
      count += 1;
      if (count === nth) throw new Error(`killed ${where}`);
    };
    // Certificate and key are due together.
    world.clock.advance(21 * DAY_MS);
    const refusals = await tick(world, WHOLE_SECONDS + 4 * TICK_SECONDS, once(world, { start: true }));
    return { died: count >= nth, refusals, world };
  }

  it('at any step leaves what the next run completes, and nobody is refused', async () => {
    let nth = 1;
    for (; nth < 100; nth += 1) {
      const { died, refusals, world } = await dieAt(nth);
      if (!died) break;
      expect([nth, refusals]).toEqual([nth, []]);
      // A run that died before it had begun was asked only once.
      const begun = nth > 5 || (await world.states()) !== '1 current';
      expect([nth, begun ? await world.states() : '2 current']).toEqual([nth, '2 current']);
      expect(await world.believed()).toBe(true);
      expect((await world.held()).certificate.notAfterMs - world.clock.nowMs()).toBeGreaterThan(20 * DAY_MS);
    }
    // A signature, two writes of the document, four of the keyring; before and after each.
    expect(nth).toBe(15);
  }, 60_000);

  it('is told by a metric and a log line, and to whoever asked', async () => {
    const world = await createRotationWorld();
    world.fault.current = () => {
      throw new Error('no way');
    };
    await expect(world.rotation().run({ renew: true })).rejects.toThrow('no way');
    expect(world.log.events.filter(({ event }) => event === 'RotationFailed')).toHaveLength(1);
    expect(world.log.events.filter(({ event }) => event === 'rotation.failed')).toMatchObject([
      { level: 'error', fields: { identity: IDENTITY, cause: 'no way' } },
    ]);
  });

  it('after its write, having slept over a promotion, does not take the old key to its end', async () => {
    const world = await createRotationWorld();
    await world.rotation().run({ start: true });
    world.clock.advance(2 * CACHE_SECONDS * 1000 - 1000);
    let wake = (): void => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let sleeping = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      sleeping = resolve;
    });
    world.fault.current = async (where) => {
      if (where !== 'before document') {
        if (where === 'after document') throw new Error('killed after its write');
        return;
      }
      sleeping();
      await asleep;
    };
    const slow = world.rotation().run({ renew: true });
    await arrived;
    world.fault.current = () => {};
    world.clock.advance(2000);
    expect((await world.rotation().run()).steps).toEqual(['credentials_written', 'key_promoted']);
    world.fault.current = (where) => {
      if (where === 'after document') throw new Error('killed after its write');
    };
    wake();
    await expect(slow).rejects.toThrow('killed');
    world.fault.current = () => {};
    expect((await world.held()).keyId).toBe('agent/assistant#1');
    // The document is a step back. It stays so until the next tick; nobody may notice.
    const watch = createWatch(world);
    await watch.look();
    world.clock.advance((TICK_SECONDS - 1) * 1000);
    expect(watch.refused()).toEqual([]);
    const refusals = await tick(world, WHOLE_SECONDS, () => world.rotation().run());
    expect(refusals).toEqual([]);
    expect(await world.states()).toBe('2 current');
  });
});

describe('runs at the same time', () => {
  it('do each step once, in whatever order their writes fall, and refuse nobody', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const world = await createRotationWorld();
      let state = seed;
      world.fault.current = async () => {
        // A small generator of its own, so that a failing seed can be run again.
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        for (let turn = state % 7; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
      };
      world.clock.advance(21 * DAY_MS);
      const done: string[] = [];
      const refusals = await tick(world, WHOLE_SECONDS + 4 * TICK_SECONDS, async (first) => {
        const wish = first ? { start: true } : {};
        const reports = await Promise.all([1, 2, 3].map(() => world.rotation().run(wish)));
        done.push(...reports.flatMap((report) => report.steps));
      });
      expect([seed, refusals]).toEqual([seed, []]);
      for (const step of ['key_published', 'key_promoted', 'key_retired', 'key_dropped']) {
        expect([seed, step, done.filter((one) => one === step).length]).toEqual([seed, step, 1]);
      }
      expect(await world.states()).toBe('2 current');
      expect(await world.believed()).toBe(true);
    }
  }, 60_000);
});

describe('the rotation begins from nothing', () => {
  it.each([
    [
      'without a keyring',
      async (world: RotationWorld) => world.store.set(KEYRING_KEY, '{"v":1,"version":1,"keys":[]}'),
    ],
    [
      'with a document that is none',
      async (world: RotationWorld) => void (await world.credentials.write(createSecret('{}'))),
    ],
  ])('never: %s it says so and writes nothing', async (_what, spoil) => {
    const world = await createRotationWorld();
    await spoil(world);
    const before = [await world.store.get(KEYRING_KEY), world.written.length];
    await expect(world.rotation().run({ start: true, renew: true })).rejects.toMatchObject({ code: 'misconfigured' });
    expect([await world.store.get(KEYRING_KEY), world.written.length]).toEqual(before);
  });

  it('never: nor with the document of another agent', async () => {
    const world = await createRotationWorld();
    const other = world.rotation({ identity: 'spiffe://sallyport.local/local/agent/other' });
    await expect(other.run()).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
