import { claimsAt, signJwt } from '../../support/jwt.ts';
import type { KeyIssuer } from '../../support/oauth-door.ts';
import { toolCall } from '../../support/outside-agent.ts';
import type { Enrolled } from './persons.ts';
import { DOMAIN, ENVIRONMENT, type World } from './world.ts';

// The door for clients that sign their person in, as such a client meets it: what it is told without a token, what the issuer's token opens once
// the operator has said whose it is, and that a token for somebody else opens nothing.

const DOOR = `https://tools.${DOMAIN}/mcp`;
const SUBJECT = 'user-1';
export const DOOR_ALIAS = 'work';

export interface OAuthDoorFacts {
  readonly challenge: { readonly status: number; readonly header: string };
  /** What the address named by the challenge says. */
  readonly metadata: unknown;
  readonly unlinked: number;
  readonly tools: readonly string[];
  readonly answer: string;
  /** To a call that the token's scope does not allow. */
  readonly stepUp: { readonly status: number; readonly header: string };
  /** A token for the Agent API, and an ID token. */
  readonly others: readonly number[];
  /** Root to the values of the pool, from Terraform's own output: an id for each client and no secret. */
  readonly told: unknown;
}

export async function comeByOAuthDoor(world: World, issuer: KeyIssuer, person: Enrolled): Promise<OAuthDoorFacts> {
  const token = async (over: Readonly<Record<string, unknown>>, header = {}): Promise<string> => {
    const claims = { iss: issuer.issuer, sub: SUBJECT, aud: DOOR, scope: 'calendar.read', ...over };
    const made = await signJwt(issuer.key, claimsAt(world.clock.nowMs(), claims), header);
    world.secrets.know(`token ${JSON.stringify(over)}`, made);
    return made;
  };
  const post = async (body: string, bearer?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    };
    const response = await fetch(DOOR, { method: 'POST', headers, body });
    return {
      status: response.status,
      header: response.headers.get('www-authenticate') ?? '',
      text: await response.text(),
    };
  };
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const { status, header } = await post(list);
  const where = /resource_metadata="([^"]+)"/.exec(header)?.[1] ?? '';
  const metadata = await fetch(where).then((answer) => answer.json());

  const good = await token({});
  const unlinked = await post(list, good);
  const identify = ['person', 'identify', person.id, `oidc:${DOOR_ALIAS}:${SUBJECT}`];
  await world.commands.script('aws/operator', [ENVIRONMENT, '--', ...identify]);
  const listed = JSON.parse((await post(list, good)).text) as {
    readonly result?: { readonly tools: { name: string }[] };
  };
  const day = new Date(world.clock.nowMs() + 86_400_000).toISOString().slice(0, 10);
  const window = { timeMin: `${day}T00:00:00Z`, timeMax: `${day}T23:00:00Z` };
  const narrow = await post(toolCall('createevent', {}), good);
  const others = [await token({ aud: `https://agent.${DOMAIN}` }), await token({ token_use: 'id' }, { typ: 'JWT' })];
  const told = await world.commands.run('terraform', [
    `-chdir=${world.folder}/terraform/service`,
    ...['output', '-json', 'oauth_door'],
  ]);
  return {
    challenge: { status, header },
    metadata,
    unlinked: unlinked.status,
    tools: (listed.result?.tools ?? []).map(({ name }) => name),
    answer: (await post(toolCall('freebusy', window), good)).text,
    stepUp: { status: narrow.status, header: narrow.header },
    others: await Promise.all(others.map(async (one) => (await post(list, one)).status)),
    told: JSON.parse(told.stdout),
  };
}
