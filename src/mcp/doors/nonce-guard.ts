import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Random } from '../../ports/random.ts';
import { NONCE_TTL_SECONDS } from '../../trust/signature-profile.ts';

// Each signed request enters once. The store decides, so that any number of processes agree. Under the nonce stands the id
// of the attempt that used it: when a store's answer is unclear (a time-out after the write, an adapter that tried twice),
// reading it back tells our own first try from somebody's replay.

export interface NonceGuard {
  /** True when this request is the first with its nonce. Rejects when the store cannot say. */
  use(keyId: string, nonce: string): Promise<boolean>;
}

const nonceKey = (keyId: string, nonce: string): string => `nonce:${keyId}:${nonce}`;

export function createNonceGuard(options: {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent'>;
  readonly random: Random;
}): NonceGuard {
  const { store } = options;
  // Unique without drawing random bytes for each request.
  const process = Buffer.from(options.random.bytes(16)).toString('base64url');
  let attempts = 0;
  const expiry = { ttlSeconds: NONCE_TTL_SECONDS };

  /** The store failed without saying whether it wrote: look, and write once more if it did not. */
  async function settle(key: string, attempt: string): Promise<boolean> {
    const found = await store.get(key);
    if (found !== undefined) return found === attempt;
    return (await store.setIfAbsent(key, attempt, expiry)) || (await store.get(key)) === attempt;
  }

  return {
    use: async (keyId, nonce) => {
      const key = nonceKey(keyId, nonce);
      attempts += 1;
      const attempt = `${process}.${attempts}`;
      let written: boolean;
      try {
        written = await store.setIfAbsent(key, attempt, expiry);
      } catch {
        return settle(key, attempt);
      }
      return written || (await store.get(key)) === attempt;
    },
  };
}
