import { redisAclCommand } from '../../../src/config/redis-acl.ts';
import { type StoreUser, storeAccess } from '../../../src/config/store-access.ts';

// The users of the cycle's Redis: those of `make redis-acl`, with passwords.

/** The functions that the cycle deploys, and the operator. */
export const STORE_USERS = (Object.keys(storeAccess) as StoreUser[]).filter((user) => user !== 'mcp-key');

/** Arguments of `redis-server` that switch off the default user and make one for each function. */
export function redisUserArguments(passwords: Readonly<Record<string, string>>): readonly string[] {
  const users = STORE_USERS.flatMap((user) => {
    const [, , name = '', ...rules] = redisAclCommand(user, user);
    return ['--user', name, `>${passwords[user]}`, ...rules];
  });
  return ['--user', 'default', 'off', ...users];
}
