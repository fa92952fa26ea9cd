import type { StoreAccess } from '../ports/key-value-store.ts';

// Which records each function may read and write: the one list behind the embedded views, the ACL users of Redis and docs/storage.md.
// An entry that ends in `:` is a prefix, any other one key. Separation of duties lives here: no function writes what another one relies on for consent.

/** Every kind of record there is. A test holds docs/storage.md to it. */
export const storePrefixes = [
  'nonce:',
  'revocations',
  'keyring',
  'grant:',
  'grantindex:',
  'approval:',
  'decision:',
  'vault:',
  'lock:vault:',
  'token:',
  'person:',
  'identity:',
  'rate:',
  'rate:questions:',
  'manifest',
  'ticket:',
  'flow:',
  'session:',
  'turn:',
  'conversation:',
  'contacts:',
] as const;

export type StorePrefix = (typeof storePrefixes)[number];

interface Access extends StoreAccess {
  readonly read: readonly StorePrefix[];
  readonly write: readonly StorePrefix[];
}

export const storeAccess = {
  /** Plans and asks. It can write no consent, no nonce, no key and no token of anybody. */
  agent: {
    read: ['token:', 'person:', 'identity:', 'manifest', 'turn:', 'conversation:', 'contacts:'],
    write: ['turn:', 'conversation:', 'contacts:'],
  },
  /** Checks and acts. It asks for approvals and consumes them, and never answers one. */
  mcp: {
    read: [
      'nonce:',
      'revocations',
      'keyring',
      'grant:',
      'grantindex:',
      'approval:',
      'decision:',
      'vault:',
      'lock:vault:',
      'token:',
      'person:',
      'identity:',
      'rate:',
      'rate:questions:',
    ],
    write: ['nonce:', 'approval:', 'vault:', 'lock:vault:', 'rate:', 'rate:questions:', 'manifest'],
  },
  /** Holds consent: grants, answers to approvals, connections. */
  oauth: {
    read: [
      'grant:',
      'grantindex:',
      'approval:',
      'decision:',
      'vault:',
      'lock:vault:',
      'token:',
      'person:',
      'identity:',
      'ticket:',
      'flow:',
      'session:',
    ],
    write: [
      'grant:',
      'grantindex:',
      'decision:',
      'vault:',
      'lock:vault:',
      'person:',
      'identity:',
      'ticket:',
      'flow:',
      'session:',
    ],
  },
  /** The person at the command line: who exists, who is shut out, which keys are in force. */
  operator: {
    read: ['revocations', 'keyring', 'token:', 'person:', 'identity:'],
    write: ['revocations', 'keyring', 'token:', 'person:', 'identity:'],
  },
} as const satisfies Readonly<Record<string, Access>>;

export type StoreUser = keyof typeof storeAccess;
