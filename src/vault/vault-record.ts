import * as z from 'zod';

// What the vault keeps. The record lies in the store under `vault:<provider>:<person>`; all of it that is about a person is in `sealed`.

/** The stored record. */
export const vaultRecord = z.object({
  v: z.literal(1),
  /** `revoked` is a tombstone: it says that there was a connection, and stops a late write from bringing it back. */
  state: z.enum(['connected', 'revoked']),
  /** Counts the writes, for whoever looks at the store. What a write is conditional on is the whole text. */
  version: z.number().int().positive(),
  /** Unix seconds. */
  written_at: z.number().int(),
  /** Compact JWE of a `sealedEntry` or, in a tombstone, a `sealedAccount`; a tombstone of an unreadable record has none. */
  sealed: z.string().optional(),
});
export type VaultRecord = z.infer<typeof vaultRecord>;

const account = {
  /** The provider's stable id of the account. */
  sub: z.string().min(1),
  email: z.string().optional(),
  /** As the provider spells them. */
  scopes: z.array(z.string()),
};

export const sealedAccount = z.object({ v: z.literal(1), ...account });
export const sealedEntry = z.object({
  v: z.literal(1),
  ...account,
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** Unix seconds. */
  expires_at: z.number().int(),
  connected_at: z.number().int(),
});

/** Whose account it is and what it may be used for; all that a tombstone still knows. */
export interface VaultAccount {
  readonly sub: string;
  readonly email?: string;
  readonly scopes: readonly string[];
}

/** A live connection. */
export interface VaultEntry extends VaultAccount {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Unix seconds; a refresh leaves it as it is. */
  readonly connectedAt: number;
}

function toAccount(sealed: z.infer<typeof sealedAccount>): VaultAccount {
  return {
    sub: sealed.sub,
    scopes: sealed.scopes,
    ...(sealed.email === undefined ? {} : { email: sealed.email }),
  };
}

export function parseSealedAccount(text: string): VaultAccount {
  return toAccount(sealedAccount.parse(JSON.parse(text)));
}

export function parseSealedEntry(text: string): VaultEntry {
  const sealed = sealedEntry.parse(JSON.parse(text));
  return {
    ...toAccount(sealed),
    accessToken: sealed.access_token,
    refreshToken: sealed.refresh_token,
    expiresAt: sealed.expires_at,
    connectedAt: sealed.connected_at,
  };
}

export function writeSealedAccount({ sub, email, scopes }: VaultAccount): string {
  return JSON.stringify({ v: 1, sub, email, scopes });
}

export function writeSealedEntry(entry: VaultEntry): string {
  return JSON.stringify({
    v: 1,
    sub: entry.sub,
    email: entry.email,
    scopes: entry.scopes,
    access_token: entry.accessToken,
    refresh_token: entry.refreshToken,
    expires_at: entry.expiresAt,
    connected_at: entry.connectedAt,
  });
}
