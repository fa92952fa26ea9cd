import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';
import {
  copyTerraform,
  hasTerraform,
  listOf,
  type PlanDocument,
  readPlan,
  statementsOf,
  TERRAFORM_MS,
  type TerraformCopy,
} from '../support/terraform.ts';

// A deployment by the roles that GitHub's jobs have, in an emulator that holds each call against IAM: `deploy` applies the whole service,
// `plan` reads it back and finds nothing to change, and neither does what it must not. The tokens that let them in are as GitHub writes them;
// the emulator reads `aud` and `sub` of one and checks no signature.

const REPOSITORY = 'example/sallyport';
const DOMAIN = 'dev.sallyport.example.com';
const GITHUB = 'https://token.actions.githubusercontent.com';

/** One call by boto3: service, method, parameters. */
type Call = readonly [service: string, method: string, parameters: Readonly<Record<string, unknown>>];
type Keys = Readonly<Record<string, string>>;

/** Reads calls from its standard input; answers each with what it gave, or the code of the error. */
const CALLER = `
import boto3, json, sys
answers = []
for service, method, parameters in json.load(sys.stdin):
    try:
        answer = getattr(boto3.client(service), method)(**parameters)
        answer.pop('ResponseMetadata', None)
        answers.append({'answer': json.loads(json.dumps(answer, default=str))})
    except Exception as error:
        code = getattr(error, 'response', {}).get('Error', {}).get('Code', type(error).__name__)
        answers.append({'error': code})
print(json.dumps(answers))
`;

interface Answer {
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

/** The state where it belongs, in S3, by path; the providers as they are but for the same. */
const OVERRIDE = `terraform {
  backend "s3" {
    encrypt                     = true
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
  }
}
${['', 'alias = "us_east_1"']
  .map((alias) => `provider "aws" {\n  ${alias}\n  s3_use_path_style = true\n  skip_metadata_api_check = true\n}\n`)
  .join('')}`;

/**
 * What the emulator holds against `*` or another name than AWS does: of these it is only asked whether a role has the action at all. Resources
 * are held to the plan in foundation-roles.test.ts.
 */
const BLIND_TO_RESOURCES = [
  'acm:',
  'cloudtrail:',
  'dynamodb:ListTagsOfResource',
  'events:',
  'kms:DescribeKey',
  'lambda:CreateFunction',
  'route53:GetChange',
  'scheduler:',
  'sns:',
];
/** Whose conditions it has no values for: resources count, conditions do not. least-privilege.test.ts judges those on the boundary. */
const BLIND_TO_CONDITIONS = [
  'iam:CreateRole',
  'iam:PutRolePolicy',
  'lambda:CreateEventSourceMapping',
  'lambda:DeleteEventSourceMapping',
  'lambda:UpdateEventSourceMapping',
  'route53:ChangeResourceRecordSets',
];

/** Calls that it takes for another action than AWS does. */
const MISNAMED: Readonly<Record<string, string>> = {
  'lambda:GetAlias': 'lambda:ListAliases',
  'lambda:GetEventSourceMapping': 'lambda:ListEventSourceMappings',
};

interface Front {
  readonly url: string;
  stop(): Promise<void>;
}

/** Tells the emulator that every call came by TLS, as a proxy that ends it would: the buckets' policies refuse the others, here too. */
async function startFront(upstream: string): Promise<Front> {
  const server = createServer((incoming, response) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
    const onward = request(`${upstream}${incoming.url}`, { method: incoming.method ?? 'GET', headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const possible = hasTerraform('the roles that deploy') && hasPython('the roles that deploy');

(possible ? describe : describe.skip)('a deployment by GitHub’s roles', () => {
  let folder: string;
  let aws: Ministack;
  let front: Front;
  let environment: Readonly<Record<string, string>>;
  let foundation: TerraformCopy;
  let python: string;
  let account: string;
  let zoneId: string;

  async function ask(keys: Keys, calls: readonly Call[]): Promise<readonly Answer[]> {
    const child = spawn(python, ['-c', CALLER], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: '/usr/bin:/bin', ...environment, AWS_DEFAULT_REGION: 'eu-central-1', ...keys },
    });
    child.stdin.end(JSON.stringify(calls));
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return JSON.parse(output) as readonly Answer[];
  }
  async function one(keys: Keys, call: Call): Promise<Readonly<Record<string, unknown>>> {
    const [given] = await ask(keys, [call]);
    if (given?.answer === undefined) throw new Error(`${call[0]} ${call[1]}: ${given?.error}`);
    return given.answer;
  }

  const roleArn = (role: string): string => `arn:aws:iam::${account}:role/sallyport-dev-${role}`;
  function tokenCall(role: string, sub: string, aud = 'sts.amazonaws.com', iss = GITHUB): Call {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss, aud, sub })}.c2ln`;
    return [
      'sts',
      'assume_role_with_web_identity',
      { RoleArn: roleArn(role), RoleSessionName: 'job', WebIdentityToken: token },
    ];
  }
  async function become(role: string, sub: string): Promise<Keys> {
    const { Credentials } = await one({}, tokenCall(role, `repo:${REPOSITORY}:${sub}`));
    const keys = Credentials as Readonly<Record<string, string>>;
    return {
      AWS_ACCESS_KEY_ID: keys['AccessKeyId'] ?? '',
      AWS_SECRET_ACCESS_KEY: keys['SecretAccessKey'] ?? '',
      AWS_SESSION_TOKEN: keys['SessionToken'] ?? '',
    };
  }
  /** A role's own statements once more, without what the emulator is blind to: an action that they do not have stays refused. */
  async function grantWhatTheEmulatorCannotTell(): Promise<void> {
    const { stdout } = await foundation.run('show', '-json');
    const { values } = JSON.parse(stdout) as { readonly values: PlanDocument['planned_values'] };
    const applied = readPlan({ planned_values: values });
    const again = (addresses: readonly string[]) =>
      addresses
        .flatMap((address) => statementsOf(applied.values(address)['policy']))
        .flatMap(({ Action, Resource }) => {
          const [noResource, noCondition] = [BLIND_TO_RESOURCES, BLIND_TO_CONDITIONS].map((blind) =>
            listOf(Action).filter((action) => blind.some((start) => action.startsWith(start))),
          );
          return [
            { Effect: 'Allow', Action: noResource, Resource: '*' },
            { Effect: 'Allow', Action: noCondition, Resource },
            { Effect: 'Allow', Action: listOf(Action).flatMap((action) => MISNAMED[action] ?? []), Resource },
          ].filter((statement) => statement.Action?.length !== 0);
        });
    const read = again(['aws_iam_policy.read[0]']);
    const written = again(['aws_iam_policy.deploy["run"]', 'aws_iam_policy.deploy["reach"]']);
    for (const [role, Statement] of Object.entries({ plan: read, deploy: [...read, ...written] })) {
      const policy = JSON.stringify({ Version: '2012-10-17', Statement });
      const parameters = { RoleName: `sallyport-dev-${role}`, PolicyName: 'blind', PolicyDocument: policy };
      await one({}, ['iam', 'put_role_policy', parameters]);
    }
  }

  beforeAll(
    async () => {
      folder = await mkdtemp(join(tmpdir(), 'sallyport-deploy-role-'));
      await writeFile(join(folder, 'lambda.zip'), zipSync({ 'agent.mjs': new Uint8Array(0) }));
      aws = await startMinistack({ enforceIam: true });
      front = await startFront(aws.endpoint);
      environment = { ...aws.environment, AWS_ENDPOINT_URL: front.url };
      python = await pythonWith('ministack');
      account = String((await one({}, ['sts', 'get_caller_identity', {}]))['Account']);
      const zone = await one({}, ['route53', 'create_hosted_zone', { Name: DOMAIN, CallerReference: 'test' }]);
      zoneId = String((zone['HostedZone'] as { readonly Id: string }).Id).replace('/hostedzone/', '');
      foundation = await copyTerraform({ root: 'foundation', env: environment });
      const applied = await foundation.run(
        'apply',
        '-auto-approve',
        '-no-color',
        '-parallelism=30',
        ...foundation.variables({
          varFiles: ['dev.foundation.tfvars'],
          vars: { dns: { domain: DOMAIN, zone_id: zoneId }, github: { repository: REPOSITORY } },
        }),
      );
      if (applied.code !== 0) throw new Error(applied.output);
      await one({}, [
        's3',
        'put_object',
        {
          Bucket: `sallyport-dev-truststore-${account}`,
          Key: 'truststore.pem',
          Body: '-----BEGIN CERTIFICATE-----\nof an authority\n-----END CERTIFICATE-----\n',
          ContentType: 'text/plain',
        },
      ]);
      await grantWhatTheEmulatorCannotTell();
    },
    2 * TERRAFORM_MS + PYTHON_INSTALL_MS,
  );
  afterAll(async () => {
    await foundation?.dispose();
    await front?.stop();
    await aws?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets in the jobs that the roles are for, and no others', async () => {
    const mine = `repo:${REPOSITORY}`;
    const allowed = [
      tokenCall('deploy', `${mine}:environment:dev`),
      tokenCall('plan', `${mine}:pull_request`),
      tokenCall('plan', `${mine}:ref:refs/heads/main`),
    ];
    const refused = [
      tokenCall('deploy', `${mine}:environment:prod`),
      tokenCall('deploy', `${mine}:pull_request`),
      tokenCall('deploy', `${mine}:ref:refs/heads/main`),
      tokenCall('deploy', 'repo:example/other:environment:dev'),
      tokenCall('deploy', `${mine}-fork:environment:dev`),
      tokenCall('deploy', `${mine}:environment:dev`, 'https://github.com/example'),
      tokenCall('deploy', `${mine}:environment:dev`, 'sts.amazonaws.com', 'https://token.example.com'),
      tokenCall('plan', `${mine}:environment:dev`),
      tokenCall('plan', `${mine}:ref:refs/heads/other`),
      tokenCall('plan', 'repo:example/other:pull_request'),
    ];
    expect((await ask({}, allowed)).map(({ error }) => error)).toEqual(allowed.map(() => undefined));
    expect((await ask({}, refused)).map(({ error }) => error)).toEqual(refused.map(() => 'AccessDenied'));
  });

  it(
    'lets `deploy` apply the whole service, and `plan` find that nothing is to be changed',
    async () => {
      const service = await copyTerraform({
        root: 'service',
        override: OVERRIDE,
        env: { ...environment, ...(await become('deploy', 'environment:dev')), SALLYPORT_AWS_ACCOUNT: account },
      });
      try {
        const variables = service.variables({
          varFiles: ['dev.tfvars'],
          vars: { environment: 'dev', bundle: join(folder, 'lambda.zip'), stream: { bearer: true }, zone_id: zoneId },
        });
        const applied = await service.run('apply', '-auto-approve', '-no-color', '-parallelism=30', ...variables);
        expect({ code: applied.code, said: applied.code === 0 ? '' : applied.output }).toEqual({ code: 0, said: '' });
        expect(applied.output).toMatch(/Apply complete! Resources: \d\d+ added/);
        const reader = await become('plan', 'pull_request');
        const unlocked = ['plan', '-no-color', '-lock=false', '-detailed-exitcode', ...variables];
        const planned = await service.runWith(reader, ...unlocked);
        const changes = [...planned.output.matchAll(/^ {2}# (\S+) will be (.*)$/gm)].map(([, ...words]) =>
          words.join(' '),
        );
        // The emulator keeps no tags of a trail.
        const differing = ['module.observability.aws_cloudtrail.calls[0] updated in-place'];
        expect({ changes, said: planned.code === 1 ? planned.output : '' }).toEqual({ changes: differing, said: '' });
        // With a lock it would have to write.
        const locked = await service.runWith(reader, 'plan', '-no-color', ...variables);
        expect(locked.code).toBe(1);
        expect(locked.output).toContain('Error acquiring the state lock');
      } finally {
        await service.dispose();
      }
    },
    2 * TERRAFORM_MS,
  );

  it('refuses both what they must not do', async () => {
    const prefix = 'sallyport-dev';
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
    const all = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    });
    const state = `${prefix}-state-${account}`;
    const truststore = { Bucket: `${prefix}-truststore-${account}`, Key: 'truststore.pem' };
    const boundary = `arn:aws:iam::${account}:policy/${prefix}-boundary`;
    const newRole = { RoleName: `${prefix}-extra`, AssumeRolePolicyDocument: trust };
    const both: readonly Call[] = [
      ['ssm', 'get_parameter', { Name: '/sallyport/dev/hmac-master', WithDecryption: true }],
      ['ssm', 'get_parameters_by_path', { Path: '/sallyport/dev', Recursive: true, WithDecryption: true }],
      ['ssm', 'put_parameter', { Name: '/sallyport/dev/hmac-master', Value: 'mine', Overwrite: true }],
      ['s3', 'get_object', { Bucket: state, Key: 'foundation.tfstate' }],
      ['s3', 'put_object', { Bucket: state, Key: 'foundation.tfstate', Body: '{}' }],
      ['s3', 'delete_object', { Bucket: state, Key: 'service.tfstate' }],
      ['s3', 'put_object', { ...truststore, Body: 'mine' }],
      ['s3', 'delete_bucket_policy', { Bucket: truststore.Bucket }],
      ['iam', 'create_role', { ...newRole, RoleName: 'another', PermissionsBoundary: boundary }],
      ['iam', 'put_role_policy', { RoleName: `${prefix}-deploy`, PolicyName: 'all', PolicyDocument: all }],
      ['iam', 'put_role_policy', { RoleName: `${prefix}-plan`, PolicyName: 'all', PolicyDocument: all }],
      ['iam', 'update_assume_role_policy', { RoleName: `${prefix}-deploy`, PolicyDocument: trust }],
      ['iam', 'delete_role_permissions_boundary', { RoleName: `${prefix}-mcp` }],
      [
        'iam',
        'attach_role_policy',
        { RoleName: `${prefix}-mcp`, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
      ],
      ['iam', 'create_policy_version', { PolicyArn: boundary, PolicyDocument: all, SetAsDefault: true }],
      ['iam', 'create_user', { UserName: `${prefix}-mine` }],
      ['dynamodb', 'scan', { TableName: `${prefix}-trust` }],
      ['logs', 'filter_log_events', { logGroupName: `/aws/lambda/${prefix}-agent` }],
      ['lambda', 'invoke', { FunctionName: `${prefix}-agent` }],
      ['cloudtrail', 'stop_logging', { Name: `${prefix}-calls` }],
    ];
    const onlyPlan: readonly Call[] = [
      ['s3', 'put_object', { Bucket: state, Key: 'service.tfstate', Body: '{}' }],
      ['lambda', 'delete_function', { FunctionName: `${prefix}-agent` }],
      ['lambda', 'update_function_configuration', { FunctionName: `${prefix}-agent`, MemorySize: 512 }],
      ['iam', 'create_role', { ...newRole, PermissionsBoundary: boundary }],
    ];
    const keys = await one({}, ['kms', 'list_aliases', {}]);
    const keyCalls = (keys['Aliases'] as readonly { readonly AliasName: string; readonly TargetKeyId?: string }[])
      .filter(({ AliasName }) => AliasName.startsWith(`alias/${prefix}-`))
      .flatMap(({ TargetKeyId: KeyId }): readonly Call[] => [
        ['kms', 'schedule_key_deletion', { KeyId }],
        ['kms', 'put_key_policy', { KeyId, PolicyName: 'default', Policy: all }],
        ['kms', 'decrypt', { KeyId, CiphertextBlob: 'AAAA' }],
        ['kms', 'sign', { KeyId, Message: 'AAAA', SigningAlgorithm: 'ECDSA_SHA_256' }],
      ]);
    expect(keyCalls).toHaveLength(16);
    for (const [role, sub, calls] of [
      ['deploy', 'environment:dev', [...both, ...keyCalls]],
      ['plan', 'pull_request', [...both, ...onlyPlan, ...keyCalls]],
    ] as const) {
      const answers = await ask(await become(role, sub), calls);
      const letThrough = calls
        .map(([service, method], index) => `${role} ${service} ${method}: ${answers[index]?.error ?? 'done'}`)
        .filter((line) => !/: (AccessDenied|AccessDeniedException|AuthorizationError)$/.test(line));
      expect(letThrough).toEqual([]);
    }
  }, 60_000);
});
