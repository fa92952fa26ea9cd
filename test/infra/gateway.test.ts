import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetFunctionUrlConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildServer } from '../../build/build-server.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createLambdaConnector } from '../../src/adapters/upstreams/lambda-connector.ts';
import type { OutsideClient } from '../../src/ports/outside-client.ts';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { createTestLog } from '../support/log.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import {
  copyTerraform,
  hasTerraform,
  listOf,
  type Plan,
  type PlanDocument,
  readPlan,
  statementsOf,
  TERRAFORM_MS,
  type TerraformCopy,
} from '../support/terraform.ts';

// `terraform/gateway` with official servers in it, applied to the emulator and called as the MCP function calls them: by a Function URL whose signatures
// are checked there. The emulator lets every key do everything: who may do what is read from the plan.

const ACCOUNT = '000000000000';
const CALLERS = ['mcp', 'mcp-key'];

const suite = [hasTerraform('the gateway’s root'), hasPython('the gateway’s root')].every(Boolean)
  ? describe
  : describe.skip;

suite('servers as functions of their own', () => {
  let emulator: Ministack;
  let copy: TerraformCopy;
  let folder: string;
  let plan: Plan;
  let applied: Plan;
  let lambda: LambdaClient;

  async function servers() {
    const base = { env: {}, pass: [], timeoutSeconds: 20, cwd: folder };
    const everything = ['-y', '@modelcontextprotocol/server-everything@2026.8.31', 'stdio'];
    const one = await buildServer({ ...base, name: 'everything', command: 'npx', args: everything });
    const time = ['mcp-server-time==2026.10.19', '--local-timezone=UTC'];
    // The emulator's Python is this machine's.
    const other = await buildServer({ ...base, name: 'time', command: 'uvx', args: time }, { version: '3.12' });
    await writeFile(join(folder, 'everything.zip'), one.zip);
    await writeFile(join(folder, 'time.zip'), other.zip);
    return {
      everything: { bundle: join(folder, 'everything.zip'), runtime: one.runtime },
      time: { bundle: join(folder, 'time.zip'), runtime: other.runtime },
    };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
    emulator = await startMinistack({ region: TEST_REGION });
    const client = { endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS };
    const kms = new KMSClient(client);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/sallyport-dev-data', TargetKeyId: KeyMetadata?.KeyId }));
    kms.destroy();
    lambda = new LambdaClient(client);
    copy = await copyTerraform({ root: 'gateway', env: emulator.environment });
    const vars = { environment: 'dev', servers: await servers() };
    plan = await copy.plan({ vars: { ...vars, callers: CALLERS } });
    // The callers are roles of the service root, which is not here.
    const done = await copy.run('apply', '-auto-approve', '-no-color', '-parallelism=30', ...copy.variables({ vars }));
    if (done.code !== 0) throw new Error(done.output);
    const shown = await copy.run('show', '-json');
    applied = readPlan({
      planned_values: (JSON.parse(shown.output) as { values: PlanDocument['planned_values'] }).values,
    });
  }, TERRAFORM_MS + PYTHON_INSTALL_MS);

  afterAll(async () => {
    lambda?.destroy();
    await copy?.dispose();
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('may log and trace, and are refused everything that is ours', () => {
    for (const name of ['everything', 'time']) {
      const at = `module.server["${name}"].module.function`;
      const statements = ['runtime', 'work'].flatMap((policy) =>
        statementsOf(plan.values(`${at}.aws_iam_role_policy.${policy}`)['policy']),
      );
      const allowed = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => listOf(Action));
      expect([name, allowed.sort()]).toEqual([
        name,
        ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      ]);
      const refused = statements.filter(({ Effect }) => Effect === 'Deny');
      expect(refused.flatMap(({ Resource }) => listOf(Resource))).toEqual(['*']);
      expect(refused.flatMap(({ Action }) => listOf(Action))).toEqual(
        expect.arrayContaining(['dynamodb:*', 'kms:*', 'lambda:*', 'secretsmanager:*', 'ssm:*', 'sts:*']),
      );
      const { permissions_boundary: boundary } = plan.values(`${at}.aws_iam_role.this`);
      expect(boundary).toBe(`arn:aws:iam::${ACCOUNT}:policy/sallyport-dev-boundary`);
    }
  });

  it('may be called by the MCP API’s functions, exactly these, signed, and by their URLs alone', () => {
    const arns = ['everything', 'time'].flatMap((name) => {
      const arn = `arn:aws:lambda:${TEST_REGION}:${ACCOUNT}:function:sallyport-dev-server-${name}`;
      return [arn, `${arn}:live`];
    });
    for (const caller of CALLERS) {
      const { role, policy } = plan.values(`aws_iam_role_policy.callers["${caller}"]`);
      expect(role).toBe(`sallyport-dev-${caller}`);
      expect(statementsOf(policy)).toEqual([
        {
          Sid: 'CallServersByUrl',
          Effect: 'Allow',
          Action: 'lambda:InvokeFunctionUrl',
          Resource: arns,
          Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        },
        {
          Sid: 'CallServersByUrlAlone',
          Effect: 'Allow',
          Action: 'lambda:InvokeFunction',
          Resource: arns,
          Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
        },
        { Sid: 'FindServers', Effect: 'Allow', Action: 'lambda:GetFunctionUrlConfig', Resource: arns },
      ]);
    }
    expect(plan.resources('aws_lambda_permission')).toEqual([]);
    for (const { values } of plan.resources('aws_lambda_function_url')) {
      expect(values).toMatchObject({ authorization_type: 'AWS_IAM', invoke_mode: 'BUFFERED', qualifier: 'live' });
    }
    expect(plan.resources('aws_lambda_function_url')).toHaveLength(2);
  });

  it('are told nothing but their own name', () => {
    for (const { values } of applied.resources('aws_lambda_function')) {
      const [environment] = values['environment'] as readonly [{ readonly variables: Record<string, string> }];
      expect(environment.variables).toEqual({ SALLYPORT_SERVER: String(values['function_name']).split('server-')[1] });
    }
  });

  /** The URL's name leads to AWS; here it leads to the emulator, which knows it by its host. */
  function emulated(): OutsideClient {
    const http = createOutsideClient({
      clock: { nowMs: () => Date.now() },
      random: { bytes: (count) => new Uint8Array(count) },
      log: createTestLog(),
      allow: { hosts: [new URL(emulator.endpoint).host] },
    });
    return {
      send: (request) => http.send({ ...request, url: request.url.replace(/^https:\/\/[^/]+/, emulator.endpoint) }),
    };
  }

  async function connectTo(name: string, keys: { readonly id: string; readonly secret: string }) {
    const environment = process.env;
    Object.assign(environment, { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret });
    try {
      const connector = createLambdaConnector({
        name,
        functionName: `sallyport-dev-server-${name}`,
        region: TEST_REGION,
        http: emulated(),
        clock: { nowMs: () => Date.now() },
        timeoutMs: 25_000,
        endpoint: emulator.endpoint,
      });
      return await connector.connect({ signal: AbortSignal.timeout(25_000) });
    } finally {
      delete environment['AWS_ACCESS_KEY_ID'];
      delete environment['AWS_SECRET_ACCESS_KEY'];
    }
  }

  it.each([
    ['everything', 'echo', { message: 'hi' }, 'Echo: hi'],
    ['time', 'get_current_time', { timezone: 'Europe/Berlin' }, 'Europe/Berlin'],
  ])(
    '%s answers whoever signs',
    async (name, tool, args, words) => {
      const environment = process.env;
      Object.assign(environment, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
      try {
        const connection = await connectTo(name, { id: 'test', secret: 'test' });
        Object.assign(environment, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
        const signal = AbortSignal.timeout(25_000);
        expect((await connection.listTools(signal)).map((one) => one.name)).toContain(tool);
        const answer = await connection.callTool({ name: tool, arguments: args, signal });
        expect([answer.isError, JSON.stringify(answer.content)]).toEqual([false, expect.stringContaining(words)]);
        await connection.close();
      } finally {
        delete environment['AWS_ACCESS_KEY_ID'];
        delete environment['AWS_SECRET_ACCESS_KEY'];
      }
    },
    60_000,
  );

  it('answers nobody who does not sign', async () => {
    const { FunctionUrl = '' } = await lambda.send(
      new GetFunctionUrlConfigCommand({ FunctionName: 'sallyport-dev-server-time', Qualifier: 'live' }),
    );
    const answer = await emulated().send({
      method: 'POST',
      url: FunctionUrl,
      headers: { host: new URL(FunctionUrl).host, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
    expect(answer.status).toBe(403);
  });

  it('names a server that has no function', async () => {
    await expect(connectTo('absent', { id: 'test', secret: 'test' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('make deploy-gateway'),
    });
  });
});
