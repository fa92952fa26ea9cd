/** Who passed the door, and what this one request may do. Everything in it was proved, nothing was merely said. */
export interface Caller {
  readonly door: 'agent' | 'key';
  /** For whom: `p_<ulid>`. */
  readonly person: string;
  /** `agent/<name>` or `bridge/<person>` at the agent door, `token/<id>` at the key door. */
  readonly agent: string;
  /** Delegation ∩ grant at the agent door; the token's scopes at the key door. */
  readonly scopes: readonly string[];
  /**
   * Private or untrusted data may have shaped the call. Our agent says so in its delegation; at doors whose callers tell nothing of a
   * conversation (the key door, a bridge) it is always so.
   */
  readonly tainted: boolean;
  /** Upper-case hex, for the audit line. */
  readonly certificateSerial?: string;
}
