import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  copyTerraform,
  hasTerraform,
  type Plan,
  type PlanDocument,
  type PolicyStatement,
  readPlan,
  statementsOf,
  TERRAFORM_MS,
  TEST_ACCOUNT,
  type TerraformCopy,
} from '../support/terraform.ts';

// The foundation as the real provider plans it for an empty account. Policies that name keys are not known yet: foundation-roles.test.ts.

const ENVIRONMENTS = ['dev', 'gamma', 'prod'];
const PROVIDER_ARN = `arn:aws:iam::${TEST_ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
const GITHUB = { repository: 'example/sallyport', owner_id: '1234567', repository_id: '987654321' };

const canPlan = hasTerraform('the plan of the foundation');

function statement(policy: unknown, sid: string): PolicyStatement {
  const found = statementsOf(policy).find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new Error(`no statement ${sid} in ${String(policy)}`);
  return found;
}

const sids = (policy: unknown, matches: (one: PolicyStatement) => boolean): readonly (string | undefined)[] =>
  statementsOf(policy)
    .filter(matches)
    .map(({ Sid }) => Sid);

(canPlan ? describe : describe.skip)('the plan of the foundation', () => {
  let copy: TerraformCopy;
  const plans = new Map<string, Plan>();
  const outputs: string[] = [];
  beforeAll(async () => {
    copy = await copyTerraform({ root: 'foundation' });
    for (const environment of ENVIRONMENTS) {
      const varFiles = [`${environment}.foundation.tfvars`];
      const planned = await copy.run('plan', '-no-color', '-out=test.tfplan', ...copy.variables({ varFiles }));
      if (planned.code !== 0) throw new Error(planned.output);
      outputs.push(planned.output);
      const shown = await copy.run('show', '-json', 'test.tfplan');
      plans.set(environment, readPlan(JSON.parse(shown.output) as PlanDocument));
    }
  }, TERRAFORM_MS);
  afterAll(async () => {
    await copy?.dispose();
  });
  const planOf = (environment: string): Plan => plans.get(environment) as Plan;

  it('is made from each environment’s values, none of which is unknown to it', () => {
    for (const [index, environment] of ENVIRONMENTS.entries()) {
      expect(outputs[index]).not.toMatch(/Warning|undeclared/);
      expect(planOf(environment).values('aws_kms_alias.this["vault"]')['name']).toBe(
        `alias/sallyport-${environment}-vault`,
      );
    }
  });

  it.each([
    ['module.state', 'state'],
    ['module.truststore.module.bucket', 'truststore'],
  ])('%s is a bucket that is versioned, encrypted, private and reached by TLS alone', (address, name) => {
    const plan = planOf('prod');
    const bucket = `sallyport-prod-${name}-${TEST_ACCOUNT}`;
    expect(plan.values(`${address}.aws_s3_bucket.this`)).toMatchObject({ bucket, force_destroy: false });
    expect(plan.values(`${address}.aws_s3_bucket_versioning.this`)).toMatchObject({
      versioning_configuration: [{ status: 'Enabled' }],
    });
    expect(plan.values(`${address}.aws_s3_bucket_server_side_encryption_configuration.this`)).toMatchObject({
      rule: [{ apply_server_side_encryption_by_default: [{ sse_algorithm: 'AES256' }] }],
    });
    expect(plan.values(`${address}.aws_s3_bucket_public_access_block.this`)).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(plan.values(`${address}.aws_s3_bucket_ownership_controls.this`)).toMatchObject({
      rule: [{ object_ownership: 'BucketOwnerEnforced' }],
    });
    const { policy } = plan.values(`${address}.aws_s3_bucket_policy.this`);
    const everything = { Effect: 'Deny', Principal: '*', Action: 's3:*' };
    expect(statement(policy, 'TlsOnly')).toMatchObject({
      ...everything,
      Resource: expect.arrayContaining([`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(statement(policy, 'ModernTlsOnly')).toMatchObject({
      ...everything,
      Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } },
    });
    expect(sids(policy, ({ Effect }) => Effect === 'Allow')).toEqual([]);
  });

  it('keeps the versions that a way back needs', () => {
    for (const [address, kept] of [
      ['module.state', 50],
      ['module.truststore.module.bucket', 10],
    ] as const) {
      expect(planOf('prod').values(`${address}.aws_s3_bucket_lifecycle_configuration.this`)).toMatchObject({
        rule: [
          {
            status: 'Enabled',
            noncurrent_version_expiration: [{ newer_noncurrent_versions: kept, noncurrent_days: 90 }],
          },
        ],
      });
    }
  });

  it('gives the authority a key that signs, and the others keys that are renewed', () => {
    const plan = planOf('prod');
    expect(plan.values('aws_kms_key.this["authority"]')).toMatchObject({
      customer_master_key_spec: 'ECC_NIST_P256',
      key_usage: 'SIGN_VERIFY',
      deletion_window_in_days: 30,
    });
    for (const name of ['data', 'secrets', 'vault']) {
      expect(plan.values(`aws_kms_key.this["${name}"]`)).toMatchObject({
        customer_master_key_spec: 'SYMMETRIC_DEFAULT',
        enable_key_rotation: true,
        key_usage: 'ENCRYPT_DECRYPT',
        deletion_window_in_days: 30,
      });
    }
    expect(plan.resources('aws_kms_alias').map(({ values }) => values['name'])).toEqual(
      ['authority', 'data', 'secrets', 'vault'].map((name) => `alias/sallyport-prod-${name}`),
    );
  });

  it('leaves the use of every key to IAM, and lets AWS itself use the one for data alone', () => {
    for (const name of ['authority', 'secrets', 'vault']) {
      const { policy } = planOf('dev').values(`aws_kms_key.this["${name}"]`);
      expect(statementsOf(policy)).toEqual([
        expect.objectContaining({ Sid: 'IamDecides', Principal: { AWS: `arn:aws:iam::${TEST_ACCOUNT}:root` } }),
      ]);
    }
    const { policy } = planOf('dev').values('aws_kms_key.this["data"]');
    const topics = `arn:aws:sns:eu-central-1:${TEST_ACCOUNT}:sallyport-dev-*`;
    const groups = `arn:aws:logs:eu-central-1:${TEST_ACCOUNT}:log-group:/aws`;
    expect(statement(policy, 'CloudWatchLogs')).toMatchObject({
      Principal: { Service: 'logs.eu-central-1.amazonaws.com' },
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            `${groups}/lambda/sallyport-dev-*`,
            `${groups}/vendedlogs/sallyport-dev-*`,
          ],
        },
      },
    });
    expect(statement(policy, 'Alarms').Condition).toEqual({
      ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': topics },
      StringEquals: { 'aws:SourceAccount': TEST_ACCOUNT },
    });
    expect(statement(policy, 'Events').Condition).toEqual({
      ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': topics },
    });
  });

  it('has a place for each secret, and no value', () => {
    const plan = planOf('dev');
    const parameters = plan.resources('aws_ssm_parameter');
    expect(parameters.map(({ values }) => values['name'])).toHaveLength(24);
    for (const { values } of parameters) {
      expect(values).toMatchObject({ type: 'SecureString', value_wo_version: 1 });
      expect([values['value'], values['value_wo'], values['insecure_value']]).toEqual([undefined, null, undefined]);
    }
    // The plan shows the configuration as well, where the placeholder stands; what is planned does not hold it.
    expect(JSON.stringify([plan.document.planned_values, plan.document.resource_changes])).not.toContain('"unset"');
  });

  it('makes no role for GitHub until somebody says whose repository it is', () => {
    for (const plan of plans.values()) {
      expect(plan.resources('aws_iam_role')).toEqual([]);
      expect(plan.resources('aws_iam_openid_connect_provider')).toEqual([]);
    }
  });

  it(
    'believes GitHub for one environment, for pull requests and for one branch of one repository',
    async () => {
      const trust = async (github: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> => {
        const plan = await copy.plan({
          vars: { environment: 'gamma', github: { ...github, provider_arn: PROVIDER_ARN } },
        });
        return Object.fromEntries(
          plan.resources('aws_iam_role').map(({ index, values }) => {
            const [only, ...more] = statementsOf(values['assume_role_policy']);
            expect(more).toEqual([]);
            expect(only).toMatchObject({
              Effect: 'Allow',
              Action: 'sts:AssumeRoleWithWebIdentity',
              Principal: { Federated: PROVIDER_ARN },
            });
            expect(Object.keys(only?.Condition ?? {})).toEqual(['StringEquals']);
            return [index, only?.Condition?.['StringEquals']];
          }),
        );
      };
      const issuer = 'token.actions.githubusercontent.com';
      expect(await trust({ repository: GITHUB.repository })).toEqual({
        deploy: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: 'repo:example/sallyport:environment:gamma',
        },
        plan: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: ['repo:example/sallyport:pull_request', 'repo:example/sallyport:ref:refs/heads/main'],
        },
      });
      // With the ids the newer form of a subject too, and never another repository of the same name.
      expect(await trust(GITHUB)).toEqual({
        deploy: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:repository_id`]: '987654321',
          [`${issuer}:sub`]: [
            'repo:example/sallyport:environment:gamma',
            'repo:example@1234567/sallyport@987654321:environment:gamma',
          ],
        },
        plan: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:repository_id`]: '987654321',
          [`${issuer}:sub`]: [
            'repo:example/sallyport:pull_request',
            'repo:example/sallyport:ref:refs/heads/main',
            'repo:example@1234567/sallyport@987654321:pull_request',
            'repo:example@1234567/sallyport@987654321:ref:refs/heads/main',
          ],
        },
      });
    },
    TERRAFORM_MS,
  );

  it(
    'refuses the credentials of another account than the one that is named',
    async () => {
      const output = await copy.refusal({ vars: { environment: 'dev', account_id: '999999999999' } });
      expect(output).toContain(TEST_ACCOUNT);
      expect(output).toMatch(/not allowed/i);
    },
    TERRAFORM_MS,
  );
});
