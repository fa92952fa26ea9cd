import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import {
  copyTerraform,
  hasTerraform,
  listOf,
  type Plan,
  type PlanDocument,
  type PolicyStatement,
  readPlan,
  statementsOf,
  TERRAFORM_MS,
  type TerraformCopy,
} from '../support/terraform.ts';

// The foundation as it stands once applied, in an emulator: that the next plan is empty, that Terraform learns no secret, and the policies as
// they are with every key known.

const DNS = { domain: 'dev.sallyport.example.com', zone_id: 'Z0123456789EXAMPLE' };
const GITHUB = { repository: 'example/sallyport', owner_id: '1234567', repository_id: '987654321' };

const canApply = hasTerraform('the foundation in the emulator') && hasPython('the foundation in the emulator');

function statement(policy: unknown, sid: string): PolicyStatement {
  const found = statementsOf(policy).find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new Error(`no statement ${sid} in ${String(policy)}`);
  return found;
}

const sids = (policy: unknown, matches: (one: PolicyStatement) => boolean): readonly (string | undefined)[] =>
  statementsOf(policy)
    .filter(matches)
    .map(({ Sid }) => Sid);

(canApply ? describe : describe.skip)('the foundation, applied', () => {
  const options = {
    varFiles: ['dev.foundation.tfvars'],
    vars: { cognito: true, edge: true, dns: DNS, github: GITHUB },
  };
  let aws: Ministack;
  let copy: TerraformCopy;
  let state: Plan;
  let account: string;
  const read = async (): Promise<Plan> => {
    const { code, output } = await copy.run('show', '-json');
    if (code !== 0) throw new Error(output);
    const { values } = JSON.parse(output) as { readonly values: PlanDocument['planned_values'] };
    return readPlan({ planned_values: values });
  };
  beforeAll(async () => {
    aws = await startMinistack();
    copy = await copyTerraform({ root: 'foundation', env: aws.environment });
    const applied = await copy.run(
      'apply',
      '-auto-approve',
      '-no-color',
      '-parallelism=30',
      ...copy.variables(options),
    );
    if (applied.code !== 0) throw new Error(applied.output);
    state = await read();
    account =
      /sallyport-dev-state-(\d+)$/.exec(String(state.values('module.state.aws_s3_bucket.this')['bucket']))?.[1] ?? '';
  }, TERRAFORM_MS + PYTHON_INSTALL_MS);
  afterAll(async () => {
    await copy?.dispose();
    await aws?.stop();
  });
  const keyArn = (name: string): unknown => state.values(`aws_kms_key.this["${name}"]`)['arn'];

  it(
    'needs nothing more at the next plan',
    async () => {
      const { code, output } = await copy.run('plan', '-detailed-exitcode', '-no-color', ...copy.variables(options));
      expect(output).toContain('No changes.');
      expect(code).toBe(0);
    },
    TERRAFORM_MS,
  );

  it(
    'never learns a secret, and never resets one',
    async () => {
      const canary = 'canary-of-a-real-secret';
      const name = '/sallyport/dev/hmac-master';
      const ssm = new SSMClient({
        region: 'eu-central-1',
        endpoint: aws.endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      const stored = async () =>
        (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter?.Value;
      expect(await stored()).toBe('unset');
      await ssm.send(new PutParameterCommand({ Name: name, Value: canary, Type: 'SecureString', Overwrite: true }));
      const applied = await copy.run('apply', '-auto-approve', '-no-color', ...copy.variables(options));
      expect({ code: applied.code, told: applied.output.includes(canary) }).toEqual({ code: 0, told: false });
      expect(await stored()).toBe(canary);
      const { output } = await copy.run('state', 'pull');
      expect(output).toContain(name);
      expect(output).not.toContain(canary);
      expect(output).not.toContain('"unset"');
    },
    TERRAFORM_MS,
  );

  it('has policies that AWS takes', () => {
    const policies = state.resources().filter(({ type }) => type === 'aws_iam_policy');
    expect(policies.map(({ values }) => values['name']).sort()).toEqual([
      'sallyport-dev-boundary',
      'sallyport-dev-deploy-cognito',
      'sallyport-dev-deploy-edge',
      'sallyport-dev-deploy-reach',
      'sallyport-dev-deploy-run',
      'sallyport-dev-read',
      'sallyport-dev-read-cognito',
    ]);
    // Limits of IAM: 6,144 characters for a policy, 10,240 for all within a role, white space not counted.
    for (const { values } of policies)
      expect(JSON.stringify(JSON.parse(String(values['policy']))).length).toBeLessThan(6_144);
    for (const { values } of state.resources('aws_iam_role_policy'))
      expect(JSON.stringify(JSON.parse(String(values['policy']))).length).toBeLessThan(10_240);
  });

  describe('the boundary', () => {
    const boundary = (): unknown => state.values('aws_iam_policy.boundary')['policy'];
    const rotate = () => `arn:aws:iam::${account}:role/sallyport-dev-rotate`;

    it('lets the rotation alone sign certificates and write the agent’s credentials', () => {
      const condition = { ArnEquals: { 'aws:PrincipalArn': rotate() } };
      expect(statement(boundary(), 'Sign')).toMatchObject({ Resource: keyArn('authority'), Condition: condition });
      expect(statement(boundary(), 'WriteCredentials')).toMatchObject({
        Resource: `arn:aws:ssm:eu-central-1:${account}:parameter/sallyport/dev/agent-credentials`,
        Condition: condition,
      });
      expect(statement(boundary(), 'SealCredentials')).toMatchObject({
        Resource: keyArn('secrets'),
        Condition: condition,
      });
      const signs = sids(boundary(), ({ Action }) => listOf(Action).includes('kms:Sign'));
      expect(signs).toEqual(['Sign', 'NobodyElseSigns']);
      expect(statement(boundary(), 'NobodyElseSigns')).toMatchObject({
        Effect: 'Deny',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': rotate() } },
      });
    });

    it('refuses to become somebody else and to change rights or code', () => {
      expect(statement(boundary(), 'NoFurtherRights')).toMatchObject({
        Effect: 'Deny',
        Resource: '*',
        Action: expect.arrayContaining([
          'iam:*',
          'kms:CreateGrant',
          'kms:PutKeyPolicy',
          'lambda:UpdateFunctionCode',
          's3:PutObject',
        ]),
      });
      expect(statement(boundary(), 'NobodyElse')).toEqual({
        Sid: 'NobodyElse',
        Effect: 'Deny',
        Action: 'sts:AssumeRole',
        Resource: '*',
      });
    });

    it('lets only the functions that run tools call other servers', () => {
      expect(statementsOf(boundary()).find(({ Sid }) => Sid === 'CallServers')).toEqual({
        Sid: 'CallServers',
        Effect: 'Allow',
        Action: ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'],
        Resource: `arn:aws:lambda:eu-central-1:${account}:function:sallyport-dev-server-*`,
        Condition: {
          ArnEquals: {
            'aws:PrincipalArn': ['calls', 'mcp', 'mcp-key', 'mcp-oauth'].map(
              (name) => `arn:aws:iam::${account}:role/sallyport-dev-${name}`,
            ),
          },
        },
      });
    });

    it('allows nothing outside of this environment but traces, network interfaces and models', () => {
      const unbounded = sids(
        boundary(),
        ({ Effect, Resource }) => Effect === 'Allow' && listOf(Resource).includes('*'),
      );
      expect(unbounded).toEqual(['Traces', 'JoinNetwork']);
      expect(statementsOf(boundary()).find(({ Sid }) => Sid === 'AskModels')).toEqual({
        Sid: 'AskModels',
        Effect: 'Allow',
        Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
        Resource: [
          'arn:aws:bedrock:*::foundation-model/*',
          `arn:aws:bedrock:eu-central-1:${account}:inference-profile/*`,
        ],
        Condition: {
          ArnEquals: {
            'aws:PrincipalArn': ['agent', 'stream', 'stream-bearer', 'worker'].map(
              (name) => `arn:aws:iam::${account}:role/sallyport-dev-${name}`,
            ),
          },
        },
      });
      for (const one of statementsOf(boundary())) {
        // Models are AWS's own; whose functions may ask them is bounded.
        if (one.Effect === 'Deny' || unbounded.includes(one.Sid) || one.Sid === 'AskModels') continue;
        for (const resource of listOf(one.Resource))
          expect({ resource, own: /sallyport[-/]dev[-/]/.test(resource) || resource.includes(':key/') }).toEqual({
            resource,
            own: true,
          });
      }
      expect(
        sids(boundary(), ({ NotAction, Action }) => NotAction !== undefined || listOf(Action).includes('*')),
      ).toEqual([]);
    });
  });

  describe('the role that plans', () => {
    const refused = (): unknown => state.values('aws_iam_role_policy.refused["plan"]')['policy'];
    const readPolicy = (): unknown => state.values('aws_iam_policy.read[0]')['policy'];

    it('has what reads settings, and nothing else', () => {
      const attached = state
        .resources('aws_iam_role_policy_attachment')
        .filter(({ values }) => values['role'] === 'sallyport-dev-plan')
        .map(({ values }) => values['policy_arn']);
      expect([...attached].sort()).toEqual(
        ['read', 'read-cognito'].map((name) => `arn:aws:iam::${account}:policy/sallyport-dev-${name}`),
      );
      const pools = state.values('aws_iam_policy.read_cognito[0]')['policy'];
      const actions = [readPolicy(), pools].flatMap(statementsOf).flatMap(({ Action }) => listOf(Action));
      expect(actions.filter((action) => !/:(Get|List|Describe|GET$)/.test(action))).toEqual([]);
      expect(actions).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^ssm:GetParam|^kms:Decrypt|Item$|LogEvents$/)]),
      );
    });

    it('is refused every secret value, and the keys that open one', () => {
      expect(statement(refused(), 'NoSecretValues')).toMatchObject({
        Effect: 'Deny',
        Action: 'ssm:GetParameter*',
        Resource: '*',
      });
      const keys = statement(refused(), 'NoUseOfSecretKeys');
      expect(keys.Effect).toBe('Deny');
      expect(listOf(keys.Action)).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:Sign']));
      expect([...listOf(keys.Resource)].sort()).toEqual(
        [keyArn('authority'), keyArn('secrets'), keyArn('vault')].sort(),
      );
      expect(listOf(statement(refused(), 'NoRecordsOrLogLines').Action)).toEqual(
        expect.arrayContaining(['dynamodb:*Item', 'dynamodb:Scan', 'logs:FilterLogEvents', 'logs:GetLogEvents']),
      );
    });

    it('reads the service’s state, never the foundation’s, and writes neither', () => {
      const bucket = `arn:aws:s3:::sallyport-dev-state-${account}`;
      expect(statement(readPolicy(), 'ServiceState')).toMatchObject({
        Action: 's3:GetObject',
        Resource: `${bucket}/service.tfstate`,
      });
      expect(statement(refused(), 'OtherStatesStand')).toMatchObject({
        Effect: 'Deny',
        Resource: `${bucket}/foundation.tfstate*`,
      });
      expect(statement(refused(), 'NoWrites')).toMatchObject({
        Effect: 'Deny',
        Resource: '*',
        Action: expect.arrayContaining(['s3:Put*', 's3:Delete*', 'iam:PassRole', 'lambda:Invoke*']),
      });
    });
  });

  describe('the role that deploys', () => {
    const policyOf = (part: string): unknown => state.values(`aws_iam_policy.deploy["${part}"]`)['policy'];
    const refused = (): unknown => state.values('aws_iam_role_policy.refused["deploy"]')['policy'];

    it('gives rights only to roles that have the boundary', () => {
      const granting = [
        'iam:CreateRole',
        'iam:PutRolePolicy',
        'iam:PutRolePermissionsBoundary',
        'iam:AttachRolePolicy',
      ];
      for (const part of ['run', 'reach', 'edge', 'cognito']) {
        for (const one of statementsOf(policyOf(part))) {
          if (!listOf(one.Action).some((action) => granting.includes(action))) continue;
          expect(one).toMatchObject({
            Sid: 'RolesWithBoundary',
            Resource: `arn:aws:iam::${account}:role/sallyport-dev-*`,
            Condition: { StringEquals: { 'iam:PermissionsBoundary': state.values('aws_iam_policy.boundary')['arn'] } },
          });
        }
      }
      expect(statement(policyOf('run'), 'HandRolesOver').Condition).toEqual({
        StringEquals: { 'iam:PassedToService': ['lambda.amazonaws.com', 'scheduler.amazonaws.com'] },
      });
      expect(listOf(statement(refused(), 'BoundariesStay').Action)).toContain('iam:DeleteRolePermissionsBoundary');
    });

    it('cannot change what the operator applied', () => {
      const stands = statement(refused(), 'FoundationStands');
      expect(stands).toMatchObject({ Effect: 'Deny', NotAction: ['iam:Get*', 'iam:List*'] });
      const iam = `arn:aws:iam::${account}`;
      expect(listOf(stands.Resource)).toEqual(
        expect.arrayContaining([
          `${iam}:role/sallyport-dev-deploy`,
          `${iam}:role/sallyport-dev-plan`,
          `${iam}:policy/sallyport-dev-boundary`,
          `${iam}:policy/sallyport-dev-deploy-*`,
          `${iam}:policy/sallyport-dev-read`,
          `${iam}:policy/sallyport-dev-read-*`,
          state.values('aws_iam_openid_connect_provider.github[0]')['arn'],
        ]),
      );
      expect(listOf(statement(refused(), 'KeysStand').Resource)).toEqual(
        expect.arrayContaining(['authority', 'data', 'secrets', 'vault'].map(keyArn)),
      );
      expect(listOf(statement(refused(), 'TruststoreStands').Action)).toEqual(
        expect.arrayContaining(['s3:Put*', 's3:Delete*']),
      );
      expect(listOf(statement(refused(), 'RecordsOfCallsStand').Action)).toEqual(
        expect.arrayContaining(['cloudtrail:StopLogging', 'cloudtrail:UpdateTrail', 's3:DeleteObjectVersion']),
      );
      expect([...listOf(statement(refused(), 'AuthorityIsWatched').Resource)].sort()).toEqual(
        [
          'cloudwatch:eu-central-1:123456789012:alarm:sallyport-dev-authority-untold',
          'cloudwatch:eu-central-1:123456789012:alarm:sallyport-dev-authority-used',
          'events:eu-central-1:123456789012:rule/sallyport-dev-authority',
          'sns:eu-central-1:123456789012:sallyport-dev-alarms',
        ].map((end) => `arn:aws:${end.replace('123456789012', account)}`),
      );
      expect(statement(refused(), 'NoSecretValues').Effect).toBe('Deny');
    });

    it('becomes no function, though it writes the trust policies of their roles', () => {
      // In one account a trust policy that names a role is enough: only a refusal of its own stops that.
      expect(statement(refused(), 'NoOtherRole')).toEqual({
        Sid: 'NoOtherRole',
        Effect: 'Deny',
        Action: 'sts:AssumeRole',
        Resource: '*',
      });
    });

    it('reaches what is not named after the environment only where AWS gives the name', () => {
      const foreign = ['run', 'reach', 'edge', 'cognito'].flatMap((part) =>
        statementsOf(policyOf(part)).flatMap((one) =>
          listOf(one.Resource)
            .filter((resource) => !/sallyport-dev/.test(resource) && resource !== keyArn('data'))
            .map((resource) => `${one.Sid} ${resource}`),
        ),
      );
      expect(foreign.sort()).toEqual(
        [
          ...['apis', 'apis/*', 'domainnames', 'domainnames/*', 'tags/*'].map(
            (path) => `Apis arn:aws:apigateway:eu-central-1::/${path}`,
          ),
          'AccessLogs *',
          `ApiGatewaysOwnRole arn:aws:iam::${account}:role/aws-service-role/ops.apigateway.amazonaws.com/*`,
          ...['distribution', 'key-value-store', 'response-headers-policy'].flatMap((kind) =>
            ['Edge', 'Firewall'].map((sid) => `${sid} arn:aws:cloudfront::${account}:${kind}/*`),
          ),
          `Firewall arn:aws:wafv2:us-east-1:${account}:global/managedruleset/*/*`,
          'Names arn:aws:route53:::hostedzone/Z0123456789EXAMPLE',
          'NamesDone arn:aws:route53:::change/*',
          'NewCertificates *',
          // Held to what is tagged as this environment's.
          'NewUserPools *',
          ...['OwnUserPools', 'TagUserPools'].map(
            (sid) => `${sid} arn:aws:cognito-idp:eu-central-1:${account}:userpool/*`,
          ),
          ...['TagCertificates', 'OwnCertificates'].flatMap((sid) =>
            ['eu-central-1', 'us-east-1'].map((region) => `${sid} arn:aws:acm:${region}:${account}:certificate/*`),
          ),
          // Held to functions of this environment by its condition.
          'QueueReaders *',
          `QueueReadersTags arn:aws:lambda:eu-central-1:${account}:event-source-mapping:*`,
          'Subscriptions *',
        ].sort(),
      );
    });

    it('makes and changes only user pools that are tagged as this environment’s, and nobody in them', () => {
      const own = { environment: 'dev', application: 'sallyport' };
      const tagged = (key: string) => ({
        StringEquals: Object.fromEntries(Object.entries(own).map(([name, value]) => [`aws:${key}/${name}`, value])),
      });
      expect(statement(policyOf('cognito'), 'NewUserPools').Condition).toEqual(tagged('RequestTag'));
      expect(statement(policyOf('cognito'), 'TagUserPools').Condition).toEqual(tagged('RequestTag'));
      expect(statement(policyOf('cognito'), 'OwnUserPools').Condition).toEqual(tagged('ResourceTag'));
      const actions = statementsOf(policyOf('cognito')).flatMap(({ Action }) => listOf(Action));
      expect(
        actions.filter((action) => /Admin|SignUp|Password|UserPoolClientSecret|\bUser$|Group/.test(action)),
      ).toEqual([]);
    });

    it('changes only names below the environment’s domain', () => {
      expect(statement(policyOf('reach'), 'Names').Condition).toEqual({
        'ForAllValues:StringLike': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': '*.dev.sallyport.example.com',
        },
        Null: { 'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false' },
      });
    });
  });

  it(
    'goes without leaving anything',
    async () => {
      const { code, output } = await copy.run('destroy', '-auto-approve', '-no-color', ...copy.variables(options));
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
      expect((await copy.run('state', 'list')).output).toBe('');
    },
    TERRAFORM_MS,
  );
});
