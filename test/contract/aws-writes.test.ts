import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { LambdaClient, ListTagsCommand, TagResourceCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAccounts } from '../../src/mcp/tools/aws/accounts.ts';
import { createAwsReader } from '../../src/mcp/tools/aws/aws-reader.ts';
import { importClients } from '../../src/mcp/tools/aws/clients/import-clients.ts';
import { createReadSecretValue } from '../../src/mcp/tools/aws/secrets/read-secret-value.ts';
import { createSecretValues } from '../../src/mcp/tools/aws/secrets/secret-values.ts';
import { createAwsWriteTools } from '../../src/mcp/tools/aws/writes/aws-write-tools.ts';
import { createAwsWriter } from '../../src/mcp/tools/aws/writes/aws-writer.ts';
import { commands } from '../../src/mcp/tools/aws/writes/write-clients.ts';
import { approvalKey, approvalRecord, decisionKey } from '../../src/trust/approval.ts';
import { type AwsEmulator, EMULATOR_START_MS, startAwsEmulator, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestApp, json, modernRequest, PERSON, type TestApp, testCaller } from '../support/mcp-app.ts';
import { SECRET_VALUE, troubleAccount } from '../support/troubled-account.ts';

// What the AWS tools may change, and the one value they may show: through the whole chain of a call, against an emulated account.

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
const sent: string[] = [];
const before: Record<string, string | undefined> = {};
let emulator: AwsEmulator;
let test: TestApp;

function setEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    before[name] ??= process.env[name];
    process.env[name] = value;
  }
}

const scopes: string[] = [];

function openApp(): TestApp {
  const places = { region: TEST_REGION, regions: [], accounts: ['other'] };
  const credentialsFor = async () => undefined;
  const reader = createAwsReader({ importClients, credentialsFor });
  const writer = createAwsWriter({
    importCommands: async () => ({ commands }),
    credentials: credentialsFor,
    onSend: (operation) => void sent.push(operation),
  });
  const read = createSecretValues({ credentialsFor });
  const secret = createReadSecretValue({ allowed: ['app/shown', 'app/gone'], read, places });
  return createTestApp({
    tools: [...createAwsWriteTools({ reader, writer, places }), secret],
    callerOf: () => ({ ...testCaller, scopes: [...scopes] }),
  });
}

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  await troubleAccount({ endpoint: emulator.endpoint, region: TEST_REGION });
  setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
}, EMULATOR_START_MS + 120_000);
afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await emulator?.stop();
});
beforeEach(() => {
  sent.length = 0;
  scopes.splice(0, scopes.length, 'aws.write');
  test = openApp();
});

type Arguments = Readonly<Record<string, unknown>>;

const call = async (name: string, args: Arguments) =>
  json(
    await test.app(
      modernRequest('tools/call', { name, arguments: args }, { capabilities: { elicitation: { url: {} } } }),
    ),
  );

async function decide(id: string, decision: 'yes' | 'no'): Promise<void> {
  const { instance } = approvalRecord.parse(JSON.parse((await test.store.get(approvalKey(PERSON, id))) ?? ''));
  const record = { v: 1, id, instance, decision, decided_at: 1, by: 'token:t' };
  await test.store.set(decisionKey(PERSON, id), JSON.stringify(record));
}

/** Asks, has the person say yes, and asks again. */
async function callWithYes(name: string, args: Arguments) {
  const { result } = await call(name, args);
  const question = result._meta['sallyport/approval'];
  expect(sent).toEqual([]);
  await decide(question.id, 'yes');
  return { question, result: (await call(name, args)).result };
}

const service = async () => {
  const ecs = new ECSClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: CREDENTIALS });
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'gateway', services: ['web'] }));
  ecs.destroy();
  return services?.[0];
};

describe('ecs_update_service', () => {
  const args = { cluster: 'gateway', service: 'web', desiredCount: 5, taskDefinition: 'web:2' };

  it('shows the person what is and what will be, changes it after their yes, and reads back what became of it', async () => {
    const { question, result } = await callWithYes('ecs_update_service', args);
    expect(question.summary).toBe(
      'Change ECS service “web” in cluster “gateway” (eu-central-1, account 123456789012): tasks 2 → 5; task definition web:1 → web:2',
    );
    expect(question).toMatchObject({
      effect: 'Changes or removes what is there.',
      undo: expect.stringContaining('those before'),
    });
    expect(result.structuredContent).toMatchObject({
      before: { desired: 2, taskDefinition: 'web:1' },
      after: { desired: 5, taskDefinition: 'web:2' },
    });
    expect(await service()).toMatchObject({ desiredCount: 5, taskDefinition: expect.stringContaining('web:2') });
    expect(sent).toEqual(['UpdateService']);
  });

  it('asks nobody about what is so already, is not there, or changes nothing', async () => {
    const refusals = [
      [{ desiredCount: (await service())?.desiredCount }, 'conflict', 'is so already'],
      [{ service: 'gone', desiredCount: 1 }, 'not_found', 'has no service gone'],
      [{ taskDefinition: 'web:99' }, 'not_found', 'no active task definition'],
      [{}, 'invalid_request', 'Say what to change'],
    ] as const;
    for (const [more, code, words] of refusals) {
      const { result } = await call('ecs_update_service', { cluster: 'gateway', service: 'web', ...more });
      expect([more, result.isError, result.content?.[0].text]).toEqual([more, true, expect.stringContaining(words)]);
      expect(JSON.stringify(test.log.lines)).toContain(code);
    }
    expect((await test.store.list('approval:')).keys).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('changes nothing after a no, without the scope, or with a patterned name', async () => {
    const wish = { cluster: 'gateway', service: 'web', desiredCount: 0 };
    const { result } = await call('ecs_update_service', wish);
    const question = result._meta['sallyport/approval'];
    expect(question.summary).toContain('tasks 5 → 0, which stops it');
    await decide(question.id, 'no');
    expect((await call('ecs_update_service', wish)).result).toMatchObject({ isError: true });
    scopes.splice(0, scopes.length, 'aws.read');
    expect(JSON.stringify(await call('ecs_update_service', wish))).toContain('aws.write');
    scopes.splice(0, scopes.length, 'aws.write');
    expect((await call('ecs_update_service', { ...wish, cluster: '*' })).result.isError).toBe(true);
    expect((await service())?.desiredCount).toBe(5);
    expect(sent).toEqual([]);
  });
});

describe('tag_resources', () => {
  const arn = `arn:aws:lambda:${TEST_REGION}:123456789012:function:resize`;
  const lambda = () => new LambdaClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: CREDENTIALS });

  it('shows which values it would replace, sets the tags after a yes, and says what they were', async () => {
    await lambda().send(new TagResourceCommand({ Resource: arn, Tags: { owner: 'team-a', keep: 'me' } }));
    const args = { resources: [arn], tags: { owner: 'team-b', stage: 'test' } };
    const { question, result } = await callWithYes('tag_resources', args);
    expect(question.summary).toBe(
      `Set “owner” = “team-b”, “stage” = “test” on ${arn}. Replaces what is there: “owner” of ${arn} was “team-a”`,
    );
    expect(result.structuredContent).toEqual({
      region: TEST_REGION,
      tagged: [arn],
      failed: [],
      replaced: [{ resource: arn, tag: 'owner', value: 'team-a' }],
    });
    const { Tags } = await lambda().send(new ListTagsCommand({ Resource: arn }));
    expect(Tags).toEqual({ owner: 'team-b', keep: 'me', stage: 'test' });
    expect(sent).toEqual(['TagResources']);
  });

  it('names what could not be tagged, and fails only when nothing was', async () => {
    const unknown = `arn:aws:codebuild:${TEST_REGION}:123456789012:project/x`;
    const some = await callWithYes('tag_resources', { resources: [arn, unknown], tags: { a: 'b' } });
    expect(some.result.structuredContent).toMatchObject({ tagged: [arn], failed: [{ resource: unknown }] });
    sent.length = 0;
    const none = await callWithYes('tag_resources', { resources: [unknown], tags: { a: 'b' } });
    expect(none.result).toMatchObject({ isError: true });
  });

  it.each([
    [
      'a thing of another region',
      { resources: ['arn:aws:sqs:us-east-1:123456789012:q'], tags: { a: 'b' } },
      'is not in',
    ],
    ['a tag of AWS’s own', { resources: [arn], tags: { 'aws:createdBy': 'x' } }, 'need mending'],
    ['a name that is no ARN', { resources: ['resize'], tags: { a: 'b' } }, 'need mending'],
    ['no tag', { resources: [arn], tags: {} }, 'need mending'],
  ])('asks nobody about %s', async (_what, args, words) => {
    const { result } = await call('tag_resources', args);
    expect([result.isError, result.content[0].text]).toEqual([true, expect.stringContaining(words)]);
    expect((await test.store.list('approval:')).keys).toEqual([]);
  });
});

describe('read_secret_value', () => {
  beforeEach(() => void scopes.splice(0, scopes.length, 'aws.read'));

  it('shows the value of a secret that configuration names, after a yes, and logs nothing of it', async () => {
    const { question, result } = await callWithYes('read_secret_value', { name: 'app/shown' });
    expect(question.summary).toContain('the value of the secret “app/shown”');
    expect(question.effect).toBe('Only reads, and changes nothing.');
    expect(result.structuredContent).toMatchObject({ name: 'app/shown', value: SECRET_VALUE });
    expect(result.content[0].text).not.toContain(SECRET_VALUE);
    expect(JSON.stringify(test.log.lines)).not.toContain(SECRET_VALUE);
    // Each time anew.
    expect((await call('read_secret_value', { name: 'app/shown' })).result.resultType).toBe('input_required');
  });

  it('shows no other, even after a yes', async () => {
    const { result } = await callWithYes('read_secret_value', { name: 'app/hidden' });
    expect(result).toMatchObject({ isError: true });
    expect(result.content[0].text).toContain('SALLYPORT_SECRETS_READ');
    expect(JSON.stringify(result)).not.toContain(SECRET_VALUE);
    expect((await callWithYes('read_secret_value', { name: 'app/gone' })).result).toMatchObject({ isError: true });
  });
});

describe('what AWS refuses', () => {
  let server: Server;
  let answer: { readonly status: number; readonly body: string };
  const actions: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const action =
        String(request.headers['x-amz-target'] ?? '')
          .split('.')
          .at(-1) ?? '';
      actions.push(action);
      const services = [{ serviceName: 'web', status: 'ACTIVE', desiredCount: 2, runningCount: 2 }];
      const isRead = action === 'DescribeServices';
      response.writeHead(isRead ? 200 : answer.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(isRead ? JSON.stringify({ services }) : answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  afterAll(() => {
    setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint });
    server?.close();
    server?.closeAllConnections();
  });
  beforeEach(() => {
    actions.length = 0;
  });

  it.each([
    ['an access that was denied', 400, 'AccessDeniedException', 'Allow ecs:UpdateService in IAM. Nothing was changed.'],
    ['throttling', 400, 'ThrottlingException', 'Nothing was changed.'],
    ['a fault of its own', 500, 'ServerException', 'It may have been done all the same: look before you ask again.'],
  ])('%s: says whether something may have been done, and tries once', async (_what, status, type, words) => {
    answer = { status, body: JSON.stringify({ __type: type, message: 'no' }) };
    const { result } = await callWithYes('ecs_update_service', { cluster: 'gateway', service: 'web', desiredCount: 9 });
    expect([result.isError, result.content[0].text]).toEqual([true, expect.stringContaining(words)]);
    expect(actions.filter((action) => action === 'UpdateService')).toHaveLength(1);
  });
});

describe('the roles', () => {
  const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;

  it('are assumed once for all clients, again before they end, and name themselves', async () => {
    let asked = 0;
    const bodies: string[] = [];
    let expiresInMs = 3_600_000;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked += 1;
        bodies.push(body);
        const expiration = new Date(Date.now() + expiresInMs).toISOString();
        response.writeHead(200, { 'content-type': 'text/xml' });
        response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
          <AccessKeyId>ASIA${asked}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
          <Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    try {
      const accounts = createAccounts({
        region: TEST_REGION,
        roles: new Map([['prod', role('there')]]),
        ownRole: role('here'),
        sessionName: 'sallyport-writes',
      });
      const own = () => accounts.credentialsFor(undefined).then((provider) => provider?.());
      const all = await Promise.all(Array.from({ length: 8 }, own));
      expect(asked).toBe(1);
      expect(new Set(all.map((one) => one?.accessKeyId)).size).toBe(1);
      expect(bodies[0]).toContain('RoleSessionName=sallyport-writes');
      expect(bodies[0]).toContain(encodeURIComponent(role('here')));
      expiresInMs = 60_000;
      await (await accounts.credentialsFor('prod'))?.();
      expect(bodies[1]).toContain(encodeURIComponent(role('there')));
      // That one is about to end: the next who needs it asks anew.
      await (await accounts.credentialsFor('prod'))?.();
      expect(asked).toBe(3);
      await expect(accounts.credentialsFor('nobody')).rejects.toMatchObject({ code: 'invalid_request' });
    } finally {
      setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint });
      server.close();
      server.closeAllConnections();
    }
  });

  it('that let nobody in are named, with the mend', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' });
      response.end(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
        <Code>AccessDenied</Code><Message>User is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    try {
      const { credentialsFor, names } = createAccounts({
        region: TEST_REGION,
        roles: new Map([['prod', role('there')]]),
      });
      const reader = createAwsReader({ importClients, credentialsFor });
      const { createAwsTools } = await import('../../src/mcp/tools/aws/aws-tools.ts');
      const clock = { nowMs: () => Date.now() };
      const tools = createAwsTools({ reader, places: { region: TEST_REGION, regions: [], accounts: names }, clock });
      const sqs = tools.find(({ declaration }) => declaration.name === 'sqs_read_operations');
      const context = {
        person: PERSON,
        agent: 'agent/assistant',
        requestId: 'r',
        signal: AbortSignal.timeout(9000),
        log: test.log,
      };
      const result = await sqs?.run({ operation: 'ListQueues', account: 'prod' }, context);
      expect(result).toMatchObject({ isError: true, code: 'access_denied' });
      expect(result?.text).toContain(
        'The role of account prod cannot be assumed: allow this server sts:AssumeRole on it',
      );
    } finally {
      setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint });
      server.close();
      server.closeAllConnections();
    }
  });
});
