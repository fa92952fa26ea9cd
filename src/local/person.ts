import * as z from 'zod';
import type { Operator } from '../operator/operator.ts';
import { PERSON_PATTERN } from '../trust/person.ts';
import type { StandInAccount } from './google/stand-in-options.ts';
import type { Home } from './home.ts';

// The person of this machine: made once, with a token for each of the three APIs, and known by the account that signs in.

const localPersonFile = z.object({
  v: z.literal(1),
  person: z.string().regex(PERSON_PATTERN),
  agent_token: z.string(),
  mcp_token: z.string(),
  confirm_token: z.string(),
});
export type LocalPerson = z.infer<typeof localPersonFile>;

const FILE = 'person.json';
const TOKEN_DAYS = 365;
const CALENDAR = 'calendar.read calendar.write';

async function create(operator: Operator, account: StandInAccount): Promise<LocalPerson> {
  const { person } = await operator.addPerson(account.name);
  // A store that outlived this folder may know the account as the person that the lost file named.
  await operator.mapIdentity(`oidc:google:${account.sub}`, person, { move: true });
  const token = async (audience: string, scope: string): Promise<string> =>
    (await operator.createToken({ person, audience, scope, days: TOKEN_DAYS })).text;
  return {
    v: 1,
    person,
    agent_token: await token('agent', CALENDAR),
    mcp_token: await token('mcp', CALENDAR),
    confirm_token: await token('confirm', 'confirm'),
  };
}

/** Made anew when the store no longer knows the person: it may have been another one, or in memory. */
export async function ensureLocalPerson(home: Home, operator: Operator, account: StandInAccount): Promise<LocalPerson> {
  const text = home.read(FILE);
  const known = text === undefined ? undefined : localPersonFile.safeParse(JSON.parse(text));
  if (known?.success === true) {
    const persons = await operator.listPersons();
    if (persons.some((record) => record.person === known.data.person)) return known.data;
  }
  const made = await create(operator, account);
  home.write(FILE, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
