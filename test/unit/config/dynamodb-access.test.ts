import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type dynamoDbAccess, dynamoDbAccessJson, type TableStatement } from '../../../src/config/dynamodb-access.ts';
import { type StorePrefix, type StoreUser, storeAccess, storePrefixes } from '../../../src/config/store-access.ts';
import { ALONE, ownedPrefixes, placeRecord, storeTables } from '../../../src/config/store-tables.ts';
import type { StoreOperation } from '../../../src/ports/key-value-store.ts';

// The rights in DynamoDB's tables, as Terraform reads them: every pair of function and record is asked of the very file.

const FILE = 'terraform/modules/store/access.json';
const functions = (Object.keys(storeAccess) as StoreUser[]).filter((user) => user !== 'operator');
const file = JSON.parse(readFileSync(FILE, 'utf8')) as ReturnType<typeof dynamoDbAccess>;

/** What the adapter sends for each operation, as test/contract/dynamodb-store.test.ts sees it on the wire. */
const sent: Readonly<Record<StoreOperation, string>> = {
  get: 'dynamodb:GetItem',
  list: 'dynamodb:Query',
  set: 'dynamodb:PutItem',
  setIfAbsent: 'dynamodb:PutItem',
  compareAndSet: 'dynamodb:PutItem',
  compareAndDelete: 'dynamodb:DeleteItem',
  increment: 'dynamodb:UpdateItem',
};
const actions = [...new Set(Object.values(sent)), 'dynamodb:Scan', 'dynamodb:BatchGetItem', 'dynamodb:DeleteTable'];

/** As IAM's StringLike does it: `*` stands for any text. */
function like(pattern: string, text: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(text);
}

const allows = (statements: readonly TableStatement[], action: string, table: string, partition: string): boolean =>
  statements.some(
    (statement) =>
      statement.table === table &&
      statement.actions.includes(action) &&
      statement.leading_keys.some((pattern) => like(pattern, partition)),
  );

const keyOf = (prefix: StorePrefix): string => (prefix.endsWith(':') ? `${prefix}p_1:x` : prefix);

/** Actions that the list of access asks for on a key of this kind. */
function wanted(user: StoreUser, prefix: StorePrefix): Set<string> {
  const entries = Object.entries(storeAccess[user]) as [StorePrefix, readonly StoreOperation[]][];
  const covering = entries.filter(([entry]) => entry === prefix || (entry.endsWith(':') && prefix.startsWith(entry)));
  return new Set(covering.flatMap(([, operations]) => operations.map((operation) => sent[operation])));
}

describe('terraform/modules/store/access.json', () => {
  it('says what the source says (make docs)', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(dynamoDbAccessJson());
  });

  it('names every class of table, and every function but no operator', () => {
    expect([...file.tables].sort()).toEqual(Object.keys(storeTables).sort());
    expect(Object.keys(file.functions)).toEqual(functions);
  });

  it.each(functions.flatMap((user) => storePrefixes.map((prefix) => [user, prefix] as const)))(
    '%s may do with %s exactly what the list of access says, in one table',
    (user, prefix) => {
      const statements = file.functions[user] ?? [];
      const home = placeRecord(keyOf(prefix));
      for (const table of file.tables) {
        const allowed = actions.filter((action) => allows(statements, action, table, home.partition));
        expect(allowed.sort()).toEqual(table === home.table ? [...wanted(user, prefix)].sort() : []);
      }
    },
  );

  it('lets no function scan, and query only what it lists by owner', () => {
    for (const user of functions) {
      const queried = (file.functions[user] ?? []).filter((one) => one.actions.includes('dynamodb:Query'));
      expect((file.functions[user] ?? []).flatMap((one) => one.actions)).not.toContain('dynamodb:Scan');
      for (const pattern of queried.flatMap((one) => one.leading_keys)) {
        expect(ownedPrefixes as readonly string[]).toContain(pattern.replace('*', ''));
      }
    }
  });

  it('bounds every statement by leading keys, none of which is all', () => {
    for (const statement of Object.values(file.functions).flat()) {
      expect(statement.leading_keys.length).toBeGreaterThan(0);
      for (const pattern of statement.leading_keys) expect(pattern).toMatch(/^[a-z]+(?::[a-z]+)*(?::\*)?$/);
    }
  });

  it.each(['keyring2', 'keyring:x', 'xkeyring', 'tokens:1', 'Token:1', '', 'token'])(
    'has nothing for a partition that merely resembles one: "%s"',
    (partition) => {
      for (const user of functions) {
        for (const table of file.tables) {
          for (const action of actions) {
            expect(allows(file.functions[user] ?? [], action, table, partition)).toBe(false);
          }
        }
      }
    },
  );
});

describe('where records lie', () => {
  it('is one table for each kind', () => {
    const placed = Object.values(storeTables).flat();
    expect([...placed].sort()).toEqual([...storePrefixes].sort());
  });

  it('is told by the key alone, and tells the key again', () => {
    for (const prefix of storePrefixes) {
      for (const rest of ['', 'a', 'a:', 'a:b', 'a:b:c', ':', '::', '#', 'agent/x:p_1']) {
        const key = prefix.endsWith(':') ? `${prefix}${rest}` : prefix;
        const { partition, sort } = placeRecord(key);
        expect(`${partition}${sort === ALONE ? '' : sort}`).toBe(key);
        expect(sort === ALONE || sort.startsWith(':')).toBe(true);
      }
    }
  });

  it('keeps apart what has one owner and what has another, whose name begins alike', () => {
    for (const prefix of ownedPrefixes) {
      expect(placeRecord(`${prefix}p_1:x`).partition).toBe(`${prefix}p_1`);
      expect(placeRecord(`${prefix}p_12:x`).partition).toBe(`${prefix}p_12`);
    }
  });

  it('is nowhere for a kind that nobody listed', () => {
    for (const key of ['', 'x:1', 'keyring2', 'keyring:1', 'revocations:', 'Token:1']) {
      expect(() => placeRecord(key)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
    }
  });
});
