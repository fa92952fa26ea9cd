import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { KEYRING_KEY, type Keyring, parseKeyring } from '../../trust/keyring.ts';
import { createSingleFlight } from './single-flight.ts';

// The keyring as the door knows it, kept for one cache life. That life is a promise: key rotation waits twice as long before
// it uses a new key, so a keyring older than that is never used, not even when the store is down. A key id of the caller's own
// that the keyring does not name causes one more reading: new credentials are good at once, and even several in a row. A caller
// who makes up ids gets a few readings in some seconds and no more, and takes none from others.

export interface KeyringSource {
  /** The keyring at hand, if it is fresh and names `keyId`: the usual case, without waiting. */
  known(keyId: string): Keyring | undefined;
  /** A keyring that is fresh and, if possible, names `keyId` of this agent. Rejects when none can be read. */
  forKey(keyId: string, agent: string): Promise<Keyring>;
}

const RELOAD_WINDOW_MS = 5000;
const RELOADS_IN_WINDOW = 4;

/** Counts the readings that an agent causes; agents are as many as there are valid certificates. */
function createReloadLimit(): (agent: string, nowMs: number) => boolean {
  const reloads = new Map<string, readonly number[]>();
  return (agent, nowMs) => {
    const recent = (reloads.get(agent) ?? []).filter((atMs) => Math.abs(nowMs - atMs) < RELOAD_WINDOW_MS);
    if (recent.length >= RELOADS_IN_WINDOW) return false;
    reloads.set(agent, [...recent, nowMs]);
    return true;
  };
}

export function createKeyringSource(options: {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly clock: Clock;
  /** Asked with each reading, so that another master takes effect without a restart. */
  readonly hmacMaster: () => Promise<Secret<Uint8Array>>;
  readonly cacheSeconds: number;
}): KeyringSource {
  const { store, clock } = options;
  let loaded: { readonly keyring: Keyring; readonly loadedAtMs: number } | undefined;
  const mayReload = createReloadLimit();

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
    forKey: async (keyId, agent) => {
      const keyring = fresh() ?? (await load());
      // Another's id is refused whatever the store says.
      if (keyring.find(keyId) !== undefined || !keyId.startsWith(`${agent}#`)) return keyring;
      return load.running() ?? (mayReload(agent, clock.nowMs()) ? load() : keyring);
    },
  };
}
