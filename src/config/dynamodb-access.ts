import type { StoreOperation } from '../ports/key-value-store.ts';
import { type StorePrefix, type StoreUser, storeAccess } from './store-access.ts';
import { type StoreTable, storeTables } from './store-tables.ts';

// What each function's role may do in which table of DynamoDB, from the one list of access. `make docs` writes it to
// `terraform/modules/store/access.json`, from which Terraform makes the policies; a test holds the file to this source.

/** One statement of a policy: these actions in that table, and `dynamodb:LeadingKeys` (StringLike) like one of these. */
export interface TableStatement {
  readonly table: StoreTable;
  readonly actions: readonly string[];
  readonly leading_keys: readonly string[];
}

export interface DynamoDbAccess {
  /** Table classes; each table is called `<table prefix><class>`. */
  readonly tables: readonly StoreTable[];
  /** By function. Scanning is for operators, who hold the tables' own rights: no function here may. */
  readonly functions: Readonly<Record<string, readonly TableStatement[]>>;
}

/** The one action behind each operation. A condition on what is there needs no right of its own. */
const ACTIONS: Readonly<Record<StoreOperation, string>> = {
  get: 'dynamodb:GetItem',
  list: 'dynamodb:Query',
  set: 'dynamodb:PutItem',
  setIfAbsent: 'dynamodb:PutItem',
  compareAndSet: 'dynamodb:PutItem',
  compareAndDelete: 'dynamodb:DeleteItem',
  increment: 'dynamodb:UpdateItem',
};

const tableNames = Object.keys(storeTables) as StoreTable[];
/** Persons at a terminal have roles of their own. */
const FUNCTIONS: readonly StoreUser[] = (Object.keys(storeAccess) as StoreUser[]).filter((user) => user !== 'operator');

function tableOf(prefix: StorePrefix): StoreTable {
  const table = tableNames.find((name) => (storeTables[name] as readonly StorePrefix[]).includes(prefix));
  if (table === undefined) throw new Error(`no table holds ${prefix}`);
  return table;
}

const leadingKey = (prefix: StorePrefix): string => (prefix.endsWith(':') ? `${prefix}*` : prefix);

/** `rate:*` stands for `rate:questions:*` too. */
const covers = (pattern: string, other: string): boolean =>
  pattern !== other && pattern.endsWith('*') && other.startsWith(pattern.slice(0, -1));

/** Kinds of one table that allow the same actions share a statement. */
function statementsOf(user: StoreUser): readonly TableStatement[] {
  const statements = new Map<string, TableStatement>();
  for (const [prefix, operations] of Object.entries(storeAccess[user]) as [StorePrefix, StoreOperation[]][]) {
    const table = tableOf(prefix);
    const actions = [...new Set(operations.map((operation) => ACTIONS[operation]))].sort();
    const key = [table, ...actions].join(' ');
    const keys = [...(statements.get(key)?.leading_keys ?? []), leadingKey(prefix)].sort();
    statements.set(key, {
      table,
      actions,
      leading_keys: keys.filter((one) => !keys.some((other) => covers(other, one))),
    });
  }
  return [...statements.keys()].sort().map((key) => statements.get(key) as TableStatement);
}

export function dynamoDbAccess(): DynamoDbAccess {
  return {
    tables: [...tableNames].sort(),
    functions: Object.fromEntries(FUNCTIONS.map((user) => [user, statementsOf(user)])),
  };
}

/** The file's text, ending in a line feed. */
export function dynamoDbAccessJson(): string {
  return `${JSON.stringify(dynamoDbAccess(), null, 2)}\n`;
}
