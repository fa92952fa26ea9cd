import type { StoreAccess, StoreOperation } from '../ports/key-value-store.ts';

// Which operations each function may use on which records: the one list behind the embedded views, the ACL users of Redis, the IAM policies for
// DynamoDB and docs/storage.md. It holds what the code does and nothing in reserve.
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
  'identityindex:',
  'rate:',
  'rate:questions:',
  'manifest',
  'ticket:',
  'flow:',
  'session:',
  'turn:',
  'conversation:',
  'conversations:',
  'contacts:',
  'paused:',
  'budget:',
  'job:',
  'jobclaim:',
  'slackthread:',
  'slackturn:',
  'teesheet:',
  'reservations:',
  'task:',
] as const;

export type StorePrefix = (typeof storePrefixes)[number];

type Access = Readonly<Partial<Record<StorePrefix, readonly StoreOperation[]>>>;

/** What every door of the MCP API does once they believe a caller. */
const toolCalls = {
  'grant:': ['get'],
  'approval:': ['get', 'setIfAbsent', 'compareAndDelete'],
  'decision:': ['get'],
  'vault:': ['get', 'compareAndSet'],
  'lock:vault:': ['get', 'setIfAbsent', 'compareAndDelete'],
  'rate:': ['increment'],
  'rate:questions:': ['increment'],
  manifest: ['set'],
  'teesheet:': ['get', 'setIfAbsent', 'compareAndSet'],
  'reservations:': ['get', 'setIfAbsent', 'compareAndSet'],
  'task:': ['get', 'setIfAbsent', 'compareAndSet'],
} as const satisfies Access;

/** A turn and what was said before it, wherever it runs. */
const turnWork = {
  'turn:': ['get', 'setIfAbsent', 'compareAndSet'],
  // Deleted are the parts of a long one, when others take their place.
  'conversation:': ['get', 'setIfAbsent', 'compareAndSet', 'compareAndDelete'],
  'conversations:': ['get', 'setIfAbsent', 'compareAndSet'],
  'budget:': ['get', 'setIfAbsent', 'compareAndSet'],
} as const satisfies Access;

export const storeAccess = {
  /** Plans and asks. It can write no consent, no nonce, no key and no token of anybody. */
  agent: {
    'token:': ['get'],
    'identity:': ['get'],
    ...turnWork,
    'turn:': [...turnWork['turn:'], 'compareAndDelete'],
    'contacts:': ['get', 'setIfAbsent', 'compareAndSet'],
    'paused:': ['set'],
  },
  /** The agent away from its API: it does what the OAuth API has written down for it, and can write no job itself. */
  worker: {
    'identity:': ['get'],
    ...turnWork,
    'contacts:': ['get'],
    'paused:': ['get', 'set'],
    'job:': ['get'],
    'jobclaim:': ['get', 'setIfAbsent', 'compareAndSet'],
    'slackthread:': ['get', 'set'],
    'slackturn:': ['get', 'set'],
  },
  /** The agents' door of the MCP API. It checks and acts, asks for approvals and consumes them, and never answers one. */
  mcp: {
    'nonce:': ['get', 'setIfAbsent'],
    revocations: ['get'],
    keyring: ['get'],
    ...toolCalls,
  },
  /** Its key door: tokens of ours in place of certificates and signatures. */
  'mcp-key': {
    'token:': ['get'],
    ...toolCalls,
  },
  /** Its OAuth door: tokens of other issuers, whose identities are linked to persons. */
  'mcp-oauth': {
    'identity:': ['get'],
    ...toolCalls,
  },
  /** The doors' worker: it does the calls that they took on, once what they believed still stands. It lets nobody in and asks nobody. */
  calls: {
    revocations: ['get'],
    'grant:': ['get'],
    'decision:': ['get'],
    'token:': ['get'],
    'identity:': ['get'],
    'vault:': toolCalls['vault:'],
    'lock:vault:': toolCalls['lock:vault:'],
    'teesheet:': toolCalls['teesheet:'],
    'reservations:': toolCalls['reservations:'],
    'task:': ['get', 'compareAndSet'],
  },
  /** Holds consent: grants, answers to approvals, connections. */
  oauth: {
    'grant:': ['get', 'setIfAbsent', 'compareAndSet', 'compareAndDelete'],
    'grantindex:': ['set', 'compareAndDelete', 'list'],
    'approval:': ['get', 'list'],
    'decision:': ['get', 'setIfAbsent', 'compareAndSet'],
    'vault:': ['get', 'setIfAbsent', 'compareAndSet'],
    // Another secret for a token that is there, when its person asks.
    'token:': ['get', 'compareAndSet'],
    'person:': ['get'],
    'identity:': ['get', 'setIfAbsent', 'compareAndDelete'],
    'identityindex:': ['set', 'compareAndDelete', 'list'],
    'ticket:': ['get', 'set', 'compareAndSet', 'compareAndDelete'],
    'flow:': ['get', 'set', 'compareAndDelete'],
    'session:': ['get', 'set', 'compareAndDelete'],
    'job:': ['setIfAbsent'],
  },
  /** Renews keys and certificates on a schedule. It sees no person's record. */
  rotate: {
    keyring: ['get', 'compareAndSet'],
  },
  /** The person at the command line in normal work: who exists, who is shut out, which keys are in force. */
  operator: {
    revocations: ['get', 'setIfAbsent', 'compareAndSet'],
    keyring: ['get', 'setIfAbsent', 'compareAndSet'],
    'token:': ['get', 'set', 'compareAndSet', 'list'],
    'person:': ['get', 'set', 'list'],
    'identity:': ['get', 'setIfAbsent', 'compareAndSet'],
    'identityindex:': ['set'],
  },
} as const satisfies Readonly<Record<string, Access & StoreAccess>>;

export type StoreUser = keyof typeof storeAccess;

const READS: ReadonlySet<StoreOperation> = new Set(['get', 'list']);

/** Whether a user reads or writes records under one entry of the list. */
export function storeRights(
  user: StoreUser,
  prefix: StorePrefix,
): { readonly operations: readonly StoreOperation[]; readonly read: boolean; readonly write: boolean } {
  const access: Access = storeAccess[user];
  const operations = access[prefix] ?? [];
  return {
    operations,
    read: operations.some((operation) => READS.has(operation)),
    write: operations.some((operation) => !READS.has(operation)),
  };
}
