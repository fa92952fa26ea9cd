import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Operator } from '../operator/operator.ts';
import { PERSON_PATTERN } from '../trust/person.ts';
import { slackIdentity } from '../trust/slack-identity.ts';
import { damagedFile } from './damaged.ts';
import type { StandInAccount } from './google/stand-in-options.ts';
import type { Home } from './home.ts';

// The person of this machine: made once, with a token for each of the three APIs, and known by the account that signs in.

const localPersonFile = z.object({
  v: z.literal(1),
  person: z.string().regex(PERSON_PATTERN),
  agent_token: z.string(),
  mcp_token: z.string(),
  confirm_token: z.string(),
  /** What the first two tokens allow. */
  scopes: z.string().optional(),
});
export type LocalPerson = z.infer<typeof localPersonFile>;

const FILE = 'person.json';
const TOKEN_DAYS = 365;

async function createTokens(operator: Operator, person: string, scopes: string): Promise<LocalPerson> {
  const token = async (audience: string, scope: string): Promise<string> =>
    (await operator.createToken({ person, audience, scope, days: TOKEN_DAYS })).text;
  return {
    v: 1,
    person,
    agent_token: await token('agent', scopes),
    mcp_token: await token('mcp', scopes),
    confirm_token: await token('confirm', 'confirm'),
    scopes,
  };
}

async function createPerson(operator: Operator, account: StandInAccount): Promise<string> {
  const { person } = await operator.addPerson(account.name);
  // A store that outlived this folder may know the account as the person that the lost file named.
  await operator.mapIdentity(`oidc:google:${account.sub}`, person, { move: true });
  return person;
}

function readPersonFile(home: Home): LocalPerson | undefined {
  const text = home.read(FILE);
  if (text === undefined) return undefined;
  try {
    return localPersonFile.parse(JSON.parse(text));
  } catch (cause) {
    throw damagedFile(home.path(FILE), 'Put back a copy, or remove it to start as a new person.', cause);
  }
}

async function findKnown(home: Home, operator: Operator): Promise<LocalPerson | undefined> {
  const known = readPersonFile(home);
  if (known === undefined) return undefined;
  const persons = await operator.listPersons();
  return persons.some((record) => record.person === known.person) ? known : undefined;
}

/**
 * Made anew when the store no longer knows the person: it may have been another one, or in memory. The tokens are made anew when other
 * toolsets are switched on than when they were made.
 */
export async function ensureLocalPerson(
  home: Home,
  operator: Operator,
  { account, scopes }: { readonly account: StandInAccount; readonly scopes: readonly string[] },
): Promise<LocalPerson> {
  const wanted = scopes.join(' ');
  const known = await findKnown(home, operator);
  if (known?.scopes === wanted) return known;
  const made = await createTokens(operator, known?.person ?? (await createPerson(operator, account)), wanted);
  home.write(FILE, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

/** Lets the person speak as that Slack user, unless somebody else already does. */
export async function ensureSlackUser(
  operator: Operator,
  person: string,
  { team, user }: { readonly team: string; readonly user: string },
): Promise<void> {
  try {
    await operator.mapIdentity(slackIdentity({ home: team, user }), person);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
  }
}
