import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FUNCTIONS, type FunctionKey } from '../../scripts/aws/parts/environment.ts';
import { FIREWALL_RULES, standing } from '../../scripts/costs/assumptions.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import type { StoreOperation } from '../../src/ports/key-value-store.ts';
import { plannedFunctions, recordFunctions, recordStore, type StoreUse } from '../support/aws-use.ts';
import { createJudge, type Decision, type IamRequest, type Judge, type Role, requestsOf } from '../support/iam.ts';
import { PLANNED_ACCOUNT_MS, type PlannedAccount, planAccount } from '../support/planned-account.ts';
import { hasPython } from '../support/python.ts';
import type { RecordedCall } from '../support/recording-proxy.ts';
import { hasTerraform, listOf, type PlannedResource, type PolicyStatement } from '../support/terraform.ts';
import {
  arnsOf,
  forbiddenByBoundary,
  forbiddenToDeploy,
  forbiddenToFunction,
  forbiddenToGithub,
  forbiddenToPlan,
  neededByDeploy,
} from './forbidden.ts';
import { rightsTables } from './rights.ts';

// Least privilege both ways: what a function asks of AWS, its role allows; what its role allows, it asks, or there is a reason. And a list of
// things that each role must not do. Roles are the planned ones, judged by an evaluator of IAM that nobody here wrote.

/** Whose records a function works on: the Agent API's are the same wherever it is reached. */
const recordsOf = (name: FunctionKey) => (name === 'stream' || name === 'stream-bearer' ? 'agent' : name);

/** Rights that nothing of ours uses by itself, by statement: who does, and why the role has to have them. */
const REASONS: Readonly<Record<string, string>> = {
  OwnLog: 'Lambda writes what the function prints.',
  Traces: 'Lambda sends the trace of each invocation (X-Ray, active).',
  TakeJobs: 'Lambda asks the queue with the function’s role.',
  OpenJobs: 'Lambda needs the key of the queue that it takes messages from.',
  TakeCalls: 'Lambda asks the queue with the function’s role.',
  OpenCalls: 'Lambda needs the key of the queue that it takes messages from.',
  OwnDeadLetters: 'Lambda puts the event there that failed every try.',
  SealDeadLetters: 'Lambda needs the key of the queue that it puts the event into.',
  Rotate: 'EventBridge Scheduler invokes the rotation.',
  KeepUndelivered: 'EventBridge Scheduler keeps an event there that it could not deliver.',
  SealUndelivered: 'EventBridge Scheduler needs the key of that queue.',
};

/** `*` and `?` as IAM reads them. */
const like = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .split(/([*?])/)
      .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&')))
      .join('')}$`,
  ).test(value);

const statements = (policy: Readonly<Record<string, unknown>>): readonly PolicyStatement[] =>
  [policy['Statement']].flat() as readonly PolicyStatement[];

const canRun = hasTerraform('least privilege') && hasPython('least privilege');

(canRun ? describe : describe.skip)('least privilege', () => {
  let planned: PlannedAccount;
  let judge: Judge;
  let roles: Readonly<Record<string, Role>>;
  let redisRoles: Readonly<Record<string, Role>>;
  let calls: readonly RecordedCall[];
  let storeUses: readonly StoreUse[];

  beforeAll(async () => {
    planned = await planAccount();
    judge = await createJudge(planned.account);
    roles = planned.roles('dynamodb');
    redisRoles = planned.roles('redis');
    calls = await recordFunctions(planned);
    storeUses = await recordStore(planned);
  }, PLANNED_ACCOUNT_MS);
  afterAll(async () => {
    await planned?.close();
  });

  const role = (name: string, all = roles): Role => {
    const found = all[name];
    if (found === undefined) throw new Error(`no role ${name} among ${Object.keys(all).join(', ')}`);
    return found;
  };
  const asked = (name: string): readonly IamRequest[] =>
    calls.filter((call) => call.function === name).flatMap((call) => requestsOf(planned.account, call));
  const storeRequests = (use: StoreUse): readonly IamRequest[] =>
    use.calls.flatMap((call) => requestsOf(planned.account, call));
  /** Whether the code's list gives a function the operation, or one that is the same request to DynamoDB. */
  const isListed = (name: FunctionKey, { prefix, operation }: StoreUse): boolean => {
    const writes: readonly StoreOperation[] = ['set', 'setIfAbsent', 'compareAndSet'];
    const same = writes.includes(operation) ? writes : [operation];
    return Object.entries(storeAccess[recordsOf(name)]).some(
      ([entry, operations]) =>
        (entry === prefix || (entry.endsWith(':') && prefix.startsWith(entry))) &&
        (operations as readonly StoreOperation[]).some((one) => same.includes(one)),
    );
  };
  const parameter = (name: string): string => arnsOf(planned.account).parameter(name);
  const key = (name: string): string => arnsOf(planned.account).key(name);
  const decisions = async (
    who: Role,
    requests: readonly IamRequest[],
  ): Promise<readonly (IamRequest & { decision: Decision })[]> =>
    Promise.all(requests.map(async (request) => ({ ...request, decision: await judge.decide(who, request) })));
  const expectRefused = async (who: Role, requests: readonly IamRequest[]): Promise<void> => {
    const allowed = (await decisions(who, requests)).filter(({ decision }) => decision === 'Allowed');
    expect({ who: who.name, allowed }).toEqual({ who: who.name, allowed: [] });
  };

  describe('what a function asks, its role allows', () => {
    it.each(FUNCTIONS)('%s: secrets and keys, with either store', async (name) => {
      expect(asked(name).length).toBeGreaterThan(0);
      expect(await judge.refused(role(name, redisRoles), asked(name))).toEqual([]);
      const withoutRedis = asked(name).filter(
        ({ resource, context }) => !/redis-url/.test(`${resource}${JSON.stringify(context)}`),
      );
      expect(await judge.refused(role(name), withoutRedis)).toEqual([]);
    });

    it.each(FUNCTIONS)(
      '%s: exactly the records that the code lists, in DynamoDB',
      async (name) => {
        const wrong: string[] = [];
        for (const use of storeUses) {
          const refused = await judge.refused(role(name), storeRequests(use));
          if ((refused.length === 0) !== isListed(name, use)) wrong.push(`${use.operation} ${use.prefix}`);
        }
        expect(wrong).toEqual([]);
      },
      120_000,
    );

    it('every function that is planned has been asked for', () => {
      expect([...plannedFunctions(planned.service.dynamodb)].sort()).toEqual([...FUNCTIONS].sort());
    });
  });

  describe('what a role allows is used, or has a reason', () => {
    /** Each action on each resource (and leading key) that a statement allows. */
    const rights = (who: Role) =>
      Object.values(who.policies)
        .flatMap(statements)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap((statement) => {
          const keys = listOf(statement.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']);
          return listOf(statement.Action).flatMap((action) =>
            listOf(statement.Resource).flatMap((resource) =>
              (keys.length === 0 ? [undefined] : keys).map((leading) => ({
                sid: statement.Sid ?? '',
                action,
                resource,
                leading,
              })),
            ),
          );
        });

    const unused = (who: Role, used: readonly IamRequest[]) =>
      rights(who)
        .filter(({ sid }) => REASONS[sid] === undefined)
        .filter(
          ({ action, resource, leading }) =>
            !used.some(
              (request) =>
                request.action === action &&
                like(resource, request.resource) &&
                (leading === undefined ||
                  listOf(request.context?.['dynamodb:LeadingKeys']).some((one) => like(leading, one))),
            ),
        );

    it.each(FUNCTIONS)('%s', (name) => {
      const store = storeUses.filter((use) => isListed(name, use)).flatMap(storeRequests);
      expect(unused(role(name), [...asked(name), ...store])).toEqual([]);
      expect(unused(role(name, redisRoles), asked(name))).toEqual([]);
    });

    it('rotation-scheduler', () => {
      expect(unused(role('rotation-scheduler'), [])).toEqual([]);
    });

    it('each reason is needed', () => {
      const sids = new Set(
        [...FUNCTIONS, 'rotation-scheduler'].flatMap((name) => rights(role(name)).map(({ sid }) => sid)),
      );
      expect(Object.keys(REASONS).filter((sid) => !sids.has(sid))).toEqual([]);
    });

    it('an unused right would be found', () => {
      const extra = {
        Version: '2012-10-17',
        Statement: [{ Sid: 'Extra', Effect: 'Allow', Action: 'ssm:GetParameters', Resource: parameter('hmac-master') }],
      };
      const wider: Role = { ...role('agent', redisRoles), policies: { ...role('agent', redisRoles).policies, extra } };
      expect(unused(wider, asked('agent'))).toEqual([expect.objectContaining({ sid: 'Extra' })]);
    });

    it('no function’s right is a pattern, but for its own log’s streams and for traces', () => {
      const patterns = FUNCTIONS.flatMap((name) => rights(role(name)))
        .filter(({ action, resource }) => action.includes('*') || resource.includes('*'))
        .filter(({ sid, resource }) => !(sid === 'OwnLog' && resource.endsWith(':*')) && sid !== 'Traces');
      expect(patterns).toEqual([]);
    });
  });

  describe('what a function must not do is refused', () => {
    const viaSsm = (name: string): Readonly<Record<string, string>> => ({
      'kms:ViaService': `ssm.${planned.account.region}.amazonaws.com`,
      'kms:EncryptionContext:PARAMETER_ARN': parameter(name),
    });
    const PARAMETERS = () =>
      planned.foundation
        .resources('aws_ssm_parameter')
        .map(({ values }) => String(values['name']).replace('/sallyport/dev/', ''));

    it.each(FUNCTIONS)('%s reads no parameter but its own, by any way', async (name) => {
      const own = asked(name).map(({ resource }) => resource);
      const others = PARAMETERS().filter((one) => !own.includes(parameter(one)));
      expect(others.length).toBeGreaterThan(6);
      for (const all of [roles, redisRoles])
        await expectRefused(
          role(name, all),
          others.flatMap((one) => [
            { action: 'ssm:GetParameter', resource: parameter(one) },
            { action: 'ssm:GetParameters', resource: parameter(one) },
            { action: 'ssm:GetParameterHistory', resource: parameter(one) },
            { action: 'kms:Decrypt', resource: key('secrets'), context: viaSsm(one) },
          ]),
        );
      await expectRefused(role(name), [
        { action: 'ssm:GetParametersByPath', resource: parameter('redis-url') },
        { action: 'ssm:DescribeParameters', resource: '*' },
        { action: 'kms:Decrypt', resource: key('secrets') },
      ]);
    });

    it('only who works on turns reaches conversations, and none of them all at once', async () => {
      const conversations = asked('agent').filter(({ resource }) => resource.includes('-conversations'));
      expect([...new Set(conversations.map(({ action }) => action))].sort()).toEqual(
        ['DeleteItem', 'GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action}`),
      );
      for (const name of FUNCTIONS.filter((one) => recordsOf(one) !== 'agent' && one !== 'worker')) {
        for (const all of [roles, redisRoles]) await expectRefused(role(name, all), conversations);
      }
      const table = conversations.find(({ resource }) => !resource.includes('/index/'))?.resource ?? '';
      await expectRefused(role('agent'), [
        { action: 'dynamodb:Scan', resource: table },
        { action: 'dynamodb:Query', resource: table, context: { 'dynamodb:LeadingKeys': ['p_1'] } },
        { action: 'dynamodb:GetItem', resource: table },
        { action: 'dynamodb:PutItem', resource: table, context: { 'dynamodb:LeadingKeys': ['x_1'] } },
        { action: 'dynamodb:GetRecords', resource: `${table}/stream/2026-11-21T00:00:00.000` },
      ]);
    });

    it('only the OAuth API leaves jobs, only the worker takes them, and nobody clears the queue', async () => {
      const queue = `arn:aws:sqs:${planned.account.region}:${planned.account.id}:sallyport-dev-jobs`;
      const on = (...actions: string[]) => actions.map((action) => ({ action: `sqs:${action}`, resource: queue }));
      const takes = on('ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes');
      for (const name of FUNCTIONS) {
        if (name !== 'oauth') await expectRefused(role(name), on('SendMessage'));
        if (name !== 'worker') await expectRefused(role(name), takes);
        await expectRefused(role(name), on('PurgeQueue', 'SetQueueAttributes', 'DeleteQueue'));
      }
      expect(await judge.refused(role('worker'), takes)).toEqual([]);
      expect(await judge.refused(role('oauth'), on('SendMessage'))).toEqual([]);
    });

    it('only the doors leave calls, only their worker takes them, and nobody clears the queue', async () => {
      const queue = `arn:aws:sqs:${planned.account.region}:${planned.account.id}:sallyport-dev-calls`;
      const on = (...actions: string[]) => actions.map((action) => ({ action: `sqs:${action}`, resource: queue }));
      const takes = on('ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes');
      for (const name of FUNCTIONS) {
        const isDoor = name.startsWith('mcp');
        if (isDoor) expect(await judge.refused(role(name), on('SendMessage'))).toEqual([]);
        else await expectRefused(role(name), on('SendMessage'));
        if (name !== 'calls') await expectRefused(role(name), takes);
        await expectRefused(role(name), on('PurgeQueue', 'SetQueueAttributes', 'DeleteQueue'));
      }
      expect(await judge.refused(role('calls'), takes)).toEqual([]);
      const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
      await expectRefused({ ...role('worker'), policies: { everything } }, takes);
    });

    it('only the rotation signs, and only digests for certificates', async () => {
      const sign = (algorithm: string, type: string): IamRequest => ({
        action: 'kms:Sign',
        resource: key('authority'),
        context: { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': type },
      });
      for (const name of Object.keys(roles).filter((one) => one !== 'rotate'))
        await expectRefused(role(name), [sign('ECDSA_SHA_256', 'DIGEST')]);
      expect(await judge.decide(role('rotate'), sign('ECDSA_SHA_256', 'DIGEST'))).toBe('Allowed');
      await expectRefused(role('rotate'), [sign('ECDSA_SHA_256', 'RAW')]);
    });

    it('only the rotation writes a parameter, and only the agent’s credentials', async () => {
      const put = (name: string): IamRequest => ({ action: 'ssm:PutParameter', resource: parameter(name) });
      for (const name of Object.keys(roles).filter((one) => one !== 'rotate'))
        await expectRefused(role(name), PARAMETERS().map(put));
      await expectRefused(
        role('rotate'),
        PARAMETERS()
          .filter((name) => name !== 'agent-credentials')
          .map(put),
      );
      expect(await judge.decide(role('rotate'), put('agent-credentials'))).toBe('Allowed');
    });

    it('the agent and the rotation cannot open the vault, and nobody another environment’s', async () => {
      const open = (environment: string): readonly IamRequest[] =>
        ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({
          action,
          resource: key('vault'),
          context: {
            'kms:EncryptionContext:person': 'p_1',
            'kms:EncryptionContext:provider': 'google',
            'kms:EncryptionContext:environment': environment,
          },
        }));
      for (const name of [
        'agent',
        'stream',
        'stream-bearer',
        'worker',
        'rotate',
        'rotation-scheduler',
        'deploy',
        'plan',
      ])
        await expectRefused(role(name), open('dev'));
      for (const name of FUNCTIONS) await expectRefused(role(name), open('prod'));
      for (const name of ['calls', 'mcp', 'mcp-key', 'mcp-oauth', 'oauth'])
        expect(await judge.refused(role(name), open('dev'))).toEqual([]);
    });

    it.each(FUNCTIONS)(
      '%s changes no rights, no code and no key, becomes nobody else, and reaches no other system',
      async (name) => {
        await expectRefused(role(name), forbiddenToFunction(planned.account, name));
      },
    );

    it('only who runs tools becomes a role of the AWS tools, and nobody becomes another', async () => {
      const { id } = planned.account;
      const arn = (account: string, name: string): string => `arn:aws:iam::${account}:role/${name}`;
      const take = (resource: string): IamRequest => ({ action: 'sts:AssumeRole', resource });
      const theirs = [
        take(arn(id, 'sallyport-dev-aws-reads')),
        take(arn(id, 'sallyport-dev-aws-writes')),
        take(arn('111122223333', 'sallyport-aws-reads')),
      ];
      const others = [
        take(arn('111122223333', 'admin')),
        take(arn(id, 'sallyport-prod-aws-reads')),
        take(arn(id, 'sallyport-dev-mcp')),
      ];
      const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
      for (const name of FUNCTIONS) {
        const wider: Role = { ...role(name), policies: { everything } };
        await expectRefused(wider, others);
        if (name === 'calls' || name.startsWith('mcp')) expect(await judge.refused(role(name), theirs)).toEqual([]);
        else await expectRefused(wider, theirs);
      }
      for (const name of ['deploy', 'plan']) await expectRefused(role(name), [...theirs, ...others]);
    });

    it('the boundary fits the size that AWS gives a policy', () => {
      const { boundary } = role('mcp');
      expect(JSON.stringify(boundary).length).toBeLessThan(6144);
    });

    it('the boundary holds even a role that is given everything', async () => {
      const all = {
        everything: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
      };
      const mistaken: Role = { ...role('agent'), policies: all };
      await expectRefused(mistaken, forbiddenByBoundary(planned.account));
      const [first] = forbiddenByBoundary(planned.account);
      expect(
        await judge.refused({ ...mistaken, boundary: all.everything }, first === undefined ? [] : [first]),
      ).toEqual([]);
    });
  });

  describe('GitHub’s roles', () => {
    it.each(['deploy', 'plan'])(
      '%s reads no secret, no record and no log, and cannot widen anybody’s rights',
      async (name) => {
        await expectRefused(role(name), forbiddenToGithub(planned.account));
      },
    );

    it('deploy makes roles only with the boundary, and hands them to Lambda and the scheduler alone', async () => {
      await expectRefused(role('deploy'), forbiddenToDeploy(planned.account));
      expect(await judge.refused(role('deploy'), neededByDeploy(planned.account))).toEqual([]);
    });

    it('deploy makes the bucket of the record, and once it is made changes nothing of how it is kept', async () => {
      const { recordBucket } = arnsOf(planned.account);
      const settings = Object.values(role('deploy').policies)
        .flatMap(statements)
        .filter(({ Sid }) => Sid === 'TrailsBucket')
        .flatMap(({ Action }) => listOf(Action))
        .filter((action) => action.startsWith('s3:Put') && action !== 's3:PutBucketTagging')
        .map((action) => ({ action, resource: recordBucket }));
      expect(settings.length).toBeGreaterThan(5);
      const { [recordBucket]: made, ...before } = planned.account.buckets;
      expect(made).toBeDefined();
      const first = await createJudge({ ...planned.account, buckets: before });
      expect(await first.refused(role('deploy'), settings)).toEqual([]);
      await expectRefused(role('deploy'), settings);
    });

    it('plan changes nothing at all, and reads what it plans by', async () => {
      await expectRefused(role('plan'), forbiddenToPlan(planned.account));
      const state = arnsOf(planned.account).bucketObject('state', 'service.tfstate');
      expect(await judge.refused(role('plan'), [{ action: 's3:GetObject', resource: state }])).toEqual([]);
      const writes = Object.values(role('plan').policies)
        .flatMap(statements)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action }) => listOf(Action))
        .filter((action) => !/:(Describe|Get|List|GET$)/.test(action));
      expect(writes).toEqual([]);
    });
  });

  it('docs/costs.md counts the keys, alarms, dashboards and rules of the firewall that are planned', () => {
    const plan = planned.service.redis;
    // A metric of an alarm that adds several up is each of them.
    const metricsOf = ({ values }: PlannedResource): number => {
      const queries = (values['metric_query'] ?? []) as readonly { readonly metric?: readonly unknown[] }[];
      return Math.max(1, queries.filter(({ metric = [] }) => metric.length > 0).length);
    };
    const alarms = plan.resources('aws_cloudwatch_metric_alarm').map(metricsOf);
    const rules = plan.resources('aws_wafv2_web_acl').flatMap(({ values }) => values['rule'] as readonly unknown[]);
    expect({
      alarmMetrics: alarms.reduce((sum, count) => sum + count, 0),
      dashboards: plan.resources('aws_cloudwatch_dashboard').length,
      kmsKeys: planned.foundation.resources('aws_kms_key').length,
      rules: rules.length,
    }).toEqual({ ...standing, rules: FIREWALL_RULES });
  });

  it('docs/iam.md says who may take which role, and who may read and do what, as planned', () => {
    const document = readFileSync('docs/iam.md', 'utf8');
    for (const table of rightsTables(planned)) expect(document).toContain(table);
  });
});
