import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { type GrantRecord, grantKey } from '../../src/trust/grant.ts';
import { formatKeyId, KEYRING_KEY } from '../../src/trust/keyring.ts';
import { REVOCATIONS_KEY } from '../../src/trust/revocation-list.ts';
import { formatSpiffeId } from '../../src/trust/spiffe-id.ts';

// What every measured server and its load have in common, as plain data that travels to child processes, and the records that the agent
// door reads. Imports nothing that would weigh on a measured process.

export const AGENT = 'agent/assistant';
export const TRUST_DOMAIN = 'sallyport.local';
export const ENVIRONMENT = 'local';
export const IDENTITY = formatSpiffeId({ trustDomain: TRUST_DOMAIN, environment: ENVIRONMENT, agent: AGENT });
export const KEY_ID = formatKeyId(AGENT, 1);
/** A question to which the scripted model says when it spoke. */
export const SPEAK = 'Speak.';
/** Granted and delegated: the local tool's, and the calendar's. */
export const SCOPES: readonly string[] = ['calendar.write', 'test.write'];

export interface Stage {
  /** PEM of the authority behind both certificates. */
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly privateKey: string };
  /** base64url, 32 bytes. */
  readonly hmacMaster: string;
  /** The agent's credentials document. */
  readonly credentials: string;
  readonly persons: readonly string[];
  /** Absent: servers keep their records in memory. */
  readonly redis?: { readonly url: string; readonly ca: string };
}

/** Writes what the agent door reads: keys, revocations, grants. */
export async function seedStore(store: KeyValueStore, stage: Pick<Stage, 'persons'>): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const key = { key_id: KEY_ID, identity: IDENTITY, epoch: 1, state: 'current' };
  await store.set(KEYRING_KEY, JSON.stringify({ v: 1, version: 1, keys: [key] }));
  await store.set(REVOCATIONS_KEY, JSON.stringify({ v: 1, version: 1, updated_at: now, revoked: [] }));
  for (const person of stage.persons) {
    const dates = { granted_at: now, expires_at: now + 86_400 };
    const grant: GrantRecord = { v: 1, agent: AGENT, person, scopes: [...SCOPES], ...dates };
    await store.set(grantKey(AGENT, person), JSON.stringify(grant));
  }
}
