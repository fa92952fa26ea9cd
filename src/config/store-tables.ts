import { AppError } from '../kernel/app-error.ts';
import type { StorePrefix } from './store-access.ts';

// Where each kind of record lies in DynamoDB: one table per class of trust, and in it the key. The partition key begins with the kind, so that an IAM
// condition on leading keys can hold a function to its kinds, and nothing that is written often shares a partition with another record.

export const storeTables = {
  /** Who exists, who is shut out, which keys are in force. */
  trust: ['revocations', 'keyring', 'token:', 'person:', 'identity:', 'identityindex:'],
  /** What persons have said yes to, and the browsers that they said it with. */
  consent: ['grant:', 'grantindex:', 'decision:', 'ticket:', 'flow:', 'session:'],
  /** Persons' tokens, sealed. */
  vault: ['vault:', 'lock:vault:'],
  /** What the MCP API keeps at its doors: all of it brief. */
  doors: ['nonce:', 'approval:', 'rate:', 'rate:questions:', 'manifest'],
  /** The tee sheet, and who has what on it. */
  golf: ['teesheet:', 'reservations:'],
  /** Calls that go on behind their answer: between the doors and their worker. */
  calls: ['task:'],
  /** What the agent remembers. */
  agent: [
    'turn:',
    'conversation:',
    'conversations:',
    'contacts:',
    'paused:',
    'budget:',
    'jobclaim:',
    'slackthread:',
    'slackturn:',
  ],
  /** What the OAuth API has left to the agent's worker, which only reads it. */
  jobs: ['job:'],
} as const satisfies Readonly<Record<string, readonly StorePrefix[]>>;

export type StoreTable = keyof typeof storeTables;

/**
 * Kinds whose keys go on with their owner and then a name. All of one owner's lie in one partition, so that a function can list them
 * with a query that its leading keys allow. Every other kind has a partition for each record, and only an operator can list it.
 */
export const ownedPrefixes = [
  'identityindex:',
  'grantindex:',
  'decision:',
  'approval:',
  'turn:',
  'conversation:',
  'task:',
] as const satisfies readonly StorePrefix[];

/** Sort key of a record that is alone in its partition. Any other sort key begins with a colon. */
export const ALONE = '#';

/** Where a record lies. Its key is the partition key, followed by the sort key unless that is `ALONE`. */
export interface RecordPlace {
  readonly table: StoreTable;
  readonly partition: string;
  readonly sort: string;
}

const kinds = Object.entries(storeTables).flatMap(([table, prefixes]) =>
  prefixes.map((prefix: StorePrefix) => ({ table: table as StoreTable, prefix })),
);

/** Takes a whole key, or the beginning of one that names its kind. Throws AppError `misconfigured` for any other. */
export function placeRecord(key: string): RecordPlace {
  const kind = kinds.find(({ prefix }) => (prefix.endsWith(':') ? key.startsWith(prefix) : key === prefix));
  if (kind === undefined) {
    throw new AppError('misconfigured', `No table holds records of the kind "${key.split(':', 1)[0] ?? ''}".`);
  }
  const owned = ownedPrefixes.find((prefix) => prefix === kind.prefix);
  const end = owned === undefined ? -1 : key.indexOf(':', owned.length);
  const [partition, sort] = end < 0 ? [key, ALONE] : [key.slice(0, end), key.slice(end)];
  return { table: kind.table, partition, sort };
}
