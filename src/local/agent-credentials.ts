import type { IssuedCertificate } from '../certificates/issue.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { CredentialsDocument } from '../trust/credentials.ts';
import { addIdentity } from '../trust/key-rotation.ts';
import { deriveHmacSecret, KEYRING_KEY, type KeyringRecord, keyringRecord } from '../trust/keyring.ts';
import { readRecord } from '../trust/record.ts';
import { REVOCATIONS_KEY } from '../trust/revocation-list.ts';

// Makes an agent known to the door, and puts together what it needs there. On AWS an operator and the rotation do this.

export interface CredentialsRequest {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** SPIFFE id. */
  readonly identity: string;
  readonly hmacMaster: Uint8Array;
  readonly certificate: IssuedCertificate;
  readonly serverCa: string;
}

/** Two agents made at the same moment need a second try, many of them a few more. */
const ATTEMPTS = 20;

/** The door refuses everybody while there is no list, so an empty one is written where there is none. */
async function ensureRevocations({ store, clock }: CredentialsRequest): Promise<void> {
  const empty = { v: 1, version: 0, updated_at: Math.floor(clock.nowMs() / 1000), revoked: [] };
  await store.setIfAbsent(REVOCATIONS_KEY, JSON.stringify(empty));
}

async function ensureKey({ store, clock, identity }: CredentialsRequest): Promise<KeyringRecord> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const raw = await store.get(KEYRING_KEY);
    const keyring =
      raw === undefined ? { v: 1 as const, version: 0, keys: [] } : readRecord(keyringRecord, raw, 'keyring');
    if (keyring.keys.some((key) => key.identity === identity && key.state === 'current')) return keyring;
    const extended = addIdentity(keyring, identity, Math.floor(clock.nowMs() / 1000));
    const text = JSON.stringify(extended);
    // Another agent's key may be added, or one rotated, at the same moment: neither may be lost.
    const written =
      raw === undefined
        ? await store.setIfAbsent(KEYRING_KEY, text)
        : await store.compareAndSet(KEYRING_KEY, raw, text);
    if (written) return extended;
  }
  throw new AppError('conflict', 'The keyring keeps changing. Try again.');
}

export async function ensureAgentCredentials(request: CredentialsRequest): Promise<CredentialsDocument> {
  await ensureRevocations(request);
  const keyring = await ensureKey(request);
  const key = keyring.keys.find((entry) => entry.identity === request.identity && entry.state === 'current');
  if (key === undefined) throw new Error(`the keyring has no current key of ${request.identity}`);
  const secret = deriveHmacSecret(request.hmacMaster, request.identity, key.epoch);
  return {
    v: 1,
    certificate: request.certificate.certificate,
    private_key: request.certificate.privateKey,
    key_id: key.key_id,
    secret: Buffer.from(secret).toString('base64url'),
    server_ca: request.serverCa,
  };
}
