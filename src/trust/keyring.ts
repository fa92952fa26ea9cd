import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { accept, type Result, refuse } from '../kernel/result.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { readRecord } from './record.ts';
import { parseSpiffeId } from './spiffe-id.ts';

// Which HMAC keys the door believes, and whose each is. The record names keys; the secrets are derived from a master that
// verifiers hold and agents do not (RFC 5869), so that nothing in the store lets anyone sign. Key: `keyring`.

export const KEYRING_KEY = 'keyring';
export const HMAC_SECRET_BYTES = 32;
/** How long a verifier keeps a keyring; key rotation waits by it. */
export const KEYRING_CACHE_SECONDS = 60;
const MASTER_MIN_BYTES = 32;

const keyStates = ['next', 'current', 'previous'] as const;

const keyringEntry = z.object({
  key_id: z.string(),
  /** The SPIFFE id of the one certificate identity that may use it. */
  identity: z.string(),
  epoch: z.number().int().min(1),
  state: z.enum(keyStates),
  /** Unix seconds at which it entered this state; absent means long ago. */
  since: z.number().int().optional(),
  /** Unix seconds from which it is refused. */
  not_after: z.number().int().optional(),
});
export type KeyringEntry = z.infer<typeof keyringEntry>;

export const keyringRecord = z.object({
  v: z.literal(1),
  version: z.number().int().min(0),
  keys: z.array(keyringEntry),
});
export type KeyringRecord = z.infer<typeof keyringRecord>;

/** `<agent id>#<epoch>`, such as `agent/assistant#1`. */
export function formatKeyId(agent: string, epoch: number): string {
  return `${agent}#${epoch}`;
}

/** HKDF-SHA256 with an empty salt: one secret for each identity and epoch, none of which tells another. */
export function deriveHmacSecret(master: Uint8Array, identity: string, epoch: number): Uint8Array {
  if (master.length < MASTER_MIN_BYTES) {
    throw new AppError('misconfigured', `The HMAC master must have at least ${MASTER_MIN_BYTES} bytes.`);
  }
  const info = `sallyport hmac v1|${identity}|${epoch}`;
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), info, HMAC_SECRET_BYTES));
}

export interface Keyring {
  readonly version: number;
  find(keyId: string): KeyringEntry | undefined;
  /** Derived on first use, then kept as long as this keyring is. */
  keyOf(entry: KeyringEntry): KeyObject;
}

/** A key id says whose it is; one that names another agent than its identity would be a trap for readers of logs. */
function checkEntry(entry: KeyringEntry): void {
  const id = parseSpiffeId(entry.identity);
  if (id === undefined || formatKeyId(id.agent, entry.epoch) !== entry.key_id) {
    throw new AppError('internal', 'The stored keyring cannot be read. Ask your operator to look at the log.', {
      cause: new Error('a key id does not belong to its identity'),
    });
  }
}

/** Rejects with AppError `internal` on a record that cannot be read. */
export function parseKeyring(raw: string, master: Uint8Array): Keyring {
  const record = readRecord(keyringRecord, raw, 'keyring');
  const entries = new Map<string, KeyringEntry>();
  const keys = new Map<string, KeyObject>();
  for (const entry of record.keys) {
    checkEntry(entry);
    if (entries.has(entry.key_id)) throw new AppError('internal', 'The stored keyring names one key twice.');
    entries.set(entry.key_id, entry);
  }
  return {
    version: record.version,
    find: (keyId) => entries.get(keyId),
    keyOf: (entry) => {
      const known = keys.get(entry.key_id);
      if (known !== undefined) return known;
      const key = createSecretKey(deriveHmacSecret(master, entry.identity, entry.epoch));
      keys.set(entry.key_id, key);
      return key;
    },
  };
}

export type KeyReason = 'key_unknown' | 'key_of_another_identity' | 'key_retired';

/** A key in any of its three phases is believed until `not_after`, and only from the certificate identity it belongs to. */
export function checkKey(
  entry: KeyringEntry | undefined,
  certificate: Pick<ClientCertificate, 'spiffeId'>,
  nowMs: number,
): Result<KeyringEntry, KeyReason> {
  if (entry === undefined) return refuse('key_unknown');
  if (entry.identity !== certificate.spiffeId.text) return refuse('key_of_another_identity');
  if (entry.not_after !== undefined && nowMs >= entry.not_after * 1000) return refuse('key_retired');
  return accept(entry);
}
