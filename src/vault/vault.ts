import { createHash } from 'node:crypto';
import { AppError } from '../kernel/app-error.ts';
import { accept, type Result, refuse } from '../kernel/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { EncryptionContext, KeyService } from '../ports/key-service.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { createEnvelope } from './envelope.ts';
import {
  parseSealedAccount,
  parseSealedEntry,
  type VaultAccount,
  type VaultEntry,
  type VaultRecord,
  vaultRecord,
  writeSealedAccount,
  writeSealedEntry,
} from './vault-record.ts';

// A person's tokens at a provider, sealed for that person alone. Every write and delete holds only against the very record that was read,
// so that a late refresh cannot bring back what was revoked, nor the end of an old token delete a new connection.

export const vaultKey = (provider: string, person: string): string => `vault:${provider}:${person}`;

/** A tombstone outlives every process that could still hold the connection it replaced, and every token of Google's testing mode. */
const TOMBSTONE_SECONDS = 90 * 86_400;
/** A revocation meets another write at most a few times: refreshes are one at a time. */
const REVOKE_ATTEMPTS = 5;

/** Names the record as it was read, also when there was none. Opaque; changes with every write. */
export type VaultVersion = string;
const ABSENT: VaultVersion = 'absent';

export type VaultSnapshot =
  | { readonly state: 'absent'; readonly version: VaultVersion }
  | { readonly state: 'connected'; readonly version: VaultVersion; readonly entry: VaultEntry }
  | {
      readonly state: 'revoked';
      readonly version: VaultVersion;
      /** Unix seconds. */
      readonly revokedAt: number;
      readonly account?: VaultAccount;
    }
  /** Damaged, moved from another person, or of a lost key: as good as none, but it may be replaced and revoked. Logged. */
  | { readonly state: 'unreadable'; readonly version: VaultVersion };

/** What a provider gave. Without a refresh token the one of the same account that is there already is kept. */
export type NewVaultEntry = Omit<VaultEntry, 'refreshToken'> & { readonly refreshToken?: string };

export interface Vault {
  /** Rejects with AppError `unavailable` when store or key service is down. */
  read(provider: string, person: string): Promise<VaultSnapshot>;
  /** Writes over exactly `expected` and answers the new version. */
  save(
    provider: string,
    person: string,
    entry: NewVaultEntry,
    expected: VaultVersion,
  ): Promise<Result<VaultVersion, 'version_conflict' | 'refresh_token_missing'>>;
  /** Leaves a tombstone and answers what it replaced. With `expected` only that version is revoked, else whichever is there. */
  revoke(provider: string, person: string, expected?: VaultVersion): Promise<Result<VaultSnapshot, 'version_conflict'>>;
  /** Deletes record or tombstone: nothing is left. */
  remove(provider: string, person: string): Promise<void>;
}

export interface VaultOptions {
  readonly store: KeyValueStore;
  readonly keys: KeyService;
  readonly clock: Clock;
  /** `local`, `dev`, …: part of the encryption context, so that one environment opens nothing of another. */
  readonly environment: string;
  readonly log: Log;
}

const versionOf = (raw: string | undefined): VaultVersion =>
  raw === undefined ? ABSENT : createHash('sha256').update(raw).digest('base64url');

function parseRecord(raw: string): VaultRecord | undefined {
  try {
    return vaultRecord.parse(JSON.parse(raw));
  } catch {
    return undefined;
  }
}

export function createVault(options: VaultOptions): Vault {
  const { store, keys, clock, environment, log } = options;
  const envelope = createEnvelope({ keys, clock });
  const contextOf = (provider: string, person: string): EncryptionContext => ({ person, provider, environment });
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  async function openSealed<Value>(
    sealed: string | undefined,
    context: EncryptionContext,
    parse: (text: string) => Value,
  ): Promise<Result<Value, 'unreadable'>> {
    if (sealed === undefined) return refuse('unreadable', 'empty');
    const opened = await envelope.open(sealed, context);
    if (!opened.ok) return opened;
    try {
      return accept(parse(opened.value));
    } catch {
      return refuse('unreadable', 'content');
    }
  }

  async function openRecord(provider: string, person: string, raw: string | undefined): Promise<VaultSnapshot> {
    const version = versionOf(raw);
    if (raw === undefined) return { state: 'absent', version };
    const context = contextOf(provider, person);
    const record = parseRecord(raw);
    if (record?.state === 'revoked') {
      const account = await openSealed(record.sealed, context, parseSealedAccount);
      return {
        state: 'revoked',
        version,
        revokedAt: record.written_at,
        ...(account.ok ? { account: account.value } : {}),
      };
    }
    const entry =
      record === undefined
        ? refuse('unreadable', 'record')
        : await openSealed(record.sealed, context, parseSealedEntry);
    if (entry.ok) return { state: 'connected', version, entry: entry.value };
    log.error('vault.record_unreadable', { provider, person, reason: entry.detail });
    return { state: 'unreadable', version };
  }

  /** Puts `next` in the place of exactly `raw`. */
  async function replace(
    key: string,
    raw: string | undefined,
    next: Omit<VaultRecord, 'v' | 'version' | 'written_at'>,
  ): Promise<VaultVersion | undefined> {
    const count = (raw === undefined ? 0 : (parseRecord(raw)?.version ?? 0)) + 1;
    const text = JSON.stringify({ v: 1, version: count, written_at: nowSeconds(), ...next } satisfies VaultRecord);
    const expiry = next.state === 'revoked' ? { ttlSeconds: TOMBSTONE_SECONDS } : undefined;
    const written = await (raw === undefined
      ? store.setIfAbsent(key, text, expiry)
      : store.compareAndSet(key, raw, text, expiry));
    return written ? versionOf(text) : undefined;
  }

  async function keptRefreshToken(
    provider: string,
    person: string,
    raw: string | undefined,
    sub: string,
  ): Promise<string | undefined> {
    const before = await openRecord(provider, person, raw);
    return before.state === 'connected' && before.entry.sub === sub ? before.entry.refreshToken : undefined;
  }

  /** The tombstone still says whose account it was, unless that cannot be sealed right now: revoking must not depend on it. */
  async function sealTombstone(provider: string, person: string, entry: VaultEntry): Promise<string | undefined> {
    try {
      return await envelope.seal(writeSealedAccount(entry), contextOf(provider, person));
    } catch (error) {
      log.warn('vault.tombstone_bare', { provider, person, cause: error instanceof AppError ? error.code : 'unknown' });
      return undefined;
    }
  }

  return {
    async read(provider, person) {
      return openRecord(provider, person, await store.get(vaultKey(provider, person)));
    },
    async save(provider, person, entry, expected) {
      const key = vaultKey(provider, person);
      const raw = await store.get(key);
      if (versionOf(raw) !== expected) return refuse('version_conflict');
      // An empty text counts as none: nothing ever takes a refresh token's place but another one.
      const refreshToken = entry.refreshToken || (await keptRefreshToken(provider, person, raw, entry.sub));
      if (refreshToken === undefined) return refuse('refresh_token_missing');
      const sealed = await envelope.seal(writeSealedEntry({ ...entry, refreshToken }), contextOf(provider, person));
      const version = await replace(key, raw, { state: 'connected', sealed });
      return version === undefined ? refuse('version_conflict') : accept(version);
    },
    async revoke(provider, person, expected) {
      const key = vaultKey(provider, person);
      for (let attempt = 0; attempt < REVOKE_ATTEMPTS; attempt += 1) {
        const raw = await store.get(key);
        if (expected !== undefined && versionOf(raw) !== expected) return refuse('version_conflict');
        const before = await openRecord(provider, person, raw);
        if (before.state === 'absent' || before.state === 'revoked') return accept(before);
        const sealed = before.state === 'connected' ? await sealTombstone(provider, person, before.entry) : undefined;
        const tombstone = { state: 'revoked', ...(sealed === undefined ? {} : { sealed }) } as const;
        if ((await replace(key, raw, tombstone)) !== undefined) return accept(before);
      }
      return refuse('version_conflict');
    },
    async remove(provider, person) {
      const key = vaultKey(provider, person);
      for (let attempt = 0; attempt < REVOKE_ATTEMPTS; attempt += 1) {
        const raw = await store.get(key);
        if (raw === undefined || (await store.compareAndDelete(key, raw))) return;
      }
      throw new AppError('conflict', 'The connection is being changed right now. Try again.');
    },
  };
}
