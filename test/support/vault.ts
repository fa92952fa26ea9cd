import { randomBytes } from 'node:crypto';
import { createLocalKeyService } from '../../src/adapters/embedded/local-key-service.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyService } from '../../src/ports/key-service.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { Random } from '../../src/ports/random.ts';
import { createVault, type NewVaultEntry, type Vault, type VaultVersion } from '../../src/vault/vault.ts';
import type { VaultEntry } from '../../src/vault/vault-record.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createTestLog, type TestLog } from './log.ts';

// A vault over the embedded store and key service, for tests that look into and behind it.

export const ALICE = 'p_01JD0000000000000000000000';
export const BORIS = 'p_01JD0000000000000000000001';

export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

export interface CountingKeyService extends KeyService {
  readonly counts: { generated: number; opened: number };
}

/** Counts what goes through to the service behind it. */
function countCalls(keys: KeyService): CountingKeyService {
  const counts = { generated: 0, opened: 0 };
  return {
    counts,
    async generateDataKey(context) {
      counts.generated += 1;
      return keys.generateDataKey(context);
    },
    async openDataKey(wrapped, context) {
      counts.opened += 1;
      return keys.openDataKey(wrapped, context);
    },
  };
}

export interface TestVault {
  readonly vault: Vault;
  readonly store: KeyValueStore;
  readonly keys: CountingKeyService;
  readonly clock: TestClock;
  readonly log: TestLog;
  /** Another vault on the same store and keys, as another process has; with other keys or environment where said. */
  another(over?: { readonly keys?: KeyService; readonly environment?: string; readonly store?: KeyValueStore }): Vault;
}

export function createTestKeyService(): CountingKeyService {
  return countCalls(createLocalKeyService({ masterKey: createSecret(systemRandom.bytes(32)), random: systemRandom }));
}

export function createTestVault(): TestVault {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const keys = createTestKeyService();
  const log = createTestLog();
  const another: TestVault['another'] = (over = {}) =>
    createVault({ store, keys, clock, environment: 'local', log, ...over });
  return { vault: another(), store, keys, clock, log, another };
}

export function createEntry(clock: TestClock, over: Partial<VaultEntry> = {}): VaultEntry {
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  return {
    accessToken: 'access-canary-1',
    refreshToken: 'refresh-canary-1',
    expiresAt: nowSeconds + 3_600,
    connectedAt: nowSeconds,
    scopes: ['https://www.googleapis.com/auth/calendar.events'],
    sub: 'sub-canary',
    email: 'canary@example.com',
    ...over,
  };
}

/** Saves over whatever is there and answers the version. */
export async function put(vault: Vault, person: string, entry: NewVaultEntry): Promise<VaultVersion> {
  const saved = await vault.save('google', person, entry, (await vault.read('google', person)).version);
  if (!saved.ok) throw new Error(saved.reason);
  return saved.value;
}
