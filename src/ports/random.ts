/** Cryptographically strong random bytes. */
export interface Random {
  bytes(count: number): Uint8Array;
}
