import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { composeAgent } from '../../src/compose/agent.ts';
import { createServiceHandler } from '../../src/compose/service-handler.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { identityKey } from '../../src/trust/person.ts';
import { createEvent, type EventParts, testContext } from '../support/lambda-events.ts';

// Whom the Agent API takes for the caller when AWS says who signed the request, and when somebody only says that AWS did.

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const OTHER = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAW';
const ACCOUNT = '123456789012';
const ROLE = 'AROACKCEVSQ6C2EXAMPLE';
const USER = 'AIDACKCEVSQ6C2EXAMPLE';
const URL_ID = 'abcdefghijklmnopqrstuvwxyz012345';
const DOMAIN = `${URL_ID}.lambda-url.eu-central-1.on.aws`;

/** As a Function URL sends it (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads). */
const iamOf = (userId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  accessKey: 'ASIAIOSFODNN7EXAMPLE',
  accountId: ACCOUNT,
  callerId: userId,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: `arn:aws:iam::${ACCOUNT}:user/example-user`,
  userId,
  ...more,
});

function signed(iam: unknown, parts: EventParts = {}): unknown {
  const event = createEvent({ path: '/contacts', apiId: URL_ID, domainName: DOMAIN, ...parts });
  return { ...event, requestContext: { ...event.requestContext, authorizer: { iam } } };
}

interface World {
  readonly lines: string[];
  ask(event: unknown): Promise<{ readonly status: number | undefined; readonly body: Record<string, unknown> }>;
  contactsOf(event: unknown): Promise<unknown>;
  readonly token: string;
}

async function start(door: Readonly<Record<string, string>>): Promise<World> {
  const lines: string[] = [];
  const clock = { nowMs: () => Date.now() };
  const store = createMemoryStore({ clock });
  const identities = [
    [`iam:${ACCOUNT}:${ROLE}`, PERSON],
    [`iam:${ACCOUNT}:${USER}`, OTHER],
  ] as const;
  for (const [identity, person] of identities) await store.set(identityKey(identity), JSON.stringify({ v: 1, person }));
  const contacts = (name: string) => JSON.stringify({ v: 1, contacts: [{ name, address: `${name}@example.com` }] });
  await store.set(`contacts:${PERSON}`, contacts('of-the-role'));
  await store.set(`contacts:${OTHER}`, contacts('of-the-user'));
  const made = createToken({
    person: OTHER,
    audience: 'agent',
    scopes: ['calendar.read'],
    nowMs: clock.nowMs(),
    lifetimeSeconds: 600,
    random: new Uint8Array(42).fill(7),
  });
  await store.set(tokenKey(made.record.id), JSON.stringify(made.record));
  const handler = createServiceHandler({
    service: 'agent',
    compose: composeAgent,
    environment: {
      SALLYPORT_AGENT_URL: 'https://agent.example.com',
      SALLYPORT_MCP_URL: 'https://mcp.example.com/mcp',
      SALLYPORT_CREDENTIALS: '{}',
      SALLYPORT_MODEL: 'offline',
      ...door,
    },
    platform: {
      clock,
      random: { bytes: (count: number) => new Uint8Array(count) },
      writeLog: (line: string) => void lines.push(line),
      embeddedStore: store,
    },
  });
  const ask: World['ask'] = async (event) => {
    const { statusCode, body } = await handler(event, testContext);
    return { status: statusCode, body: JSON.parse(body ?? '') as Record<string, unknown> };
  };
  return {
    lines,
    token: made.text,
    ask,
    async contactsOf(event) {
      const { status, body } = await ask(event);
      return status === 200 ? (body as { contacts: { name: string }[] }).contacts[0]?.name : status;
    },
  };
}

describe('behind the door that checks signatures', () => {
  let world: World;
  beforeAll(async () => {
    world = await start({ SALLYPORT_IAM_DOOR: `api:${URL_ID}` });
  });

  it('a role is its person, whatever its session calls itself', async () => {
    for (const session of ['', ':one', `:${USER}`, ':someone@example.com'])
      expect(await world.contactsOf(signed(iamOf(`${ROLE}${session}`)))).toBe('of-the-role');
  });

  it('a user is its person', async () => {
    expect(await world.contactsOf(signed(iamOf(USER)))).toBe('of-the-user');
  });

  it('the person’s own token decides where there is one, and is not made up for by who signed', async () => {
    const withToken = (token: string) =>
      signed(iamOf(ROLE), { headers: { 'x-sallyport-authorization': `Bearer ${token}` } });
    expect(await world.contactsOf(withToken(world.token))).toBe('of-the-user');
    expect(await world.contactsOf(withToken(`${world.token}x`))).toBe(401);
  });

  it.each([
    ['another account’s role of the same id', iamOf(ROLE, { accountId: '210987654321' }), 403],
    ['a role that nobody has linked', iamOf('AROAAAAAAAAAAAAAAAAAA'), 403],
    ['an account’s root', iamOf(ACCOUNT), 401],
    ['a federated user', iamOf(`${ACCOUNT}:somebody`), 401],
    ['a service’s role without an id', iamOf('assumed-role'), 401],
    ['somebody of a Cognito identity pool', iamOf(ROLE, { cognitoIdentity: { identityId: 'eu-central-1:1' } }), 401],
    ['an id that holds another one', iamOf(`${ROLE}:a:${USER}`), 401],
    ['an account that is no number', iamOf(ROLE, { accountId: { toString: ACCOUNT } }), 401],
    ['a list', [iamOf(ROLE)], 401],
    ['nobody', null, 401],
  ])('%s is not let in', async (_who, iam, status) => {
    expect(await world.contactsOf(signed(iam))).toBe(status);
  });

  it.each([
    ['of another API', { apiId: `${URL_ID}x` }],
    ['of another stage', { stage: 'prod' }],
  ])('an event %s that says the same is believed nothing', async (_what, parts) => {
    expect(await world.contactsOf(signed(iamOf(ROLE), parts))).toBe(401);
    expect(world.lines.join('\n')).toContain('"event":"iam.not_believed"');
  });

  it('no header stands in for what AWS says', async () => {
    const claims = JSON.stringify({ iam: iamOf(ROLE) });
    const headers = { 'x-amzn-iam': claims, authorizer: claims, authorization: `AWS4-HMAC-SHA256 Credential=${ROLE}` };
    expect(await world.contactsOf(createEvent({ path: '/contacts', apiId: URL_ID, domainName: DOMAIN, headers }))).toBe(
      401,
    );
  });
});

describe('where no door checks signatures', () => {
  it('nobody is known by what an event says of AWS', async () => {
    const world = await start({});
    expect(await world.contactsOf(signed(iamOf(ROLE)))).toBe(401);
    expect(await world.contactsOf(signed(iamOf(USER), { headers: { authorization: `Bearer ${world.token}` } }))).toBe(
      'of-the-user',
    );
  });
});

describe('a function that asks AWS for its own URL', () => {
  let server: Server;
  let asked: IncomingMessage[] = [];
  let answer: { status: number; body: unknown } = { status: 200, body: {} };
  let environment: Readonly<Record<string, string>> = {};

  beforeEach(async () => {
    asked = [];
    answer = { status: 200, body: { FunctionUrl: `https://${DOMAIN}/`, AuthType: 'AWS_IAM' } };
    server = createServer((request, response) => {
      asked.push(request);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    environment = {
      SALLYPORT_IAM_DOOR: 'function:sallyport-dev-stream:live',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' });
  });
  afterEach(async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    await new Promise((resolve) => server.close(resolve));
  });

  it('believes events of that URL alone, and asks once', async () => {
    const world = await start(environment);
    expect(await world.contactsOf(signed(iamOf(ROLE)))).toBe('of-the-role');
    expect(await world.contactsOf(signed(iamOf(USER)))).toBe('of-the-user');
    const elsewhere = { apiId: 'z'.repeat(32), domainName: `${'z'.repeat(32)}.lambda-url.eu-central-1.on.aws` };
    expect(await world.contactsOf(signed(iamOf(ROLE), elsewhere))).toBe(401);
    expect(await world.contactsOf(signed(iamOf(ROLE), { domainName: 'agent.example.com' }))).toBe(401);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /2021-10-31/functions/sallyport-dev-stream/url?Qualifier=live',
    ]);
    expect(asked[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/lambda\//,
    );
  });

  it('asks nothing for callers with a token of their own', async () => {
    const world = await start(environment);
    const headers = { 'x-sallyport-authorization': `Bearer ${world.token}` };
    expect(await world.contactsOf(signed(iamOf(ROLE), { headers }))).toBe('of-the-user');
    expect(asked).toHaveLength(0);
  });

  it('believes nobody where that URL lets everybody in', async () => {
    answer = { status: 200, body: { FunctionUrl: `https://${DOMAIN}/`, AuthType: 'NONE' } };
    const world = await start(environment);
    expect(await world.contactsOf(signed(iamOf(ROLE)))).toBe(401);
  });

  it.each([
    ['is refused', { status: 403, body: { Message: 'planted' } }],
    ['has no such URL', { status: 404, body: {} }],
    ['gets something else', { status: 200, body: { FunctionUrl: 'javascript:1', AuthType: 'AWS_IAM' } }],
  ])('answers 503 while it %s, and goes on as soon as it knows', async (_how, broken) => {
    const right = answer;
    answer = broken;
    const world = await start(environment);
    const refused = await world.ask(signed(iamOf(ROLE)));
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(JSON.stringify(refused)).not.toContain('planted');
    expect(world.lines.join('\n')).toContain('"event":"iam.door_unknown"');
    answer = right;
    expect(await world.contactsOf(signed(iamOf(ROLE)))).toBe('of-the-role');
  });
});
