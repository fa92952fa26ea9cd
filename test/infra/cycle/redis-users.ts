import {
  type StorePrefix,
  type StoreUser,
  storeAccess,
  storePrefixes,
  storeRights,
} from '../../../src/config/store-access.ts';

// The users of the cycle's Redis, made from the one list of who may touch which records.

const COMMANDS = '+get +set +eval +evalsha +exists +incr +pexpire +del +scan +ping +info';

/** The functions that the cycle deploys, and the operator. */
export const STORE_USERS = (Object.keys(storeAccess) as StoreUser[]).filter((user) => user !== 'mcp-key');

const pattern = (entry: StorePrefix): string => (entry.endsWith(':') ? `${entry}*` : entry);

function rulesOf(user: StoreUser): readonly string[] {
  return storePrefixes.flatMap((entry) => {
    const { read, write } = storeRights(user, entry);
    if (write) return [`~${pattern(entry)}`];
    return read ? [`%R~${pattern(entry)}`] : [];
  });
}

/** Arguments of `redis-server` that switch off the default user and make one for each function. */
export function redisUserArguments(passwords: Readonly<Record<string, string>>): readonly string[] {
  const users = STORE_USERS.flatMap((user) => [
    '--user',
    ...[user, 'on', `>${passwords[user]}`, 'resetchannels', ...rulesOf(user), ...COMMANDS.split(' ')],
  ]);
  return ['--user', 'default', 'off', ...users];
}
