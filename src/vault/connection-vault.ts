import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Vault, VaultSnapshot } from './vault.ts';
import type { VaultAccount } from './vault-record.ts';

// The vault as the OAuth API uses it: one provider, connected and taken back by the person. It never hands out a token but the one to revoke.

export interface ConnectedAccount {
  readonly status: 'connected' | 'revoked';
  readonly sub: string;
  readonly email?: string;
  readonly scopes: readonly string[];
  /** Unix milliseconds of the connect or the revocation. */
  readonly changedAtMs: number;
}

export interface NewConnection {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly scopes: readonly string[];
  readonly sub: string;
  readonly email?: string;
}

export interface ConnectionVault {
  /** Nothing when there is no connection, or none that can be read. */
  read(person: string): Promise<ConnectedAccount | undefined>;
  /** Rejects with `conflict` when another write came between or another account is connected, `invalid_request` without any refresh token. */
  save(person: string, connection: NewConnection): Promise<void>;
  /** Leaves a tombstone and answers the token to revoke at the provider, or nothing when there was no live connection. */
  revoke(person: string): Promise<{ readonly token: string } | undefined>;
  /** Leaves nothing at all, for a person who is removed. */
  remove(person: string): Promise<void>;
}

function describe(account: VaultAccount, status: ConnectedAccount['status'], changedAt: number): ConnectedAccount {
  const { sub, email, scopes } = account;
  return { status, sub, scopes, changedAtMs: changedAt * 1000, ...(email === undefined ? {} : { email }) };
}

function toConnectedAccount(found: VaultSnapshot): ConnectedAccount | undefined {
  if (found.state === 'connected') return describe(found.entry, 'connected', found.entry.connectedAt);
  if (found.state === 'revoked' && found.account !== undefined)
    return describe(found.account, 'revoked', found.revokedAt);
  return undefined;
}

export function createConnectionVault(deps: {
  readonly vault: Vault;
  readonly provider: string;
  readonly clock: Clock;
}): ConnectionVault {
  const { vault, provider, clock } = deps;
  return {
    async read(person) {
      return toConnectedAccount(await vault.read(provider, person));
    },
    async save(person, connection) {
      const before = await vault.read(provider, person);
      if (before.state === 'connected' && before.entry.sub !== connection.sub) {
        throw new AppError('conflict', 'Another account is connected. Disconnect that one first.');
      }
      const { expiresAtMs, ...entry } = connection;
      const connectedAt = Math.floor(clock.nowMs() / 1000);
      const saved = await vault.save(
        provider,
        person,
        { ...entry, expiresAt: Math.floor(expiresAtMs / 1000), connectedAt },
        before.version,
      );
      if (saved.ok) return;
      throw saved.reason === 'version_conflict'
        ? new AppError('conflict', 'The connection was changed at the same moment. Try again.')
        : new AppError('invalid_request', 'No lasting permission was given (no refresh token). Connect again.');
    },
    async revoke(person) {
      const revoked = await vault.revoke(provider, person);
      if (!revoked.ok) throw new AppError('conflict', 'The connection is being changed right now. Try again.');
      return revoked.value.state === 'connected' ? { token: revoked.value.entry.refreshToken } : undefined;
    },
    remove: (person) => vault.remove(provider, person),
  };
}
