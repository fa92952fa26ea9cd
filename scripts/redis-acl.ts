import { parseArgs } from 'node:util';
import { redisAclCommand, redisAclRules } from '../src/config/redis-acl.ts';
import { type StoreUser, storeAccess } from '../src/config/store-access.ts';
import { ENVIRONMENTS, isEnvironment } from './aws/parts/environment.ts';

// `make redis-acl`: the Redis users of one environment, as commands for `redis-cli` or, with --cloud, as rules for Redis Cloud's console. It makes up no
// password and connects to nothing.

const { values } = parseArgs({
  options: { env: { type: 'string', default: 'dev' }, cloud: { type: 'boolean', default: false } },
});
if (!isEnvironment(values.env)) {
  console.error(
    `There is no environment ${JSON.stringify(values.env)}. Next: say ENV=${ENVIRONMENTS.join(' or ENV=')}`,
  );
  process.exit(2);
}

const users = Object.keys(storeAccess) as StoreUser[];
const quote = (word: string): string => (word.includes(' ') ? `"${word}"` : word);

for (const user of users) {
  const name = `sallyport-${values.env}-${user}`;
  if (values.cloud) console.log(`${name}\n${redisAclRules(user).join(' ')}\n`);
  else console.log(redisAclCommand(name, user).map(quote).join(' '));
}
if (!values.cloud) {
  console.error(`
Give each user a password (\`ACL SETUSER sallyport-${values.env}-agent >…\`), write them down with \`ACL SAVE\` where there is an ACL file,
close the default user (\`ACL SETUSER default off\`), and hand the URLs over with \`make secrets\`.`);
}
