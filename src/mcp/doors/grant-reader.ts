import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { type GrantRecord, grantKey, grantRecord } from '../../trust/grant.ts';
import { readRecord } from '../../trust/record.ts';
import { createBoundedCache } from '../bounded-cache.ts';

// A person's grant to an agent, read from the store on every request: taking a grant back works at once, and the reading
// travels beside the nonce's. Only the parsed form of a text is kept, never the text's being current.

export interface GrantReader {
  /** Rejects when the store cannot be read, or its record. */
  read(agent: string, person: string): Promise<GrantRecord | undefined>;
}

const MAX_GRANTS = 1024;

export function createGrantReader(options: { readonly store: Pick<KeyValueStore, 'get'> }): GrantReader {
  const parsed = createBoundedCache<GrantRecord>(MAX_GRANTS);
  return {
    read: async (agent, person) => {
      const raw = await options.store.get(grantKey(agent, person));
      if (raw === undefined) return undefined;
      const known = parsed.get(raw);
      if (known !== undefined) return known;
      const record = readRecord(grantRecord, raw, 'grant');
      parsed.set(raw, record);
      return record;
    },
  };
}
