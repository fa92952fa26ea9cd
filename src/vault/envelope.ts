import { AppError } from '../kernel/app-error.ts';
import { type Accepted, accept, type Refusal, refuse } from '../kernel/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { EncryptionContext, KeyService } from '../ports/key-service.ts';
import { hashJson } from '../trust/canonical-json.ts';

// Envelope encryption: a compact JWE (RFC 7516 §3.1; `dir`, `A256GCM`) under a data key of its own, which lies wrapped in the protected header.
// The key service opens that key only under the context it was made for, so a text moved to another person's record stays shut.
// It keeps no plaintext, and says of a text it cannot open only that. The library is loaded, by parts, when the vault is first used: a
// process that serves no vault entry pays nothing for it.

/** An opened data key is remembered this long, so that a busy person costs one call to the key service in five minutes. */
const KEY_LIFE_MS = 300_000;
/** Keys remembered at once; the one unused for longest goes first. 32 bytes each. */
const MAX_KEYS = 1_000;
const TYPE = 'sallyport-vault';

export interface Envelope {
  seal(plaintext: string, context: EncryptionContext): Promise<string>;
  /** `unreadable` when the text is damaged or of another context. Rejects when the key service is down. */
  open(sealed: string, context: EncryptionContext): Promise<Accepted<string> | Refusal<'unreadable'>>;
}

interface RememberedKey {
  readonly key: Uint8Array;
  readonly untilMs: number;
}

/** Least recently used first: a `Map` keeps the order of insertion, and each use inserts anew. */
function createKeyMemory(clock: Clock) {
  const keys = new Map<string, RememberedKey>();
  return {
    recall(id: string): Uint8Array | undefined {
      const found = keys.get(id);
      if (found === undefined) return undefined;
      keys.delete(id);
      if (found.untilMs <= clock.nowMs()) return undefined;
      keys.set(id, found);
      return found.key;
    },
    remember(id: string, key: Uint8Array): void {
      keys.delete(id);
      keys.set(id, { key, untilMs: clock.nowMs() + KEY_LIFE_MS });
      for (const oldest of keys.keys()) {
        if (keys.size <= MAX_KEYS) break;
        keys.delete(oldest);
      }
    },
  };
}

/** The wrapped key in the header of a JWE of ours, or nothing. */
async function readWrappedKey(sealed: string, contextHash: string): Promise<string | undefined> {
  const { decodeProtectedHeader } = await import('jose/decode/protected_header');
  try {
    const header = decodeProtectedHeader(sealed);
    const wrapped = header['wrapped_key'];
    return header.typ === TYPE && header['context'] === contextHash && typeof wrapped === 'string'
      ? wrapped
      : undefined;
  } catch {
    return undefined;
  }
}

export function createEnvelope(deps: { readonly keys: KeyService; readonly clock: Clock }): Envelope {
  const { keys, clock } = deps;
  const memory = createKeyMemory(clock);
  const keyId = (wrapped: string, contextHash: string): string => `${contextHash}.${wrapped}`;

  /** Nothing when the key service says that this key is not of this context. */
  async function openKey(wrapped: string, contextHash: string, context: EncryptionContext) {
    const id = keyId(wrapped, contextHash);
    const known = memory.recall(id);
    if (known !== undefined) return known;
    try {
      const key = await keys.openDataKey(Buffer.from(wrapped, 'base64url'), context);
      memory.remember(id, key);
      return key;
    } catch (error) {
      if (error instanceof AppError && error.code === 'forbidden') return undefined;
      throw error;
    }
  }

  return {
    async seal(plaintext, context) {
      const contextHash = hashJson(context);
      const { plaintext: key, wrapped } = await keys.generateDataKey(context);
      const { CompactEncrypt } = await import('jose/jwe/compact/encrypt');
      const wrappedText = Buffer.from(wrapped).toString('base64url');
      const sealed = await new CompactEncrypt(new TextEncoder().encode(plaintext))
        .setProtectedHeader({
          alg: 'dir',
          enc: 'A256GCM',
          typ: TYPE,
          wrapped_key: wrappedText,
          context: contextHash,
        })
        .encrypt(key);
      memory.remember(keyId(wrappedText, contextHash), key);
      return sealed;
    },
    async open(sealed, context) {
      const contextHash = hashJson(context);
      const wrapped = await readWrappedKey(sealed, contextHash);
      if (wrapped === undefined) return refuse('unreadable', 'header');
      const key = await openKey(wrapped, contextHash, context);
      if (key === undefined) return refuse('unreadable', 'key');
      const { compactDecrypt } = await import('jose/jwe/compact/decrypt');
      try {
        const opened = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return accept(new TextDecoder('utf-8', { fatal: true }).decode(opened.plaintext));
      } catch {
        // The reason would say nothing but "wrong", and must not quote what was decrypted.
        return refuse('unreadable', 'ciphertext');
      }
    },
  };
}
