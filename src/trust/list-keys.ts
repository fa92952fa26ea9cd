import type { KeyValueStore } from '../ports/key-value-store.ts';

/** All keys under a prefix, sorted, each once (a store may repeat one on a later page). */
export async function listKeys(store: Pick<KeyValueStore, 'list'>, prefix: string): Promise<readonly string[]> {
  const keys = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await store.list(prefix, cursor === undefined ? {} : { cursor });
    for (const key of page.keys) keys.add(key);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...keys].sort();
}
