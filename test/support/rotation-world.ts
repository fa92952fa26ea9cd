import { randomBytes } from 'node:crypto';
import { createFileSigner, generateSignerKey } from '../../src/adapters/embedded/file-signer.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { enrolAgent, ensureAuthority } from '../../src/certificates/enrol.ts';
import type { CertificateAuthority } from '../../src/certificates/issue.ts';
import { createRotation, type Rotation, type RotationOptions } from '../../src/certificates/rotation.ts';
import { createSecret, type Secret } from '../../src/kernel/secret.ts';
import type { CertificateSigner } from '../../src/ports/certificate-signer.ts';
import type { CredentialsStore } from '../../src/ports/credentials-store.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { type AgentCredentials, parseCredentials } from '../../src/trust/credentials.ts';
import { KEYRING_KEY, type KeyringRecord, parseKeyring } from '../../src/trust/keyring.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createTestLog } from './log.ts';

// An agent's credentials and whoever renews them, in memory, with a place for faults before and after each write.

export const IDENTITY = 'spiffe://sallyport.local/local/agent/assistant';
export const CACHE_SECONDS = 900;

/** Called around each write and each signature; may throw, or wait. */
export type Fault = (where: string) => void | Promise<void>;

export interface RotationWorld {
  readonly clock: TestClock;
  readonly store: KeyValueStore;
  readonly credentials: CredentialsStore;
  readonly hmacMaster: Secret<Uint8Array>;
  readonly authority: CertificateAuthority;
  readonly truststore: string;
  readonly log: ReturnType<typeof createTestLog>;
  readonly fault: { current: Fault };
  /** Documents written, oldest first. */
  readonly written: string[];
  rotation(options?: Partial<RotationOptions>, authority?: CertificateAuthority): Rotation;
  held(): Promise<AgentCredentials>;
  keyring(): Promise<KeyringRecord>;
  /** `1 previous, 2 current`. */
  states(): Promise<string>;
  /** Whether a door that reads the keyring now believes what the agent holds now. */
  believed(): Promise<boolean>;
}

const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };

function memoryCredentials(written: string[]): CredentialsStore {
  return {
    read: async () => {
      const last = written.at(-1);
      return last === undefined ? undefined : createSecret(last);
    },
    write: async (document) => String(written.push(document.reveal())),
  };
}

function faulty(inner: RotationWorld, signer: CertificateSigner) {
  const around = async <Value>(where: string, act: () => Promise<Value>): Promise<Value> => {
    await inner.fault.current(`before ${where}`);
    const value = await act();
    await inner.fault.current(`after ${where}`);
    return value;
  };
  return {
    store: {
      get: (key: string) => inner.store.get(key),
      compareAndSet: (key: string, expected: string, value: string) =>
        around('keyring', () => inner.store.compareAndSet(key, expected, value)),
    },
    credentials: {
      read: () => inner.credentials.read(),
      write: (document: Secret) => around('document', () => inner.credentials.write(document)),
    },
    signer: {
      publicKey: () => signer.publicKey(),
      sign: (data: Uint8Array) => around('signature', () => signer.sign(data)),
    },
  };
}

export async function createRotationWorld(): Promise<RotationWorld> {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const written: string[] = [];
  const credentials = memoryCredentials(written);
  const hmacMaster = createSecret(random.bytes(32));
  const signer = createFileSigner(generateSignerKey());
  const { certificate, truststore } = await ensureAuthority({ signer, clock, random }, { name: 'CN=Rotation test CA' });
  const authority = { certificate, signer };
  await enrolAgent({ store, credentials, authority, hmacMaster, clock, random }, { identity: IDENTITY });
  const log = createTestLog();
  const world: RotationWorld = {
    clock,
    store,
    credentials,
    hmacMaster,
    authority,
    truststore,
    log,
    written,
    fault: { current: () => {} },
    rotation: (options = {}, by = authority) => {
      const ports = faulty(world, by.signer);
      return createRotation(
        {
          store: ports.store,
          credentials: ports.credentials,
          authority: { certificate: by.certificate, signer: ports.signer },
          hmacMaster,
          clock,
          random,
          log,
        },
        { identity: IDENTITY, cacheSeconds: CACHE_SECONDS, ...options },
      );
    },
    held: async () => parseCredentials((await credentials.read())?.reveal() ?? ''),
    keyring: async () => JSON.parse((await store.get(KEYRING_KEY)) ?? '') as KeyringRecord,
    states: async () => (await world.keyring()).keys.map((key) => `${key.epoch} ${key.state}`).join(', '),
    believed: async () => {
      const keyring = parseKeyring((await store.get(KEYRING_KEY)) ?? '', hmacMaster.reveal());
      const { keyId, hmacKey, certificate: held } = await world.held();
      const entry = keyring.find(keyId);
      if (entry === undefined || held.notAfterMs <= clock.nowMs()) return false;
      if (entry.not_after !== undefined && entry.not_after * 1000 <= clock.nowMs()) return false;
      return keyring.keyOf(entry).equals(hmacKey);
    },
  };
  return world;
}
