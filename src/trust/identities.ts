import { AppError } from '../kernel/app-error.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { listKeys } from './list-keys.ts';
import { IDENTITY_PATTERN, identityKey, identityRecord } from './person.ts';
import { readRecord } from './record.ts';

// Whose identity is whose: `identity:<identity>` decides, and an index beside it lets a person see their own. The index is written first
// and believed never: an entry whose identity is not that person's is skipped. Whether an identity was proved is the caller's to know.

/** `identityindex:<person>:<identity>` holds nothing but its name. */
export const identityIndexKey = (person: string, identity: string): string => `identityindex:${person}:${identity}`;

const indexText = '{"v":1}';

export async function ownerOf(store: Pick<KeyValueStore, 'get'>, identity: string): Promise<string | undefined> {
  const raw = IDENTITY_PATTERN.test(identity) ? await store.get(identityKey(identity)) : undefined;
  return raw === undefined ? undefined : readRecord(identityRecord, raw, 'identity').person;
}

/** Answers `taken` when it is another person's, and changes nothing then. */
export async function linkIdentity(
  store: Pick<KeyValueStore, 'get' | 'set' | 'setIfAbsent'>,
  identity: string,
  person: string,
): Promise<'linked' | 'known' | 'taken'> {
  if (!IDENTITY_PATTERN.test(identity)) throw new AppError('invalid_request', 'That is no identity.');
  const before = await ownerOf(store, identity);
  if (before !== undefined && before !== person) return 'taken';
  await store.set(identityIndexKey(person, identity), indexText);
  if (before === person) return 'known';
  if (await store.setIfAbsent(identityKey(identity), JSON.stringify({ v: 1, person }))) return 'linked';
  // Somebody was quicker: their link stands.
  return (await ownerOf(store, identity)) === person ? 'known' : 'taken';
}

/** False when it was not that person's. */
export async function unlinkIdentity(
  store: Pick<KeyValueStore, 'get' | 'compareAndDelete'>,
  identity: string,
  person: string,
): Promise<boolean> {
  const raw = IDENTITY_PATTERN.test(identity) ? await store.get(identityKey(identity)) : undefined;
  if (raw === undefined || readRecord(identityRecord, raw, 'identity').person !== person) return false;
  const removed = await store.compareAndDelete(identityKey(identity), raw);
  if (removed) await store.compareAndDelete(identityIndexKey(person, identity), indexText);
  return removed;
}

export async function listIdentities(
  store: Pick<KeyValueStore, 'get' | 'list'>,
  person: string,
): Promise<readonly string[]> {
  const prefix = identityIndexKey(person, '');
  const named = (await listKeys(store, prefix)).map((key) => key.slice(prefix.length));
  const owners = await Promise.all(named.map((identity) => ownerOf(store, identity)));
  return named.filter((_, index) => owners[index] === person).sort();
}
