import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { secretSettings } from '../../src/config/secret-settings.ts';
import { type Service, settings } from '../../src/config/settings.ts';
import { outputs } from '../support/plan-reading.ts';
import { hasPython } from '../support/python.ts';
import {
  DEPLOYED_ENVIRONMENTS,
  openServiceRoot,
  PLANNED_API_IDS,
  type ServiceRoot,
  TRUSTSTORE_TEXT,
} from '../support/service-root.ts';
import {
  hasTerraform,
  listOf,
  type Plan,
  type PolicyStatement,
  statementsOf,
  TERRAFORM_MS,
  TERRAFORM_REGION,
  TEST_ACCOUNT,
} from '../support/terraform.ts';

// What a reviewer must be able to rely on in the plan of every environment: the settings that protect, read from the real provider's plan.
// No emulator asks for a client certificate, closes a default endpoint or refuses a call by a policy, so this is where they are proved.

const possible = hasTerraform('the plan of terraform/service') && hasPython('the plan of terraform/service');
const on = possible ? describe : describe.skip;

interface PlannedFunction {
  readonly function_name: string;
  readonly handler: string;
  readonly runtime: string;
  readonly architectures: readonly string[];
  readonly publish: boolean;
  readonly reserved_concurrent_executions: number;
  readonly timeout: number;
  readonly tracing_config: readonly { readonly mode: string }[];
  readonly environment: readonly { readonly variables: Readonly<Record<string, string>> }[];
  readonly dead_letter_config: readonly unknown[];
  readonly vpc_config: readonly { readonly subnet_ids: readonly string[] }[];
}

const services: Readonly<Record<string, Service>> = {
  agent: 'agent',
  calls: 'mcp',
  mcp: 'mcp',
  'mcp-key': 'mcp',
  oauth: 'oauth',
  rotate: 'rotate',
  stream: 'agent',
  'stream-bearer': 'agent',
  worker: 'worker',
};

/** Not planned unless it is asked for. */
const onlyWhereWanted = (name: string, environment: string): boolean =>
  name === 'stream-bearer' || (name === 'mcp-key' && environment !== 'dev');
/** The Agent API, by whichever way it is reached. */
const isAgent = (name: string): boolean => services[name] === 'agent';
/** Of the zip. */
const entryOf = (name: string): string =>
  name === 'calls' ? name : name.startsWith('stream') ? 'stream' : (services[name] ?? '');

/** Function to what is planned of it; the key is the module's. */
function functionsOf(plan: Plan): Readonly<Record<string, PlannedFunction>> {
  return Object.fromEntries(
    plan
      .resources('aws_lambda_function')
      .map(({ address, values }) => [
        /\["([^"]+)"\]/.exec(address)?.[1] ?? address,
        values as unknown as PlannedFunction,
      ]),
  );
}

function environmentOf(plan: Plan, name: string): Readonly<Record<string, string>> {
  return functionsOf(plan)[name]?.environment[0]?.variables ?? {};
}

/** Everything that a function's role may do, both policies together. */
function rightsOf(plan: Plan, name: string): readonly PolicyStatement[] {
  return ['runtime', 'work'].flatMap((policy) =>
    statementsOf(plan.values(`module.function["${name}"].aws_iam_role_policy.${policy}`)['policy']),
  );
}

function statement(plan: Plan, name: string, sid: string): PolicyStatement | undefined {
  return rightsOf(plan, name).find(({ Sid }) => Sid === sid);
}

/** The parameters that hold a function's own secrets. The document that the rotation renews is none of them: it has rights of its own. */
function parametersOf(plan: Plan, name: string): readonly string[] {
  return Object.entries(environmentOf(plan, name))
    .filter(([key]) => key.endsWith('_PARAMETER') && !(name === 'rotate' && key === 'SALLYPORT_CREDENTIALS_PARAMETER'))
    .map(([, value]) => value)
    .sort();
}

/** Methods and paths that an API's document says it serves; each document is held to the code by a test of its own. */
function documentedRoutes(file: string): readonly string[] {
  const routes: string[] = [];
  let path = '';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = /^ {2}(\/\S*):$/.exec(line)?.[1];
    if (found !== undefined) path = found;
    const method = /^ {4}(get|put|post|delete|patch):/.exec(line)?.[1];
    if (method !== undefined && path !== '') routes.push(`${method.toUpperCase()} ${path}`);
  }
  return routes;
}

let root: ServiceRoot;
const plans = new Map<string, Plan>();
const planOf = (environment: string): Plan => {
  const plan = plans.get(environment);
  if (plan === undefined) throw new Error(`${environment} was not planned`);
  return plan;
};

if (possible) {
  beforeAll(async () => {
    root = await openServiceRoot();
    for (const environment of DEPLOYED_ENVIRONMENTS) plans.set(environment, await root.plan(environment));
  }, 2 * TERRAFORM_MS);
  afterAll(() => root.dispose());
}

on.each(DEPLOYED_ENVIRONMENTS)('the plan of %s', (environment) => {
  const prefix = `sallyport-${environment}`;
  const foundation = () => root.foundations[environment];

  it('runs each function on arm64, traced, published, with a role of its own under the boundary', () => {
    const plan = planOf(environment);
    const functions = functionsOf(plan);
    expect(Object.keys(functions).sort()).toEqual(
      Object.keys(services).filter((name) => !onlyWhereWanted(name, environment)),
    );
    for (const [name, planned] of Object.entries(functions)) {
      expect(planned).toMatchObject({
        function_name: `${prefix}-${name}`,
        architectures: ['arm64'],
        runtime: 'nodejs22.x',
        publish: true,
        reserved_concurrent_executions: -1,
        tracing_config: [{ mode: 'Active' }],
        handler: `${entryOf(name)}.handler`,
        vpc_config: [],
      });
      expect(plan.values(`module.function["${name}"].aws_iam_role.this`)).toMatchObject({
        name: `${prefix}-${name}`,
        permissions_boundary: `arn:aws:iam::${TEST_ACCOUNT}:policy/${prefix}-boundary`,
      });
      expect(plan.values(`module.function["${name}"].aws_lambda_alias.live`)).toMatchObject({ name: 'live' });
    }
  });

  it('takes nothing into a queue, and gives nothing out of one, without TLS', () => {
    const plan = planOf(environment);
    const arns = plan
      .resources('aws_sqs_queue')
      .map(({ values }) => `arn:aws:sqs:${TERRAFORM_REGION}:${TEST_ACCOUNT}:${values['name']}`);
    expect(arns.length).toBeGreaterThan(5);
    const refusing = plan.resources('aws_sqs_queue_policy').flatMap(({ values }) =>
      statementsOf(values['policy']).map((statement) => {
        expect(statement).toMatchObject({
          Effect: 'Deny',
          Action: 'sqs:*',
          Principal: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        });
        return statement.Resource;
      }),
    );
    expect([...refusing].sort()).toEqual([...arns].sort());
  });

  it('queues what failed only where nobody waits for it', () => {
    const plan = planOf(environment);
    for (const [name, planned] of Object.entries(functionsOf(plan))) {
      expect({ name, queues: planned.dead_letter_config.length }).toEqual({ name, queues: name === 'rotate' ? 1 : 0 });
      expect(plan.values(`module.function["${name}"].aws_lambda_function_event_invoke_config.live`)).toMatchObject(
        name === 'rotate'
          ? { maximum_event_age_in_seconds: 3600, maximum_retry_attempts: 2 }
          : { maximum_event_age_in_seconds: 60, maximum_retry_attempts: 0 },
      );
    }
  });

  it('gives each function a complete configuration, and nothing that it does not know', () => {
    const plan = planOf(environment);
    for (const name of Object.keys(functionsOf(plan))) {
      const service = services[name] as Service;
      const given = environmentOf(plan, name);
      expect(() => loadConfig(service, given, () => Promise.reject(new Error('no secret is read')))).not.toThrow();
      const known = [
        ...Object.keys(settings[service].shape),
        ...Object.entries(secretSettings)
          .filter(([, { services: readers }]) => (readers as readonly Service[]).includes(service))
          .map(([secret]) => `${secret}_PARAMETER`),
      ];
      expect(known).toEqual(expect.arrayContaining(Object.keys(given)));
      const bytes = Object.entries(given).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
      expect(bytes).toBeLessThan(4096);
    }
  });

  it('puts no secret into an environment, only names of this environment’s parameters', () => {
    const plan = planOf(environment);
    for (const name of Object.keys(functionsOf(plan))) {
      const planned = environmentOf(plan, name);
      for (const secret of Object.keys(secretSettings)) expect(planned[secret]).toBeUndefined();
      const parameters = Object.entries(planned).filter(([key]) => key.endsWith('_PARAMETER'));
      expect(parameters).not.toEqual([]);
      for (const [, value] of parameters) expect(value).toMatch(new RegExp(`^/sallyport/${environment}/[a-z/-]+$`));
    }
  });

  it('lets each function read the parameters that it is told of, and no others', () => {
    const plan = planOf(environment);
    const base = `arn:aws:ssm:${TERRAFORM_REGION}:${TEST_ACCOUNT}:parameter`;
    for (const name of Object.keys(functionsOf(plan))) {
      const arns = parametersOf(plan, name).map((parameter) => `${base}${parameter}`);
      const read = statement(plan, name, 'OwnParameters');
      expect(listOf(read?.Action)).toEqual(['ssm:GetParameters']);
      expect([...listOf(read?.Resource)].sort()).toEqual(arns);
      const open = statement(plan, name, 'OpenOwnParameters');
      expect(listOf(open?.Action)).toEqual(['kms:Decrypt']);
      expect(listOf(open?.Resource)).toEqual([foundation().keys.secrets]);
      const { 'kms:ViaService': via, 'kms:EncryptionContext:PARAMETER_ARN': context } =
        open?.Condition?.['StringEquals'] ?? {};
      expect(via).toBe(`ssm.${TERRAFORM_REGION}.amazonaws.com`);
      expect([...listOf(context)].sort()).toEqual(arns);
    }
  });

  it('opens the vault to the functions that keep tokens, in this environment’s context only', () => {
    const plan = planOf(environment);
    const { vault } = foundation().keys;
    for (const name of Object.keys(functionsOf(plan))) {
      const rights = rightsOf(plan, name).filter(({ Resource }) => listOf(Resource).includes(vault));
      if (!['mcp', 'oauth'].includes(services[name] ?? '')) expect(rights).toEqual([]);
      else {
        expect(rights).toEqual([
          {
            Sid: 'Vault',
            Effect: 'Allow',
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: vault,
            Condition: { StringEquals: { 'kms:EncryptionContext:environment': environment } },
          },
        ]);
      }
    }
  });

  it('lets the rotation alone sign, and only digests; and renew one document', () => {
    const plan = planOf(environment);
    const { authority, secrets } = foundation().keys;
    for (const name of Object.keys(functionsOf(plan))) {
      const rights = rightsOf(plan, name);
      const touching = rights.filter(({ Resource }) => listOf(Resource).includes(authority));
      const writing = rights.filter(({ Action }) => listOf(Action).includes('ssm:PutParameter'));
      if (name !== 'rotate') expect([...touching, ...writing]).toEqual([]);
    }
    expect(statement(plan, 'rotate', 'SignCertificates')).toEqual({
      Sid: 'SignCertificates',
      Effect: 'Allow',
      Action: 'kms:Sign',
      Resource: authority,
      Condition: { StringEquals: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
    });
    const document = `arn:aws:ssm:${TERRAFORM_REGION}:${TEST_ACCOUNT}:parameter/sallyport/${environment}/agent-credentials`;
    expect(statement(plan, 'rotate', 'RenewCredentials')?.Resource).toBe(document);
    expect(statement(plan, 'rotate', 'SealCredentials')).toMatchObject({
      Resource: secrets,
      Condition: {
        StringEquals: {
          'kms:EncryptionContext:PARAMETER_ARN': document,
          'kms:ViaService': `ssm.${TERRAFORM_REGION}.amazonaws.com`,
        },
      },
    });
    expect(environmentOf(plan, 'rotate')['SALLYPORT_AUTHORITY_CERTIFICATE']).toBe(TRUSTSTORE_TEXT);
  });

  it('grants no wildcard but traces, and the streams of the function’s own log', () => {
    const plan = planOf(environment);
    for (const name of Object.keys(functionsOf(plan))) {
      const wild = rightsOf(plan, name).filter(
        ({ Action, Resource }) =>
          listOf(Action).some((action) => action.includes('*')) ||
          listOf(Resource).some((resource) => resource.includes('*')),
      );
      expect(wild).toEqual([
        {
          Sid: 'OwnLog',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: `arn:aws:logs:${TERRAFORM_REGION}:${TEST_ACCOUNT}:log-group:/aws/lambda/${prefix}-${name}:*`,
        },
        {
          Sid: 'Traces',
          Effect: 'Allow',
          Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
          Resource: '*',
        },
      ]);
      expect(rightsOf(plan, name).every(({ NotAction, NotResource }) => !NotAction && !NotResource)).toBe(true);
    }
  });

  it('lets the OAuth API leave jobs and the worker take them, and neither the other', () => {
    const plan = planOf(environment);
    const arn = `arn:aws:sqs:${TERRAFORM_REGION}:${TEST_ACCOUNT}:${prefix}-jobs`;
    const url = `https://sqs.${TERRAFORM_REGION}.amazonaws.com/${TEST_ACCOUNT}/${prefix}-jobs`;
    for (const name of Object.keys(functionsOf(plan))) {
      const rights = rightsOf(plan, name).filter(({ Resource }) => listOf(Resource).includes(arn));
      const told = environmentOf(plan, name)['SALLYPORT_JOBS_QUEUE_URL'];
      if (name === 'oauth') expect(rights.flatMap(({ Action }) => listOf(Action))).toEqual(['sqs:SendMessage']);
      else if (name === 'worker') {
        expect(rights.flatMap(({ Action }) => listOf(Action)).sort()).toEqual([
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ]);
      } else expect([rights, told]).toEqual([[], undefined]);
      if (name === 'oauth' || name === 'worker') expect(told).toBe(url);
    }
    for (const [name, sid] of [
      ['oauth', 'SealJobs'],
      ['worker', 'OpenJobs'],
    ] as const) {
      expect(statement(plan, name, sid)).toMatchObject({
        Resource: foundation().keys.data,
        Condition: { StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': arn } },
      });
    }
    const queues = plan.resources('aws_sqs_queue').map(({ values }) => values);
    const queue = queues.find((one) => one['name'] === `${prefix}-jobs`);
    expect(queue).toMatchObject({ kms_master_key_id: foundation().keys.data, visibility_timeout_seconds: 330 });
    expect(functionsOf(plan)['worker']).toMatchObject({ timeout: 315, handler: 'worker.handler' });
    expect(plan.values('module.jobs.aws_lambda_event_source_mapping.worker')).toMatchObject({
      batch_size: 1,
      function_response_types: ['ReportBatchItemFailures'],
      scaling_config: [{ maximum_concurrency: 5 }],
    });
    const alarms = plan.resources('aws_cloudwatch_metric_alarm').map(({ values }) => values);
    expect(alarms).toContainEqual(
      expect.objectContaining({
        alarm_name: `${prefix}-queue-jobs-failed`,
        dimensions: { QueueName: `${prefix}-jobs-dead` },
      }),
    );
  });

  it('lets the doors of the MCP API leave calls and their worker take them, and neither the other', () => {
    const plan = planOf(environment);
    const arn = `arn:aws:sqs:${TERRAFORM_REGION}:${TEST_ACCOUNT}:${prefix}-calls`;
    const url = `https://sqs.${TERRAFORM_REGION}.amazonaws.com/${TEST_ACCOUNT}/${prefix}-calls`;
    const taking = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'];
    for (const name of Object.keys(functionsOf(plan))) {
      const rights = rightsOf(plan, name).filter(({ Resource }) => listOf(Resource).includes(arn));
      const runsTools = services[name] === 'mcp';
      const actions = runsTools ? (name === 'calls' ? taking.map((one) => `sqs:${one}`) : ['sqs:SendMessage']) : [];
      expect({ name, actions: rights.flatMap(({ Action }) => listOf(Action)).sort() }).toEqual({ name, actions });
      expect(environmentOf(plan, name)['SALLYPORT_CALLS_QUEUE_URL']).toBe(runsTools ? url : undefined);
      if (!runsTools) continue;
      expect(statement(plan, name, name === 'calls' ? 'OpenCalls' : 'SealCalls')).toMatchObject({
        Action: name === 'calls' ? 'kms:Decrypt' : ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: foundation().keys.data,
        Condition: { StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': arn } },
      });
    }
  });

  it('has the doors’ worker take a quarter of an hour for a call, keeps what failed, and raises an alarm for it', () => {
    const plan = planOf(environment);
    expect(functionsOf(plan)['calls']).toMatchObject({ timeout: 900, handler: 'calls.handler' });
    expect(environmentOf(plan, 'calls')).toMatchObject({ SALLYPORT_DOOR: 'none' });
    // It lets nobody in, so it holds nothing that lets somebody in.
    for (const name of ['SALLYPORT_API_ID', 'SALLYPORT_HMAC_MASTER_PARAMETER', 'SALLYPORT_ISSUERS'])
      expect(environmentOf(plan, 'calls')).not.toHaveProperty(name);
    const queues = plan.resources('aws_sqs_queue').map(({ values }) => values);
    const named = (name: string) => queues.find((one) => one['name'] === `${prefix}-${name}`);
    expect(named('calls')).toMatchObject({
      kms_master_key_id: foundation().keys.data,
      visibility_timeout_seconds: 915,
    });
    expect(named('calls-dead')).toMatchObject({
      kms_master_key_id: foundation().keys.data,
      message_retention_seconds: 1_209_600,
    });
    expect(plan.values('module.calls.aws_lambda_event_source_mapping.worker')).toMatchObject({
      batch_size: 1,
      function_response_types: ['ReportBatchItemFailures'],
      scaling_config: [{ maximum_concurrency: 5 }],
    });
    const alarms = plan.resources('aws_cloudwatch_metric_alarm').map(({ values }) => values);
    expect(alarms).toContainEqual(
      expect.objectContaining({
        alarm_name: `${prefix}-queue-calls-failed`,
        dimensions: { QueueName: `${prefix}-calls-dead` },
      }),
    );
  });

  it('answers how far a call is at every door of the MCP API, and at no other API', () => {
    const routes = planOf(environment).resources('aws_apigatewayv2_route');
    const status = routes.filter(({ values }) => String(values['route_key']).endsWith(' /mcp/status/{id}'));
    expect(status.map(({ address }) => /^module\.api\["([^"]+)"\]/.exec(address)?.[1]).sort()).toEqual(
      Object.keys(functionsOf(planOf(environment))).filter((name) => services[name] === 'mcp' && name !== 'calls'),
    );
  });

  it('gives every API its domain and leaves it no other way in', () => {
    const plan = planOf(environment);
    const apis = plan.resources('aws_apigatewayv2_api');
    expect(apis).toHaveLength(environment === 'dev' ? 4 : 3);
    for (const { values } of apis) {
      expect(values).toMatchObject({ protocol_type: 'HTTP', disable_execute_api_endpoint: true });
    }
    const mapped = plan.resources('aws_apigatewayv2_api_mapping').map(({ values }) => values['domain_name']);
    const domains = plan.resources('aws_apigatewayv2_domain_name').map(({ values }) => values['domain_name']);
    expect(mapped).toHaveLength(apis.length);
    expect([...mapped].sort()).toEqual([...domains].sort());
  });

  it('has a Function URL for callers who sign alone, and lets nobody call it by a policy of its own', () => {
    const plan = planOf(environment);
    expect(plan.resources('aws_lambda_function_url').map(({ values }) => values)).toMatchObject([
      {
        function_name: `${prefix}-stream`,
        authorization_type: 'AWS_IAM',
        invoke_mode: 'RESPONSE_STREAM',
        qualifier: 'live',
        cors: [],
      },
    ]);
    expect(plan.resources('aws_cloudformation_stack')).toEqual([]);
    expect(functionsOf(plan)['stream']).toMatchObject({ timeout: 315 });
    const arn = `arn:aws:lambda:${TERRAFORM_REGION}:${TEST_ACCOUNT}:function:${prefix}-stream`;
    expect(environmentOf(plan, 'stream')).toMatchObject({ SALLYPORT_IAM_DOOR: `function:${prefix}-stream:live` });
    for (const name of ['agent', 'mcp', 'oauth'])
      expect(environmentOf(plan, name)).not.toHaveProperty('SALLYPORT_IAM_DOOR');
    expect(statement(plan, 'stream', 'KnowOwnUrl')).toEqual({
      Sid: 'KnowOwnUrl',
      Effect: 'Allow',
      Action: 'lambda:GetFunctionUrlConfig',
      Resource: [arn, `${arn}:live`],
    });
    expect(statementsOf(outputs(plan)['callers_policy']?.value)).toMatchObject([
      {
        Action: 'lambda:InvokeFunctionUrl',
        Resource: [arn, `${arn}:live`],
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
      {
        Action: 'lambda:InvokeFunction',
        Resource: [arn, `${arn}:live`],
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
    ]);
  });

  it('gives the Agent API the same rights, parameters and settings wherever it is reached, and its URL no edge’s secret', () => {
    const plan = planOf(environment);
    const own = ['OwnLog', 'KnowOwnUrl'];
    const shared = (name: string) => rightsOf(plan, name).filter(({ Sid }) => !own.includes(Sid ?? ''));
    expect(shared('stream')).toEqual(shared('agent'));
    const { SALLYPORT_IAM_DOOR: _door, ...told } = environmentOf(plan, 'stream');
    expect(environmentOf(plan, 'agent')).toEqual(told);
    expect(told).not.toHaveProperty('SALLYPORT_ORIGIN_SECRET_PARAMETER');
  });

  it('asks for a client certificate at the agent door, by the truststore’s present version', () => {
    const plan = planOf(environment);
    const { truststoreBucket, truststoreVersion } = foundation();
    expect(plan.values('module.mtls_domain.aws_apigatewayv2_domain_name.this')).toMatchObject({
      domain_name: expect.stringMatching(/^mcp\./),
      mutual_tls_authentication: [
        { truststore_uri: `s3://${truststoreBucket}/truststore.pem`, truststore_version: truststoreVersion },
      ],
    });
    for (const { values } of plan.resources('aws_apigatewayv2_domain_name')) {
      expect(values).toMatchObject({
        domain_name_configuration: [{ security_policy: 'TLS_1_2', endpoint_type: 'REGIONAL' }],
      });
    }
  });

  it('lets nobody invoke a function behind an API but that API, and it only what is live', () => {
    const permissions = planOf(environment).resources('aws_lambda_permission');
    expect(permissions.map(({ address }) => address).sort()).toEqual(
      ['agent', 'mcp', 'mcp-key', 'oauth']
        .filter((name) => name !== 'mcp-key' || environment === 'dev')
        .map((name) => `module.api["${name}"].aws_lambda_permission.api`),
    );
    for (const { address, values } of permissions) {
      expect(values).toMatchObject({
        action: 'lambda:InvokeFunction',
        principal: 'apigateway.amazonaws.com',
        qualifier: 'live',
        function_name: `${prefix}-${/\["([^"]+)"\]/.exec(address)?.[1]}`,
      });
      // Made of the API's id, which is not known yet: what it is made of, the module's own test says.
      expect(values['source_arn']).toBeUndefined();
    }
  });

  it('keeps every log for a set time, encrypted with the data key', () => {
    const groups = planOf(environment).resources('aws_cloudwatch_log_group');
    const days = { dev: 14, gamma: 30, prod: 90 }[environment];
    expect(groups.length).toBeGreaterThanOrEqual(environment === 'dev' ? 9 : 7);
    for (const { values } of groups) {
      expect(values).toMatchObject({ retention_in_days: days, kms_key_id: foundation().keys.data });
    }
  });

  it('keeps conversations in a table of their own, which only who works on turns is told of and may reach', () => {
    const plan = planOf(environment);
    const table = plan.values('module.conversations[0].aws_dynamodb_table.this');
    expect(table).toMatchObject({
      name: `sallyport-${environment}-conversations`,
      deletion_protection_enabled: environment !== 'dev',
    });
    for (const name of Object.keys(functionsOf(plan))) {
      const works = ['agent', 'worker'].includes(services[name] ?? '');
      const told = environmentOf(plan, name)['SALLYPORT_CONVERSATIONS'];
      const may = statement(plan, name, 'Conversations');
      expect([name, told, may?.Resource]).toEqual([
        name,
        works ? 'dynamodb' : undefined,
        works ? expect.stringContaining(`table/sallyport-${environment}-conversations`) : undefined,
      ]);
    }
  });

  it('serves exactly what the code serves', () => {
    const plan = planOf(environment);
    const keysOf = (api: string): readonly string[] =>
      plan
        .resources('aws_apigatewayv2_route')
        .filter(({ address }) => address.startsWith(`module.api["${api}"]`))
        .map(({ values }) => String(values['route_key']));
    const serves = (api: string, route: string): boolean =>
      keysOf(api).includes(route) || keysOf(api).includes(route.replace(/^\S+/, 'ANY'));
    for (const api of ['agent', 'oauth']) {
      const documented = documentedRoutes(`docs/openapi/${api}.yaml`);
      expect(documented.length).toBeGreaterThan(5);
      // Slack's are there where it is wanted.
      const always = documented.filter((route) => !route.includes('/slack/'));
      expect(always.filter((route) => !serves(api, route))).toEqual([]);
      const paths = new Set(documented.map((route) => route.replace(/^\S+ /, '')));
      expect(keysOf(api).filter((key) => !paths.has(key.replace(/^\S+ /, '')))).toEqual([]);
    }
    expect([...keysOf('mcp')].sort()).toEqual(['ANY /mcp', 'ANY /mcp/status/{id}', 'GET /health']);
  });

  it('limits every route, and those more tightly on which strangers make it write or ask elsewhere', () => {
    const plan = planOf(environment);
    for (const { values } of plan.resources('aws_apigatewayv2_stage')) {
      expect(values).toMatchObject({
        name: '$default',
        default_route_settings: [
          // Six metrics of each route would each be on the bill.
          { throttling_rate_limit: 50, throttling_burst_limit: 100, detailed_metrics_enabled: false },
        ],
      });
    }
    const { route_settings: tight } = plan.values('module.api["oauth"].aws_apigatewayv2_stage.this');
    expect(tight).toEqual(
      expect.arrayContaining(
        ['ANY /connect/google', 'ANY /connections/google', 'GET /sign-in/provider'].map((key) =>
          expect.objectContaining({ route_key: key, throttling_rate_limit: 5, throttling_burst_limit: 10 }),
        ),
      ),
    );
  });

  it('says nothing secret in its outputs', () => {
    const names = Object.keys(planOf(environment).document.planned_values.outputs ?? {});
    expect(names).toEqual(expect.arrayContaining(['functions', 'log_groups', 'urls']));
    const text = JSON.stringify(planOf(environment).document.planned_values.outputs);
    expect(text).not.toMatch(/BEGIN|secret|password|redis-url/i);
  });
});

on('the service root', () => {
  const certificate = `arn:aws:acm:${TERRAFORM_REGION}:${TEST_ACCOUNT}:certificate/0000aaaa-00aa-00aa-00aa-0000aaaa0000`;
  const network = { subnet_ids: ['subnet-0a1b2c'], security_group_ids: ['sg-0a1b2c'] };
  /** Gamma with everything that may stand before, behind and beside it. */
  let full: Plan;
  /** Prod with what is ready made, a key door, and one function rolled back. */
  let given: Plan;
  beforeAll(async () => {
    full = await root.plan('gamma', {
      console: true,
      edge: {},
      model: 'openai:gpt-5',
      model_fallbacks: [
        'anthropic:claude-haiku-4-5',
        'bedrock:eu.amazon.nova-lite-v1:0',
        'bedrock:amazon.nova-micro-v1:0',
      ],
      model_prices: {
        'openai:gpt-5': { input: 1.25, output: 10, cached_input: 0.125 },
        offline: { input: 0, output: 0 },
      },
      day_tokens: 200_000,
      model_window: 128_000,
      ntfy: { token: true },
      slack: true,
      sign_in_client_id: 'sallyport',
      sign_in_issuer: 'https://accounts.google.com',
      cors_origins: ['https://app.example.com'],
      store: 'dynamodb',
      stream: { bearer: true },
      tee_times: { key: true, url: 'https://tee-times.example.com/v1' },
      toolsets: ['calendar', 'golf', 'notify', 'weather'],
      vpc: network,
    });
    given = await root.plan('prod', {
      certificate_arn: certificate,
      conversations: 'store',
      key_door: true,
      live_version: { mcp: '3' },
      reserved_concurrency: { mcp: 20 },
      stream: null,
    });
  }, TERRAFORM_MS);

  it('keeps conversations with all other records where that is wanted', () => {
    expect(given.resources('aws_dynamodb_table')).toEqual([]);
    expect(environmentOf(given, 'agent')).not.toHaveProperty('SALLYPORT_CONVERSATIONS');
    expect(statement(given, 'agent', 'Conversations')).toBeUndefined();
  });

  it('has a key door only where it is wanted', () => {
    expect(functionsOf(planOf('prod'))['mcp-key']).toBeUndefined();
    expect(environmentOf(given, 'mcp-key')).toMatchObject({
      SALLYPORT_API_ID: PLANNED_API_IDS['mcp-key'],
      SALLYPORT_DOOR: 'key',
      SALLYPORT_MCP_URL: 'https://key.sallyport.example.com/mcp',
    });
    // It checks no signature, so it holds nothing that one is made with.
    expect(environmentOf(given, 'mcp-key')['SALLYPORT_HMAC_MASTER_PARAMETER']).toBeUndefined();
  });

  it('holds the agent door to its own API, its stage and its authority', () => {
    expect(environmentOf(planOf('prod'), 'mcp')).toMatchObject({
      SALLYPORT_API_ID: PLANNED_API_IDS.mcp,
      SALLYPORT_CONFIRM: 'writes',
      SALLYPORT_DOOR: 'agent',
      SALLYPORT_MCP_URL: 'https://mcp.sallyport.example.com/mcp',
      SALLYPORT_STAGE: '$default',
      SALLYPORT_TRUST_DOMAIN: 'sallyport.example.com',
    });
  });

  it('lets Slack in only where it is wanted, with the two secrets that this takes', () => {
    const routes = (plan: Plan): readonly unknown[] =>
      plan
        .resources('aws_apigatewayv2_route')
        .map(({ values }) => values['route_key'])
        .filter((key) => String(key).includes('/slack/'));
    const paths = documentedRoutes('docs/openapi/oauth.yaml').filter((route) => route.includes('/slack/'));
    expect(paths).toHaveLength(3);
    expect([...routes(full)].sort()).toEqual([...paths].sort());
    expect(routes(given)).toEqual([]);
    const named = (plan: Plan, name: string) => parametersOf(plan, name).filter((key) => key.includes('slack'));
    for (const name of Object.keys(functionsOf(full))) {
      const secret = { oauth: 'slack-signing-secret', worker: 'slack-bot-token' }[name];
      expect(named(full, name)).toEqual(secret === undefined ? [] : [`/sallyport/gamma/${secret}`]);
      if (name in functionsOf(given)) expect(named(given, name)).toEqual([]);
    }
  });

  it('has no Function URL where none is wanted', () => {
    expect(given.resources('aws_lambda_function_url')).toEqual([]);
    expect(functionsOf(given)['stream']).toBeUndefined();
    expect(outputs(given)['stream_urls']?.value).toEqual({});
  });

  it('opens a second URL to callers with a token where it is wanted: everybody, by that URL and nothing else', () => {
    const urls = full.resources('aws_lambda_function_url').map(({ values }) => values);
    expect(urls.map((url) => [url['function_name'], url['authorization_type']])).toEqual([
      ['sallyport-gamma-stream', 'AWS_IAM'],
      ['sallyport-gamma-stream-bearer', 'NONE'],
    ]);
    for (const { cors } of urls) {
      expect(cors).toMatchObject([
        { allow_credentials: false, allow_origins: ['https://app.example.com'], max_age: 600 },
      ]);
    }
    const everybody = full.resources('aws_lambda_permission').filter(({ values }) => values['principal'] === '*');
    expect(everybody.map(({ values }) => values)).toMatchObject([
      {
        action: 'lambda:InvokeFunctionUrl',
        function_name: 'sallyport-gamma-stream-bearer',
        function_url_auth_type: 'NONE',
        qualifier: 'live',
      },
    ]);
    const [stack] = full.resources('aws_cloudformation_stack');
    const { Resources } = JSON.parse(String(stack?.values['template_body'])) as { Resources: unknown };
    expect(Resources).toEqual({
      Everybody: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: `arn:aws:lambda:${TERRAFORM_REGION}:${TEST_ACCOUNT}:function:sallyport-gamma-stream-bearer:live`,
          InvokedViaFunctionUrl: true,
          Principal: '*',
        },
      },
    });
    // Nobody's word on an AWS identity is taken there, nor an edge's secret asked for.
    expect(environmentOf(full, 'stream-bearer')).not.toHaveProperty('SALLYPORT_IAM_DOOR');
    expect(environmentOf(full, 'stream-bearer')).not.toHaveProperty('SALLYPORT_ORIGIN_SECRET_PARAMETER');
    expect(statement(full, 'stream-bearer', 'KnowOwnUrl')).toBeUndefined();
  });

  it('tells the functions behind HTTP APIs which pages may call; a Function URL tells browsers itself', () => {
    expect(environmentOf(full, 'agent')).toMatchObject({ SALLYPORT_CORS_ORIGINS: 'https://app.example.com' });
    for (const name of ['stream', 'stream-bearer', 'mcp', 'oauth'])
      expect(environmentOf(full, name)).not.toHaveProperty('SALLYPORT_CORS_ORIGINS');
  });

  it('serves the console only where it is wanted, and only where a browser can ask with a token', () => {
    const routes = (plan: Plan): readonly unknown[] =>
      plan
        .resources('aws_apigatewayv2_route')
        .map(({ values }) => values['route_key'])
        .filter((key) => String(key).includes('/console'));
    expect(routes(planOf('gamma'))).toEqual([]);
    expect(environmentOf(planOf('gamma'), 'agent')).not.toHaveProperty('SALLYPORT_CONSOLE');
    expect([...routes(full)].sort()).toEqual(['ANY /console', 'ANY /console/{file}']);
    for (const name of ['agent', 'stream-bearer']) {
      expect(environmentOf(full, name)).toMatchObject({
        SALLYPORT_CONSOLE: 'on',
        SALLYPORT_OAUTH_URL: 'https://oauth.gamma.sallyport.example.com',
      });
    }
    expect(environmentOf(full, 'stream')).not.toHaveProperty('SALLYPORT_CONSOLE');
  });

  it('names the model’s key, the edge’s secret and the sign-in’s only where they are in use', () => {
    const before = planOf('gamma');
    const added = (name: string): readonly string[] =>
      parametersOf(full, name).filter((parameter) => !parametersOf(before, name).includes(parameter));
    const models = ['/sallyport/gamma/anthropic-api-key', '/sallyport/gamma/openai-api-key'];
    expect(added('agent')).toEqual([...models, '/sallyport/gamma/origin-secret']);
    expect(added('stream')).toEqual(models);
    expect(added('oauth').filter((parameter) => !parameter.includes('slack'))).toEqual([
      '/sallyport/gamma/origin-secret',
      '/sallyport/gamma/sign-in-client-secret',
    ]);
  });

  it('tells whoever works on turns of models, prices and budgets, and lets them ask Bedrock for the named models alone', () => {
    const bedrock = (region: string, model: string) => `arn:aws:bedrock:${region}::foundation-model/${model}`;
    const profile = `arn:aws:bedrock:${TERRAFORM_REGION}:${TEST_ACCOUNT}:inference-profile/eu.amazon.nova-lite-v1:0`;
    const Action = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
    for (const name of Object.keys(functionsOf(full))) {
      const asks = rightsOf(full, name).filter((one) => listOf(one.Action).some((it) => it.startsWith('bedrock:')));
      const told = environmentOf(full, name);
      if (!['agent', 'worker'].includes(services[name] ?? '')) {
        expect([asks, told['SALLYPORT_MODEL']]).toEqual([[], undefined]);
        continue;
      }
      expect(asks).toEqual([
        {
          Sid: 'AskModels',
          Effect: 'Allow',
          Action,
          Resource: [profile, bedrock(TERRAFORM_REGION, 'amazon.nova-micro-v1:0')],
        },
        {
          Sid: 'AskModelsByProfile',
          Effect: 'Allow',
          Action,
          Resource: bedrock('*', 'amazon.nova-lite-v1:0'),
          Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
        },
      ]);
      expect(told).toMatchObject({
        SALLYPORT_DAY_TOKENS: '200000',
        SALLYPORT_MODEL_WINDOW: '128000',
        SALLYPORT_MODEL_FALLBACKS:
          'anthropic:claude-haiku-4-5,bedrock:eu.amazon.nova-lite-v1:0,bedrock:amazon.nova-micro-v1:0',
      });
      expect(JSON.parse(told['SALLYPORT_MODEL_PRICES'] ?? '')).toEqual({
        'openai:gpt-5': { input: 1.25, output: 10, cached_input: 0.125 },
        offline: { input: 0, output: 0 },
      });
      expect(() =>
        loadConfig(services[name] ?? 'agent', told, () => Promise.reject(new Error('no secret is read'))),
      ).not.toThrow();
    }
    const before = planOf('gamma');
    for (const name of Object.keys(functionsOf(before))) {
      expect(JSON.stringify(rightsOf(before, name))).not.toContain('bedrock:');
    }
  });

  it('names what a toolset needs only where it is switched on, and only to the functions with the tools', () => {
    const [before, after] = [planOf('gamma'), full];
    const named = (plan: Plan, name: string): readonly string[] =>
      parametersOf(plan, name).filter((parameter) => /ntfy|tee-times/.test(parameter));
    expect(named(before, 'mcp')).toEqual([]);
    expect(named(after, 'mcp')).toEqual([
      '/sallyport/gamma/ntfy-token',
      '/sallyport/gamma/ntfy-topic',
      '/sallyport/gamma/tee-times-key',
    ]);
    expect(['agent', 'oauth'].flatMap((name) => named(after, name))).toEqual([]);
    expect(environmentOf(before, 'mcp')).toMatchObject({ SALLYPORT_TOOLSETS: 'calendar' });
    expect(environmentOf(before, 'mcp')['NTFY_URL']).toBeUndefined();
    for (const name of ['mcp', 'oauth']) {
      expect(environmentOf(after, name)).toMatchObject({ SALLYPORT_TOOLSETS: 'calendar,golf,notify,weather' });
    }
    expect(environmentOf(after, 'mcp')).toMatchObject({
      NTFY_URL: 'https://ntfy.sh',
      SALLYPORT_TEE_TIMES_URL: 'https://tee-times.example.com/v1',
    });
  });

  it(
    'tells of other servers only where there are any, and their secrets only to the functions that call them',
    async () => {
      const none = planOf('gamma');
      for (const name of Object.keys(functionsOf(none))) {
        expect(environmentOf(none, name)['SALLYPORT_SERVERS_DIR']).toBeUndefined();
      }
      const some = await root.plan('gamma', { servers: { secrets: true } });
      for (const name of Object.keys(functionsOf(some))) {
        const [knows, calls] = [name !== 'rotate', services[name] === 'mcp'];
        expect([name, environmentOf(some, name)['SALLYPORT_SERVERS_DIR']]).toEqual([
          name,
          knows ? 'servers' : undefined,
        ]);
        const secrets = parametersOf(some, name).filter((parameter) => parameter.endsWith('server-secrets'));
        expect([name, secrets]).toEqual([name, calls ? ['/sallyport/gamma/server-secrets'] : []]);
      }
    },
    TERRAFORM_MS,
  );

  it('gives each function a user of its own in Redis, or its part of the tables', () => {
    const before = planOf('gamma');
    for (const name of Object.keys(functionsOf(before))) {
      expect(environmentOf(before, name)).toMatchObject({
        SALLYPORT_STORE: 'redis',
        REDIS_URL_PARAMETER: `/sallyport/gamma/redis-url/${isAgent(name) ? 'agent' : name}`,
      });
      expect(environmentOf(full, name)).toMatchObject({
        SALLYPORT_STORE: 'dynamodb',
        SALLYPORT_TABLE_PREFIX: 'sallyport-gamma-',
      });
      expect(environmentOf(full, name)['REDIS_URL_PARAMETER']).toBeUndefined();
      const onTables = rightsOf(full, name).filter(({ Action }) =>
        listOf(Action).some((it) => it.startsWith('dynamodb:')),
      );
      expect(onTables).not.toEqual([]);
      for (const { Condition } of onTables) expect(Condition?.['Null']).toEqual({ 'dynamodb:LeadingKeys': 'false' });
    }
  });

  it('leads the two names to the edge, and the agent door’s never', () => {
    const addresses = full.resources('aws_cloudfront_distribution').map(({ values }) => values['aliases']);
    expect(addresses.flat().sort()).toEqual(['agent.gamma.sallyport.example.com', 'oauth.gamma.sallyport.example.com']);
    expect(planOf('gamma').resources('aws_cloudfront_distribution')).toEqual([]);
  });

  it('joins a network without giving the functions’ code Lambda’s rights in it', () => {
    for (const [name, planned] of Object.entries(functionsOf(full))) {
      expect(planned.vpc_config[0]?.subnet_ids).toEqual(network.subnet_ids);
      const allow = statement(full, name, 'JoinNetwork');
      const deny = statement(full, name, 'JoinNetworkByLambdaOnly');
      expect([...listOf(deny?.Action)].sort()).toEqual([...listOf(allow?.Action)].sort());
      const self = `arn:aws:lambda:${TERRAFORM_REGION}:${TEST_ACCOUNT}:function:sallyport-gamma-${name}`;
      expect(deny).toMatchObject({
        Effect: 'Deny',
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': self } },
      });
    }
  });

  it('serves an earlier version where told so, and leaves the others', () => {
    const version = (name: string): unknown =>
      given.values(`module.function["${name}"].aws_lambda_alias.live`)['function_version'];
    expect(version('mcp')).toBe('3');
    expect(version('oauth')).toBeUndefined();
  });

  it('reserves instances, which are a limit, for whom it is told to', () => {
    const reserved = Object.entries(functionsOf(given)).map(([name, planned]) => [
      name,
      planned.reserved_concurrent_executions,
    ]);
    expect(Object.fromEntries(reserved)).toEqual({
      agent: -1,
      calls: -1,
      mcp: 20,
      'mcp-key': -1,
      oauth: -1,
      rotate: -1,
      worker: -1,
    });
  });

  it('takes a given certificate in place of making one for each name', () => {
    expect(planOf('prod').resources('aws_acm_certificate')).toHaveLength(3);
    expect(given.resources('aws_acm_certificate')).toEqual([]);
    for (const { values } of given.resources('aws_apigatewayv2_domain_name')) {
      expect(values).toMatchObject({ domain_name_configuration: [{ certificate_arn: certificate }] });
    }
  });
});
