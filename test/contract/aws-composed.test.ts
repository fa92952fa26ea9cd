import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createAwsReader } from '../../src/mcp/tools/aws/aws-reader.ts';
import { createAwsTools } from '../../src/mcp/tools/aws/aws-tools.ts';
import { importClients } from '../../src/mcp/tools/aws/clients/import-clients.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../../src/mcp/tools/tool.ts';
import { type AwsEmulator, EMULATOR_START_MS, startAwsEmulator, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { PERSON } from '../support/mcp-app.ts';
import { type TroubledAccount, troubleAccount } from '../support/troubled-account.ts';

// The AWS tools that put several reads together, against an emulated account in which some things are as they should not be.

const DAY_MS = 86_400_000;
const clock = createTestClock();
const sent: string[] = [];
const before: Record<string, string | undefined> = {};
let emulator: AwsEmulator;
let account: TroubledAccount;
let tools: ReadonlyMap<string, Tool>;

function setEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    before[name] ??= process.env[name];
    process.env[name] = value;
  }
}

/** Costs that the emulator tells when it is asked next. */
async function tellCosts(days: readonly (readonly [ago: number, service: string, amount: number])[]): Promise<void> {
  const date = (ago: number): string => new Date(clock.nowMs() - ago * DAY_MS).toISOString().slice(0, 10);
  const ResultsByTime = days.map(([ago, service, amount]) => ({
    TimePeriod: { Start: date(ago), End: date(ago - 1) },
    Total: {},
    Groups: [{ Keys: [service], Metrics: { UnblendedCost: { Amount: String(amount), Unit: 'USD' } } }],
    Estimated: false,
  }));
  const body = JSON.stringify({ results: [{ ResultsByTime }] });
  await fetch(`${emulator.endpoint}/moto-api/static/ce/cost-and-usage-results`, { method: 'POST', body });
}

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  account = await troubleAccount({ endpoint: emulator.endpoint, region: TEST_REGION });
  setEnvironment({ AWS_ENDPOINT_URL: emulator.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  clock.advance(Date.now() - clock.nowMs());
  const reader = createAwsReader({
    importClients,
    credentialsFor: async () => undefined,
    onSend: (service, operation) => void sent.push(`${service}:${operation}`),
  });
  const places = { region: TEST_REGION, regions: [], accounts: [] };
  const known = { cluster: 'gateway', service: 'web', database: 'main', cache: 'sessions', balancer: 'front' };
  const knownServices = () => new Map([['the gateway', known]]);
  const all = createAwsTools({ reader, places, clock, knownServices });
  tools = new Map(all.map((tool) => [tool.declaration.name, tool]));
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

const context = (): ToolContext => ({
  person: PERSON,
  agent: 'agent/assistant',
  requestId: 'r',
  signal: AbortSignal.timeout(30_000),
  log: createTestLog(),
});

/** Runs a tool; what it answers must be what it declares, and what it sent must only read. */
// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into here.
async function run(name: string, args: JsonObject = {}): Promise<ToolResult & { readonly data: any }> {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`there is no ${name}`);
  const ajv = new Ajv2020({ strict: false });
  expect([name, ajv.validate(tool.declaration.inputSchema, args), ajv.errorsText()]).toEqual([name, true, 'No errors']);
  const result = await tool.run({ refresh: true, ...args }, context());
  if (result.isError !== true) {
    ajv.validate(tool.declaration.outputSchema ?? {}, result.structuredContent);
    expect(ajv.errorsText()).toBe('No errors');
  }
  expect(sent.filter((one) => !/:(?:Describe|Get|List|Filter)/.test(one))).toEqual([]);
  return { ...result, data: result.structuredContent };
}

describe('security_overview', () => {
  // Keys are as old as they become while nobody looks.
  const aHundredDaysLater = async () => {
    clock.advance(100 * DAY_MS);
    try {
      return await run('security_overview');
    } finally {
      clock.advance(-100 * DAY_MS);
    }
  };

  it('finds what lies open, and nothing that does not', async () => {
    const { data, text } = await aHundredDaysLater();
    const found = data.findings.map(({ kind, resource, severity }: JsonObject) => [kind, severity, resource]);
    expect(found).toContainEqual(['public_bucket', 'high', 'open-to-all']);
    expect(found).toContainEqual(['open_security_group', 'high', `${account.openGroup} (ssh-for-all)`]);
    expect(found).toContainEqual(['public_database', 'high', 'main']);
    expect(found).toContainEqual(['unencrypted_store', 'medium', 'main']);
    // The emulator has hundreds of snapshots, which hide nothing.
    expect(found.filter(([, , resource]: string[]) => /^\d+ more snapshots$/.test(resource ?? ''))).toHaveLength(1);
    expect(found).toContainEqual(['old_access_key', 'medium', `robot ${account.accessKeyId}`]);
    const named = JSON.stringify(found);
    expect(named).not.toContain('"shut"');
    expect(named).not.toContain('(web)');
    expect(found).toContainEqual(['unencrypted_store', 'medium', account.plainVolume]);
    expect(named).not.toContain(account.sealedVolume);
    expect(data.found).toBe(data.findings.length);
    expect(data.checked).toMatchObject({ buckets: 2, users: 1, accessKeys: 1, databases: 1 });
    expect(data.findings[0].severity).toBe('high');
    expect(text).toContain('high: open-to-all its policy lets everybody in');
    for (const one of data.findings) expect(one.mend).not.toBe('');
  }, 60_000);

  it('calls no key old that is new', async () => {
    const { data } = await run('security_overview');
    expect(data.findings.filter(({ kind }: JsonObject) => kind === 'old_access_key')).toEqual([]);
  }, 60_000);

  it('asks for what belongs to the account once, for the rest in each region', async () => {
    const { data } = await run('security_overview', { region: `${TEST_REGION},eu-west-1` });
    expect(sent.filter((one) => one === 's3:ListBuckets')).toHaveLength(1);
    expect(sent.filter((one) => one === 'iam:ListUsers')).toHaveLength(1);
    expect(sent.filter((one) => one === 'ec2:DescribeSecurityGroups')).toHaveLength(2);
    expect(data.checked.buckets).toBe(2);
  }, 60_000);
});

describe('service_health', () => {
  it('tells of a service on ECS: tasks, targets, alarms and errors in one answer', async () => {
    const { data, text } = await run('service_health', { cluster: 'gateway', service: 'web' });
    expect(data.verdict).toBe('down');
    expect(data.ecs).toMatchObject({
      cluster: 'gateway',
      service: 'web',
      desired: 2,
      running: 0,
      taskDefinition: 'web:1',
    });
    expect(data.ecs.deployments).toHaveLength(1);
    expect(data.balancing).toMatchObject([{ targetGroup: 'web' }]);
    expect(data.alarms).toMatchObject({ firing: [{ name: 'web-errors', reason: 'so it was set' }], others: 1 });
    expect(data.recentErrors.lines.map(({ message }: JsonObject) => message)).toContain(
      'ERROR: no connection, password=[hidden]',
    );
    expect(text).toMatch(/^web is down\.\n- none of 2 tasks runs/);
    expect(text).toContain('alarm web-errors is on');
  });

  it('finds a service by its name alone, on ECS or as a function', async () => {
    expect((await run('service_health', { name: 'web' })).data.ecs.cluster).toBe('gateway');
    const lambda = await run('service_health', { name: 'resize' });
    expect(lambda.data.lambda).toMatchObject({ function: 'resize', runtime: 'nodejs22.x' });
    expect(lambda.data.verdict).toBe('healthy');
    expect(JSON.stringify(lambda)).not.toContain('CANARY');
    expect(await run('service_health', { name: 'nowhere' })).toMatchObject({ isError: true, code: 'not_found' });
    expect(await run('service_health')).toMatchObject({ isError: true, code: 'invalid_request' });
  });

  it('knows what a project calls its service, with what it stands on', async () => {
    const { data } = await run('service_health', { name: 'the gateway' });
    expect(data.ecs.service).toBe('web');
    expect(data.database).toMatchObject({ name: 'main', status: 'available' });
    expect(data.cache).toMatchObject({ name: 'sessions', status: 'available' });
    expect(sent).toContain('elb:DescribeLoadBalancers');
  });

  it('says that a service is not there instead of calling it healthy', async () => {
    const { data } = await run('service_health', { cluster: 'gateway', service: 'gone' });
    expect(data).toMatchObject({ verdict: 'down', troubles: ['cluster gateway has no service gone'] });
    const none = await run('service_health', { function: 'gone' });
    expect(none.data.verdict).not.toBe('healthy');
    expect(none.data.errors).toContainEqual(
      expect.objectContaining({ part: 'lambda GetFunctionConfiguration', code: 'not_found' }),
    );
  });
});

describe('cost_summary', () => {
  it('adds up the last days and as many before, by service', async () => {
    await tellCosts([
      [40, 'Amazon EC2', 5],
      [20, 'Amazon EC2', 10.255],
      [3, 'Amazon EC2', 2],
      [2, 'Amazon S3', 1.5],
    ]);
    const { data, text } = await run('cost_summary');
    expect(data).toMatchObject({ currency: 'USD', total: 13.76, before: 5 });
    expect(data.groups).toEqual([
      { name: 'Amazon EC2', amount: 12.26, before: 5 },
      { name: 'Amazon S3', amount: 1.5, before: 0 },
    ]);
    expect(data.days.map(({ amount }: JsonObject) => amount)).toEqual([10.26, 2, 1.5]);
    expect(text).toContain('13.76 USD in the 30 days before');
    expect(text).toContain('5 in the 30 before (+175 %)');
    // The emulator has no forecasts: what could not be read is named beside what was.
    expect(data.errors.map(({ part }: JsonObject) => part)).toContain('cost_explorer GetCostForecast');
    expect(sent.sort()).toEqual([
      'cost_explorer:GetAnomalies',
      'cost_explorer:GetCostAndUsage',
      'cost_explorer:GetCostForecast',
    ]);
  });
});
