import { join } from 'node:path';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { connectGoogle } from '../../../src/cli/client/connect.ts';
import { createHeadlessPerson } from '../../../src/local/headless-person.ts';
import { TEST_CREDENTIALS } from '../../support/aws-emulator.ts';
import type { Ran } from './commands.ts';
import { operate } from './deployment.ts';
import { DOMAIN, ENVIRONMENT, PERSON, REGION, type World } from './world.ts';

// A person of the deployed system: enrolled by the operator, connected by a browser, asking through the test client.

export interface Enrolled {
  readonly id: string;
  /** Of audience `agent`: it chats and cannot approve. */
  readonly agentToken: string;
  /** Of audience `confirm`. */
  readonly confirmToken: string;
}

const AGENT = `https://agent.${DOMAIN}`;
const OAUTH = `https://oauth.${DOMAIN}`;

/** What a person says holds words that are to be found in no log. */
export const MESSAGE_CANARY = 'Kanarienvogelausstellung';

export async function enrol(world: World): Promise<Enrolled> {
  const operator = async (...args: readonly string[]): Promise<string> => {
    const ran = await world.commands.script('aws/operator', [ENVIRONMENT, '--', ...args], { shown: false });
    return ran.stdout.trim();
  };
  const id = await operator('person', 'add', PERSON.name);
  await operator('person', 'identify', id, `oidc:google:${PERSON.sub}`);
  const token = async (audience: string, scope: string): Promise<string> => {
    const made = await operator(
      ...['token', 'create', '--person', id, '--audience', audience, '--scope', scope, '--days', '1'],
    );
    world.secrets.know(`token for ${audience}`, made);
    return made;
  };
  return {
    id,
    agentToken: await token('agent', 'calendar.read calendar.write'),
    confirmToken: await token('confirm', 'confirm'),
  };
}

/** Somebody who has granted nothing and asked for nothing. */
export async function enrolAnother({ commands }: World): Promise<string> {
  const ran = await commands.script('aws/operator', [ENVIRONMENT, '--', 'person', 'add', 'Another'], { shown: false });
  return ran.stdout.trim();
}

/** Consent at Google and the grant to the agent, by the person's browser. */
export async function connect({ google }: World, { confirmToken }: Enrolled): Promise<string> {
  const browser = createHeadlessPerson({ account: PERSON.email, googleOrigin: new URL(google.url).origin });
  const { status, message } = await connectGoogle({
    oauth: { url: OAUTH, token: confirmToken },
    open: async (url) => void (await browser.visit(url)),
  });
  return message === undefined ? status : `${status}: ${message}`;
}

/** One message by the test client, as a process of its own. Never throws. */
export function ask({ commands }: World, person: Enrolled, message: string, ...more: readonly string[]): Promise<Ran> {
  return commands.run(process.execPath, ['scripts/test-client.ts', message, '--zone', PERSON.timeZone, ...more], {
    env: {
      SALLYPORT_AGENT_URL: AGENT,
      SALLYPORT_OAUTH_URL: OAUTH,
      SALLYPORT_TOKEN: person.agentToken,
      SALLYPORT_CONFIRM_TOKEN: person.confirmToken,
    },
  });
}

/** The Function URL that asks for signatures, as the deployment tells it. */
export async function streamUrl({ commands, folder }: World): Promise<string> {
  const args = [`-chdir=${join(folder, 'terraform/service')}`, 'output', '-json', 'stream_urls'];
  const told = await commands.run('terraform', args, { shown: false });
  if (told.code !== 0) throw new Error(told.output);
  return (JSON.parse(told.stdout) as { readonly stream: string }).stream;
}

/** One question by the command, signed by SigV4, with the person's token beside. Never throws. */
export function askSigned({ commands }: World, person: Enrolled, url: string, question: string): Promise<Ran> {
  const args = ['bin/sallyport.mjs', '--sigv4', 'ask', question, '--zone', PERSON.timeZone];
  return commands.run(process.execPath, args, {
    env: {
      AWS_ACCESS_KEY_ID: 'AKIDCALLER',
      AWS_SECRET_ACCESS_KEY: 'of-whoever-calls',
      SALLYPORT_AGENT_URL: url,
      SALLYPORT_OAUTH_URL: OAUTH,
      SALLYPORT_TOKEN: person.agentToken,
      SALLYPORT_CONFIRM_TOKEN: person.confirmToken,
    },
  });
}

/** What the person has talked about, by the command. Never throws. */
export function listConversations({ commands }: World, person: Enrolled): Promise<Ran> {
  return commands.run(process.execPath, ['bin/sallyport.mjs', 'conversations', 'list', '--json'], {
    env: { SALLYPORT_AGENT_URL: AGENT, SALLYPORT_TOKEN: person.agentToken },
    shown: false,
  });
}

/** Sort keys of all that lies in the table of conversations for a person. */
export async function conversationsOf({ emulator }: World, person: string): Promise<readonly string[]> {
  const client = new DynamoDBClient({ endpoint: emulator.endpoint, region: REGION, credentials: TEST_CREDENTIALS });
  try {
    const { Items: items = [] } = await client.send(
      new QueryCommand({
        TableName: `sallyport-${ENVIRONMENT}-conversations`,
        KeyConditionExpression: 'person = :person',
        ExpressionAttributeValues: { ':person': { S: person } },
      }),
    );
    return items.map(({ conversation_id }) => conversation_id?.S ?? '');
  } finally {
    client.destroy();
  }
}

export interface SeenConsole {
  readonly statuses: readonly number[];
  readonly policy: string;
  /** What the page knows of where its person decides. */
  readonly linksToOAuth: boolean;
}

/** The web console as a browser asks for it, without a token: the page, its script and its styles. */
export async function lookAtConsole(): Promise<SeenConsole> {
  const answers = await Promise.all(['', '/app.js', '/style.css'].map((path) => fetch(`${AGENT}/console${path}`)));
  const [page = ''] = await Promise.all(answers.map((answer) => answer.text()));
  return {
    statuses: answers.map(({ status }) => status),
    policy: answers[0]?.headers.get('content-security-policy') ?? '',
    linksToOAuth: page.includes(`data-oauth-url="${OAUTH}"`),
  };
}

/** The same question as a stream, by whoever does not sign, and with a token that is nobody's. */
export async function askUnsigned(url: string): Promise<number> {
  const body = JSON.stringify({ message: 'Am I free tomorrow at three?' });
  const headers = { 'content-type': 'application/json', 'x-sallyport-authorization': 'Bearer sp_a_b' };
  const answer = await fetch(`${url}/stream`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

/** `make deploy` once more, which asks a question by the test client when it has deployed. */
export const deployAndAsk = ({ commands }: World, { agentToken }: Enrolled): Promise<Ran> =>
  commands.script('aws/deploy', [ENVIRONMENT, '--yes'], { env: { SALLYPORT_SMOKE_TOKEN: agentToken } });

/** `make revoke` for the certificate that the agent uses now. */
export const revoke = (world: World, serial: string): Promise<Ran> => operate(world, 'revoke', serial);
