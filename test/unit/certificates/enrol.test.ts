import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../../src/adapters/embedded/file-signer.ts';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { DAY_MS } from '../../../src/certificates/agent-credentials.ts';
import { type EnrolmentRequest, enrolAgent, ensureAuthority } from '../../../src/certificates/enrol.ts';
import { readKeyring } from '../../../src/certificates/keyring-record.ts';
import {
  addToTruststore,
  findAuthority,
  readTruststore,
  removeFromTruststore,
} from '../../../src/certificates/truststore.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { parseCredentials } from '../../../src/trust/credentials.ts';
import { replaceKeys } from '../../../src/trust/key-rotation.ts';
import { KEYRING_KEY } from '../../../src/trust/keyring.ts';
import { REVOCATIONS_KEY } from '../../../src/trust/revocation-list.ts';
import { createTestClock } from '../../support/clock.ts';
import { IDENTITY } from '../../support/rotation-world.ts';

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

async function setUp() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const documents: string[] = [];
  const credentials = {
    read: async () => (documents.length === 0 ? undefined : createSecret(documents.at(-1) ?? '')),
    write: async (document: { reveal(): string }) => String(documents.push(document.reveal())),
  };
  const hmacMaster = createSecret(random.bytes(32));
  const signer = createFileSigner(generateSignerKey());
  const { certificate, truststore } = await ensureAuthority({ signer, clock, random }, { name: 'CN=First CA' });
  const base = { store, credentials, hmacMaster, clock, random };
  const enrol = (over = {}, request: Partial<EnrolmentRequest> = {}) =>
    enrolAgent({ ...base, authority: { certificate, signer }, ...over }, { identity: IDENTITY, ...request });
  return { clock, store, documents, signer, certificate, truststore, enrol };
}

describe('enrolling an agent', () => {
  it('makes all that is missing, once', async () => {
    const world = await setUp();
    expect(await world.enrol()).toEqual({
      keyId: 'agent/assistant#1',
      made: ['revocations', 'key', 'credentials'],
    });
    const before = [await world.store.get(KEYRING_KEY), await world.store.get(REVOCATIONS_KEY)];
    expect(await world.enrol()).toEqual({ keyId: 'agent/assistant#1', made: [] });
    expect([await world.store.get(KEYRING_KEY), await world.store.get(REVOCATIONS_KEY)]).toEqual(before);
    expect(world.documents).toHaveLength(1);
    const held = parseCredentials(world.documents[0] ?? '');
    expect(held.certificate).toMatchObject({ issuer: 'CN=First CA', spiffeId: { text: IDENTITY } });
  });

  it.each([
    ['keyring', KEYRING_KEY],
    ['revocations', REVOCATIONS_KEY],
  ])('that broke off before its write of the %s is completed by the next', async (_what, key) => {
    const world = await setUp();
    const store = {
      ...world.store,
      setIfAbsent: async (name: string, value: string) => {
        if (name === key) throw new Error('killed');
        return world.store.setIfAbsent(name, value);
      },
    };
    await expect(world.enrol({ store })).rejects.toThrow('killed');
    expect((await world.enrol()).made).toContain('credentials');
    expect((await world.enrol()).made).toEqual([]);
  });

  it('replaces a document that opens no door: ended, damaged, of another master', async () => {
    const world = await setUp();
    await world.enrol();
    world.clock.advance(31 * DAY_MS);
    expect((await world.enrol()).made).toEqual(['credentials']);
    world.documents.push('{"v":1}');
    expect((await world.enrol()).made).toEqual(['credentials']);
    expect((await world.enrol({ hmacMaster: createSecret(random.bytes(32)) })).made).toEqual(['credentials']);
    expect((await world.enrol()).made).toEqual(['credentials']);
  });

  it('goes on from the document’s key where the keyring was lost: no key of before is believed again', async () => {
    const world = await setUp();
    await world.enrol();
    const replaced = replaceKeys(
      (await readKeyring(world.store)).keyring,
      IDENTITY,
      Math.floor(world.clock.nowMs() / 1000),
    );
    await world.store.set(KEYRING_KEY, JSON.stringify(replaced));
    expect(await world.enrol()).toEqual({ keyId: 'agent/assistant#2', made: ['credentials'] });

    await world.store.set(KEYRING_KEY, JSON.stringify({ v: 1, version: 0, keys: [] }));
    expect(await world.enrol()).toEqual({ keyId: 'agent/assistant#2', made: ['key'] });
    expect((await readKeyring(world.store)).keyring.keys.map(({ key_id }) => key_id)).toEqual(['agent/assistant#2']);

    await world.store.set(KEYRING_KEY, JSON.stringify({ v: 1, version: 0, keys: [] }));
    const hmacMaster = createSecret(random.bytes(32));
    expect(await world.enrol({ hmacMaster })).toEqual({ keyId: 'agent/assistant#3', made: ['key', 'credentials'] });
  });

  it('puts in the authority of the server’s certificate, and keeps it', async () => {
    const world = await setUp();
    await world.enrol({}, { serverCa: 'PEM' });
    expect((await world.enrol()).made).toEqual([]);
    expect((await world.enrol({}, { serverCa: 'another PEM' })).made).toEqual(['credentials']);
    world.clock.advance(31 * DAY_MS);
    await world.enrol();
    expect(parseCredentials(world.documents.at(-1) ?? '').document.server_ca).toBe('another PEM');
  });

  it('leaves a certificate of the old authority to the rotation while both are trusted', async () => {
    const world = await setUp();
    await world.enrol();
    const signer = createFileSigner(generateSignerKey());
    const name = 'CN=Second CA';
    const { clock, truststore } = world;
    const next = await ensureAuthority({ signer, clock, random }, { name, truststore });
    const authority = { certificate: next.certificate, signer };
    expect((await world.enrol({ authority }, { truststore })).made).toEqual([]);
    expect((await world.enrol({ authority })).made).toEqual(['credentials']);
  });
});

describe('the truststore', () => {
  it('holds both authorities in a rollover, the new one first, and gives the old one up', async () => {
    const { clock, signer, certificate, truststore } = await setUp();
    const again = await ensureAuthority({ signer, clock, random }, { name: 'CN=First CA', truststore });
    expect(again).toEqual({ certificate, truststore, made: false });

    const second = createFileSigner(generateSignerKey());
    const both = await ensureAuthority({ signer: second, clock, random }, { name: 'CN=Second CA', truststore });
    expect(both.made).toBe(true);
    expect(readTruststore(both.truststore).map(({ name }) => name)).toEqual(['CN=Second CA', 'CN=First CA']);
    expect((await findAuthority(both.truststore, signer))?.name).toBe('CN=First CA');
    expect(addToTruststore(both.truststore, certificate)).toBe(both.truststore);

    const after = removeFromTruststore(both.truststore, certificate);
    expect(readTruststore(after).map(({ name }) => name)).toEqual(['CN=Second CA']);
    expect(() => removeFromTruststore(after, both.certificate)).toThrow('nobody gets in');
  });

  it('takes authorities and nothing else', async () => {
    const world = await setUp();
    await world.enrol();
    const { certificate } = parseCredentials(world.documents[0] ?? '').document;
    expect(() => addToTruststore('', certificate)).toThrow('authorities only');
    expect(() => readTruststore(certificate)).toThrow('authorities only');
    expect(() => addToTruststore('', 'nothing')).toThrow('not one certificate');
    expect(readTruststore('')).toEqual([]);
  });
});
