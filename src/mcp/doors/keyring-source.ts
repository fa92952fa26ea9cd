import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { KEYRING_KEY, type Keyring, parseKeyring } from '../../trust/keyring.ts';
import { createSingleFlight } from './single-flight.ts';

// The keyring as the door knows it, kept for one cache life. That life is a promise: key rotation waits twice as long before
// it uses a new key, so a keyring older than that is never used, not even when the store is down. A key id that the keyring
// does not name causes one more reading, and no more than one every few seconds however many unknown ids arrive.

export interface KeyringSource {
  /** The keyring at hand, if it is fresh and names `keyId`: the usual case, without waiting. */
  known(keyId: string): Keyring | undefined;
  /** A keyring that is fresh and, if possible, names `keyId`. Rejects when none can be read. */
  forKey(keyId: string): Promise<Keyring>;
}

const UNKNOWN_KEY_RELOAD_MS = 5000;

export function createKeyringSource(options: {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly clock: Clock;
  /** Asked with each reading, so that another master takes effect without a restart. */
  readonly hmacMaster: () => Promise<Secret<Uint8Array>>;
  readonly cacheSeconds: number;
}): KeyringSource {
  const { store, clock } = options;
  let loaded: { readonly keyring: Keyring; readonly loadedAtMs: number } | undefined;
  let reloadedForUnknownAtMs = Number.NEGATIVE_INFINITY;

  const load = createSingleFlight(async () => {
    const loadedAtMs = clock.nowMs();
    const [raw, hmacMaster] = await Promise.all([store.get(KEYRING_KEY), options.hmacMaster()]);
    if (raw === undefined) throw new AppError('unavailable', 'There is no keyring.');
    const keyring = parseKeyring(raw, hmacMaster.reveal());
    loaded = { keyring, loadedAtMs };
    return keyring;
  });

  function fresh(): Keyring | undefined {
    if (loaded === undefined) return undefined;
    const ageMs = clock.nowMs() - loaded.loadedAtMs;
    return ageMs >= 0 && ageMs < options.cacheSeconds * 1000 ? loaded.keyring : undefined;
  }

  return {
    known: (keyId) => {
      const keyring = fresh();
      return keyring?.find(keyId) === undefined ? undefined : keyring;
    },
    forKey: async (keyId) => {
      const keyring = fresh() ?? (await load());
      if (keyring.find(keyId) !== undefined) return keyring;
      const nowMs = clock.nowMs();
      const allowed = Math.abs(nowMs - reloadedForUnknownAtMs) >= UNKNOWN_KEY_RELOAD_MS;
      if (!allowed) return load.running() ?? keyring;
      reloadedForUnknownAtMs = nowMs;
      return load();
    },
  };
}
