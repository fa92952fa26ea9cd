import type { StoreOperation } from '../ports/key-value-store.ts';
import { type StorePrefix, type StoreUser, storeAccess } from './store-access.ts';

// What each function's user may do in Redis (7.0 or later), from the one list of access, in Redis's own language
// (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/). It holds no password and makes no user.
//
// Two things Redis cannot tell apart, which the embedded view does: a command that runs inside a script may be run by itself as well, and SET may
// write over what SET NX would spare. And SCAN shows the names of all keys, though the values of none: so only who lists records has it.

/** What an operation sends to the server, scripts' own commands included (`src/adapters/redis/redis-store.ts`). */
const COMMANDS: Readonly<Record<StoreOperation, readonly string[]>> = {
  get: ['get'],
  set: ['set'],
  setIfAbsent: ['set'],
  compareAndSet: ['eval', 'evalsha', 'get', 'set'],
  compareAndDelete: ['del', 'eval', 'evalsha', 'get'],
  increment: ['eval', 'evalsha', 'exists', 'incr', 'pexpire'],
  list: [],
};

/** Of every user: a sign of life, and the eviction policy, without which the adapter works with no server. */
const CONNECTION = ['+info', '+ping'];

const READ_ONLY: ReadonlySet<string> = new Set(['get']);
const WRITE_ONLY: ReadonlySet<string> = new Set(['set']);

/** A script may do anything with its key, so Redis asks for both rights. */
function permission(commands: readonly string[]): string {
  if (commands.every((command) => READ_ONLY.has(command))) return '%R~';
  return commands.every((command) => WRITE_ONLY.has(command)) ? '%W~' : '~';
}

const pattern = (prefix: string): string => (prefix.endsWith(':') ? `${prefix}*` : prefix);

/** Kinds of record with the same commands share a selector. */
function selectors(access: readonly (readonly [StorePrefix, readonly StoreOperation[]])[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [prefix, operations] of access) {
    const commands = [...new Set(operations.flatMap((operation) => COMMANDS[operation]))].sort();
    if (commands.length === 0) continue;
    const rules = commands.map((command) => `+${command}`).join(' ');
    groups.set(rules, [...(groups.get(rules) ?? []), `${permission(commands)}${pattern(prefix)}`]);
  }
  return [...groups].map(([rules, patterns]) => `(${patterns.sort().join(' ')} ${rules})`).sort();
}

/** Rules as `ACL SETUSER` takes them, and as Redis Cloud does in a rule of a role. A user has nothing but what they add. */
export function redisAclRules(user: StoreUser): readonly string[] {
  // Removing a person means finding and deleting their records of every kind.
  if (user === 'operator') {
    const commands = [...new Set(Object.values(COMMANDS).flat()), 'scan'].sort();
    return [...CONNECTION, ...commands.map((command) => `+${command}`), '~*'];
  }
  const access = Object.entries(storeAccess[user]) as [StorePrefix, readonly StoreOperation[]][];
  const lists = access.some(([, operations]) => operations.includes('list'));
  return [...CONNECTION, ...(lists ? ['+scan'] : []), ...selectors(access)];
}

/** Brings a user to exactly these rules, whatever it had. Passwords stay as they are: a new user has none, and so nobody gets in. */
export function redisAclCommand(name: string, user: StoreUser): readonly string[] {
  const cleared = ['resetkeys', 'resetchannels', 'clearselectors', '-@all'];
  return ['ACL', 'SETUSER', name, 'on', ...cleared, ...redisAclRules(user)];
}
