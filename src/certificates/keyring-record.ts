import { AppError } from '../kernel/app-error.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { KEYRING_KEY, type KeyringRecord, keyringRecord } from '../trust/keyring.ts';
import { readRecord } from '../trust/record.ts';

// The keyring's record, changed only over the very text that was read: two who change it at the same moment both take effect, one after the other.

export type KeyringStore = Pick<KeyValueStore, 'get' | 'setIfAbsent' | 'compareAndSet'>;

/** Two writers at the same moment need a second try, many of them a few more. */
const ATTEMPTS = 20;

export interface StoredKeyring {
  /** Nothing where there is no record yet. */
  readonly raw: string | undefined;
  readonly keyring: KeyringRecord;
}

export async function readKeyring(store: Pick<KeyringStore, 'get'>): Promise<StoredKeyring> {
  const raw = await store.get(KEYRING_KEY);
  const empty: KeyringRecord = { v: 1, version: 0, keys: [] };
  return { raw, keyring: raw === undefined ? empty : readRecord(keyringRecord, raw, 'keyring') };
}

/** False when somebody else was faster: read again. */
export function writeKeyring(
  store: KeyringStore,
  stored: Pick<StoredKeyring, 'raw'>,
  next: KeyringRecord,
): Promise<boolean> {
  const text = JSON.stringify(next);
  return stored.raw === undefined
    ? store.setIfAbsent(KEYRING_KEY, text)
    : store.compareAndSet(KEYRING_KEY, stored.raw, text);
}

/** Writes what `change` makes of the keyring; the same object means that there is nothing to change. Answers the keyring as it is then. */
export async function changeKeyring(
  store: KeyringStore,
  change: (keyring: KeyringRecord) => KeyringRecord,
): Promise<KeyringRecord> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const stored = await readKeyring(store);
    const next = change(stored.keyring);
    if (next === stored.keyring || (await writeKeyring(store, stored, next))) return next;
  }
  throw new AppError('conflict', 'The keyring keeps changing. Try again.');
}
