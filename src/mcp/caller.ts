/** Who passed the door, and what this one request may do. Everything in it was proved, nothing was merely said. */
export interface Caller {
  readonly door: 'agent' | 'key' | 'oauth' | 'stdio';
  /** For whom: `p_<ulid>`. */
  readonly person: string;
  /** `agent/<name>` or `bridge/<person>` at the agent door, `token/<id>` at the key door, `client/<issuer alias>/<client>` at the OAuth door. */
  readonly agent: string;
  /** Delegation ∩ grant at the agent door; the token's scopes at the others. */
  readonly scopes: readonly string[];
  /**
   * Private or untrusted data may have shaped the call. Our agent says so in its delegation; at doors whose callers tell nothing of a
   * conversation (the key and OAuth doors, a bridge) it is always so.
   */
  readonly tainted: boolean;
  /** Upper-case hex, for the audit line. */
  readonly certificateSerial?: string;
  /** Requests a minute of this very caller, where its key says so in place of the door's own limit. */
  readonly perMinute?: number | undefined;
  /** How this door asks for scopes that the caller does not hold (RFC 6750 §3.1); without it they are only named. */
  readonly challenge?: (needed: readonly string[]) => string;
  /** What this caller's proof was, for a call that is done later: it is held to it once more. Without it no call of theirs is. */
  readonly standing?: Standing;
}

export type Standing =
  /** A client certificate, with a grant behind it. */
  | { readonly kind: 'certificate'; readonly issuer: string; readonly serial: string; readonly ends_at_ms: number }
  /** A token of ours. */
  | { readonly kind: 'token'; readonly id: string }
  /** Somebody else's token for an identity that is linked to this person. */
  | { readonly kind: 'identity'; readonly identity: string; readonly ends_at_ms: number };
