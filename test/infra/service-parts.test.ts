import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ORIGIN_HEADER } from '../../src/adapters/http/origin-check.ts';
import { BASE_DIMENSIONS, METRIC_NAMESPACE, metrics } from '../../src/adapters/log/metrics.ts';
import { dynamoDbAccess } from '../../src/config/dynamodb-access.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { blockOf, outputs, readTableStatement, type Values, watchedMetrics } from '../support/plan-reading.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import { askAws, signEvent } from '../support/raw-aws.ts';
import { sourceTexts } from '../support/source-texts.ts';
import {
  copyTerraform,
  hasTerraform,
  listOf,
  type Plan,
  statementsOf,
  TERRAFORM_MS,
  type TerraformCopy,
} from '../support/terraform.ts';

// The parts of the service that stand on their own: records, edge, rotation, watching. Planned with the real provider, for what protects.

const DATA_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111';
const AUTHORITY = 'arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222';
const fixture = readFileSync(new URL('./parts/main.tf', import.meta.url), 'utf8');

const missing = !hasTerraform('the plan of the service’s parts');
(missing ? describe.skip : describe)('the parts of the service, as planned', () => {
  let copy: TerraformCopy;
  let plan: Plan;
  beforeAll(async () => {
    copy = await copyTerraform({ root: 'parts', files: { 'parts/main.tf': fixture } });
    plan = await copy.plan();
  }, TERRAFORM_MS);
  afterAll(async () => copy?.dispose());

  describe('records', () => {
    it('lie in one table for each class of trust, encrypted, restorable, forgetful, keyed alike', () => {
      const tables = plan.resources('aws_dynamodb_table');
      expect(tables.map(({ values }) => values['name'])).toEqual(
        dynamoDbAccess().tables.map((name) => `sallyport-dev-${name}`),
      );
      for (const { values } of tables) {
        expect(values).toMatchObject({ billing_mode: 'PAY_PER_REQUEST', hash_key: 'p', range_key: 's' });
        expect(values['server_side_encryption']).toEqual([{ enabled: true, kms_key_arn: DATA_KEY }]);
        expect(blockOf(values, 'point_in_time_recovery')).toMatchObject({ enabled: true });
        expect(values['ttl']).toEqual([{ attribute_name: 'ttl', enabled: true }]);
      }
    });

    it('may be touched by each function as the code’s list says: no action, table or key more, and none less', () => {
      const policies = outputs(plan)['policies']?.value as Readonly<Record<string, string>>;
      const { functions } = dynamoDbAccess();
      expect(Object.keys(policies).sort()).toEqual(Object.keys(functions).sort());
      for (const [name, expected] of Object.entries(functions)) {
        const statements = statementsOf(policies[name]);
        const onTables = statements.filter(({ Sid }) => Sid !== 'OpenTables');
        expect(onTables.map(readTableStatement)).toEqual(
          expected.map(({ table, actions, leading_keys }) => ({
            resource: [`arn:aws:dynamodb:eu-central-1:123456789012:table/sallyport-dev-${table}`],
            actions: [...actions].sort(),
            keys: [...leading_keys].sort(),
          })),
        );
        for (const { Effect, Condition } of onTables) {
          expect(Effect).toBe('Allow');
          expect(Condition?.['Null']).toEqual({ 'dynamodb:LeadingKeys': 'false' });
        }
      }
    });

    it('are opened with the data key through DynamoDB only, and only where the function has a table', () => {
      const policies = outputs(plan)['policies']?.value as Readonly<Record<string, string>>;
      for (const [name, expected] of Object.entries(dynamoDbAccess().functions)) {
        const open = statementsOf(policies[name]).filter(({ Sid }) => Sid === 'OpenTables');
        const tables = [...new Set(expected.map(({ table }) => `sallyport-dev-${table}`))].sort();
        expect(open).toHaveLength(1);
        expect(open[0]).toMatchObject({ Action: 'kms:Decrypt', Resource: DATA_KEY });
        const { StringEquals = {} } = open[0]?.Condition ?? {};
        expect(StringEquals['kms:ViaService']).toBe('dynamodb.eu-central-1.amazonaws.com');
        expect(listOf(StringEquals['kms:EncryptionContext:aws:dynamodb:tableName'])).toEqual(tables);
      }
    });
  });

  describe('the rotation', () => {
    it('is invoked by a role that may invoke that alias and fill one queue, for that schedule of this account', () => {
      const role = plan.values('module.rotation.aws_iam_role.scheduler');
      expect(role['permissions_boundary']).toBe('arn:aws:iam::123456789012:policy/sallyport-dev-boundary');
      expect(statementsOf(role['assume_role_policy'])).toEqual([
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': '123456789012',
              'aws:SourceArn': 'arn:aws:scheduler:eu-central-1:123456789012:schedule-group/sallyport-dev-rotation',
            },
          },
        },
      ]);
    });

    it('is tried again, and what cannot be delivered is kept', () => {
      const target = blockOf(plan.values('module.rotation.aws_scheduler_schedule.this'), 'target');
      expect(target['arn']).toBe('arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-rotate:live');
      expect(blockOf(target, 'retry_policy')).toEqual({ maximum_event_age_in_seconds: 900, maximum_retry_attempts: 3 });
      expect(target).toHaveProperty('dead_letter_config');
      expect(plan.values('module.rotation.aws_sqs_queue.dead')).toMatchObject({ kms_master_key_id: DATA_KEY });
    });
  });

  describe('the edge', () => {
    it('speaks TLS 1.2 or later to viewers and to the APIs, caches nothing and passes everything on', () => {
      const distributions = plan.resources('aws_cloudfront_distribution');
      expect(distributions.map(({ index }) => index)).toEqual(['agent', 'oauth']);
      for (const { values } of distributions) {
        expect(blockOf(values, 'viewer_certificate')).toMatchObject({
          minimum_protocol_version: 'TLSv1.2_2021',
          ssl_support_method: 'sni-only',
        });
        expect(blockOf(blockOf(values, 'origin'), 'custom_origin_config')).toMatchObject({
          origin_protocol_policy: 'https-only',
          origin_ssl_protocols: ['TLSv1.2'],
        });
        expect(blockOf(values, 'default_cache_behavior')).toMatchObject({
          // Managed-CachingDisabled, Managed-AllViewer.
          cache_policy_id: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          origin_request_policy_id: '216adef6-5c7f-47e4-b989-5492eafa07d3',
          viewer_protocol_policy: 'https-only',
          compress: false,
        });
        expect(values['ordered_cache_behavior']).toEqual([]);
      }
    });

    it('holds no secret of ours: no header on an origin, none in the function’s code, none that Terraform manages', () => {
      for (const { values } of plan.resources('aws_cloudfront_distribution')) {
        expect(blockOf(values, 'origin')['custom_header']).toEqual([]);
      }
      const types = plan.resources().map(({ type }) => type);
      expect(types).toContain('aws_cloudfront_key_value_store');
      expect(types.filter((type) => type.startsWith('aws_cloudfrontkeyvaluestore'))).toEqual([]);
      const { code } = plan.values('module.edge.aws_cloudfront_function.origin_secret');
      expect(code).toContain(`'${ORIGIN_HEADER}'`);
      expect(String(code)).not.toMatch(/[\w-]{32,}/);
    });

    it('adds security headers, and lets an API’s stricter ones stand', () => {
      const policy = plan.values('module.edge.aws_cloudfront_response_headers_policy.this');
      const headers = blockOf(policy, 'security_headers_config');
      expect(blockOf(headers, 'strict_transport_security')).toMatchObject({
        access_control_max_age_sec: 63_072_000,
        include_subdomains: true,
        override: true,
      });
      expect(blockOf(headers, 'content_type_options')).toEqual({ override: true });
      expect(blockOf(headers, 'content_security_policy')).toMatchObject({
        content_security_policy: expect.stringContaining("default-src 'none'"),
        override: false,
      });
    });

    it('limits each address, then applies AWS’s rules; those on bodies only count, since prose may hold anything', () => {
      const acl = plan.values('module.edge.aws_wafv2_web_acl.this');
      expect(acl).toMatchObject({ scope: 'CLOUDFRONT', name: 'sallyport-dev' });
      const rules = acl['rule'] as Values[];
      const groups = rules.flatMap((rule) =>
        ((blockOf(rule, 'statement')['managed_rule_group_statement'] ?? []) as Values[]).map((group) => ({
          name: group['name'],
          counted: ((group['rule_action_override'] ?? []) as Values[]).map((override) => override['name']),
          isCounting: JSON.stringify(rule['override_action']).includes('"count":[{'),
        })),
      );
      const byName = Object.fromEntries(groups.map(({ name, ...rest }) => [name, rest]));
      expect(Object.keys(byName).sort()).toEqual([
        'AWSManagedRulesAmazonIpReputationList',
        'AWSManagedRulesCommonRuleSet',
        'AWSManagedRulesKnownBadInputsRuleSet',
      ]);
      expect(groups.every(({ isCounting }) => !isCounting)).toBe(true);
      const counted = groups.flatMap((group) => group.counted).map(String);
      expect(counted.length).toBeGreaterThan(0);
      expect(counted.every((name) => name.endsWith('_BODY'))).toBe(true);
      const rate = rules.find((rule) => rule['name'] === 'rate');
      expect(rate).toMatchObject({ priority: 0 });
      expect(blockOf(blockOf(rate ?? {}, 'statement'), 'rate_based_statement')).toMatchObject({
        aggregate_key_type: 'IP',
        evaluation_window_sec: 300,
        limit: 600,
      });
      for (const rule of rules) expect(blockOf(rule, 'visibility_config')['sampled_requests_enabled']).toBe(false);
    });

    it('logs what it stops for a month, without queries, tokens and cookies', () => {
      const logging = plan.values('module.edge.aws_wafv2_web_acl_logging_configuration.this');
      expect(JSON.stringify(logging['redacted_fields'])).toContain('query_string');
      for (const name of ['authorization', 'cookie', 'x-sallyport-authorization']) {
        expect(JSON.stringify(logging['redacted_fields'])).toContain(`"name":"${name}"`);
      }
      expect(blockOf(logging, 'logging_filter')['default_behavior']).toBe('DROP');
      expect(plan.values('module.edge.aws_cloudwatch_log_group.firewall')).toMatchObject({ retention_in_days: 30 });
    });

    it(
      'cannot be put before the domain with mutual TLS',
      async () => {
        const domain_name = 'mcp.dev.example.com';
        const mcp = { domain_name, origin_domain_name: 'd-3.execute-api.eu-central-1.amazonaws.com' };
        const refusal = await copy.refusal({ vars: { edge_apis: { mcp } } });
        expect(refusal.replaceAll(/\s+/g, ' ')).toContain('mutual TLS cannot pass through CloudFront');
      },
      TERRAFORM_MS,
    );
  });

  describe('what is watched', () => {
    it('is counted by the code under that name and those dimensions', () => {
      const [filter] = plan.resources('aws_cloudwatch_log_metric_filter');
      const filtered = blockOf(filter?.values ?? {}, 'metric_transformation');
      const own = watchedMetrics(plan).filter(({ namespace }) => namespace === METRIC_NAMESPACE);
      expect(own.length).toBeGreaterThan(10);
      for (const { metric, dimensions, alarm } of own) {
        const names = Object.keys(dimensions).sort();
        const description = metrics[metric as keyof typeof metrics];
        const sets =
          metric === filtered['name']
            ? [Object.keys(filtered['dimensions'] as object)]
            : [
                [...BASE_DIMENSIONS, ...(description?.dimensions ?? ['no metric of ours'])],
                ...(description?.total === true ? [BASE_DIMENSIONS] : []),
              ];
        expect({ alarm, fits: sets.some((set) => [...set].sort().join() === names.join()), names }).toMatchObject({
          fits: true,
        });
        expect(['agent', 'calls', 'mcp', 'oauth', 'rotate']).toContain(dimensions['service']);
        expect(dimensions['environment']).toBe('dev');
      }
    });

    it('names only reasons and certificates that the code tells of', async () => {
      const source = await sourceTexts();
      const own = watchedMetrics(plan).filter(({ namespace }) => namespace === METRIC_NAMESPACE);
      const words = own.flatMap(({ dimensions }) => [dimensions['reason'], dimensions['certificate']]);
      const named = [...new Set(words.filter((word) => word !== undefined))];
      expect(named.length).toBeGreaterThan(12);
      expect(named.filter((word) => !source.includes(`'${word}'`))).toEqual([]);
    });

    it('looks for refusals only at services that let somebody in', () => {
      const refused = watchedMetrics(plan)
        .filter(({ metric, dimensions }) => metric === 'Refused' && dimensions['reason'] === undefined)
        .map(({ dimensions }) => dimensions['service']);
      expect([...refused].sort()).toEqual(['agent', 'mcp', 'oauth']);
    });

    it('leaves out nothing that the code counts of what goes wrong', () => {
      const watched = new Set(watchedMetrics(plan).map(({ metric }) => metric));
      // How often tools, turns and jobs end which way is on the dashboard: a person's mistake is no alarm. A job that cannot be done ends in a
      // queue, which has one.
      const shown = Object.keys(metrics).filter((name) => !watched.has(name));
      expect(shown).toEqual(['ToolCall', 'Turn', 'ModelTokens', 'ModelCost', 'Job']);
    });

    it('tells the topic each time, in words that name a section of the runbook', () => {
      const alarms = plan.resources('aws_cloudwatch_metric_alarm');
      const runbook = readFileSync('docs/operations.md', 'utf8').toLowerCase();
      const headings = runbook.split('\n').filter((line) => line.startsWith('## '));
      expect(alarms.length).toBeGreaterThan(30);
      for (const { values } of alarms) {
        expect(values['alarm_name']).toMatch(/^sallyport-dev-/);
        const [, section = ''] =
          /docs\/operations\.md: ([a-z, 0-9-]+)\.$/.exec(String(values['alarm_description'])) ?? [];
        expect({ section, isThere: section !== '' && headings.some((heading) => heading.includes(section)) }).toEqual({
          section,
          isThere: true,
        });
        expect(['breaching', 'notBreaching']).toContain(values['treat_missing_data']);
      }
      const changes =
        plan.document.resource_changes?.filter(({ type }) => type === 'aws_cloudwatch_metric_alarm') ?? [];
      for (const { change } of changes) expect(change.after_unknown).toMatchObject({ alarm_actions: true });
    });

    it('goes to a topic that is encrypted with the data key, takes from alarms of this environment and one rule, and only over TLS', () => {
      expect(plan.values('module.observability.aws_sns_topic.alarms')).toMatchObject({ kms_master_key_id: DATA_KEY });
      const policy = plan.resources('aws_sns_topic_policy')[0]?.values['policy'];
      const statements = Object.fromEntries(statementsOf(policy).map((statement) => [statement.Sid, statement]));
      expect(Object.keys(statements).sort()).toEqual(['Alarms', 'TlsOnly', 'UseOfTheAuthority']);
      expect(statements['Alarms']).toMatchObject({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:sallyport-dev-*' },
        },
      });
      expect(statements['UseOfTheAuthority']).toMatchObject({
        Principal: { Service: 'events.amazonaws.com' },
        Condition: {
          ArnEquals: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/sallyport-dev-authority' },
        },
      });
      expect(statements['TlsOnly']).toMatchObject({ Effect: 'Deny' });
    });

    it('sees calls that only read too, which `Sign` is among', () => {
      expect(plan.values('module.observability.aws_cloudwatch_event_rule.authority')['state']).toBe(
        'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      );
    });

    it('has a trail to read, in a private bucket that only CloudTrail for this trail writes to', () => {
      expect(plan.values('module.observability.aws_cloudtrail.calls[0]')).toMatchObject({
        enable_log_file_validation: true,
        enable_logging: true,
      });
      expect(plan.values('module.observability.aws_s3_bucket_public_access_block.calls[0]')).toMatchObject({
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      });
    });

    it('keeps that record from whoever deploys, once it is begun, and from old TLS', () => {
      const { policy } = plan.values('module.observability.aws_s3_bucket_policy.calls[0]');
      const statements = Object.fromEntries(statementsOf(policy).map((statement) => [statement.Sid, statement]));
      expect(statements['MadeOnce']).toMatchObject({
        Effect: 'Deny',
        Action: expect.arrayContaining(['s3:PutBucketPolicy', 's3:PutLifecycleConfiguration']),
        Condition: { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/sallyport-dev-deploy' } },
      });
      expect(statements['TlsOnly']).toMatchObject({ Effect: 'Deny', Action: 's3:*' });
      expect(statements['ModernTlsOnly']).toMatchObject({
        Effect: 'Deny',
        Action: 's3:*',
        Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } },
      });
    });

    it('records by docs/operations.md who invoked a function or wrote the truststore, and management events as before', () => {
      const [, quoted = ''] =
        /--advanced-event-selectors '([\s\S]*?)'\n```/.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
      const values = { prefix: 'sallyport-dev', account: '123456789012', AWS_REGION: 'eu-central-1' };
      const json = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), quoted);
      interface Selector {
        readonly FieldSelectors: readonly { readonly Field: string; readonly [operator: string]: unknown }[];
      }
      const selectors = (JSON.parse(json.replaceAll(`'"`, '').replaceAll(`"'`, '')) as readonly Selector[]).map(
        ({ FieldSelectors }) => Object.fromEntries(FieldSelectors.map(({ Field, ...how }) => [Field, how])),
      );
      // Without them no use of the authority's key would be told.
      expect(selectors[0]).toEqual({ eventCategory: { Equals: ['Management'] } });
      expect(selectors[1]).toMatchObject({
        'resources.type': { Equals: ['AWS::Lambda::Function'] },
        eventName: { Equals: ['Invoke'] },
        'resources.ARN': { StartsWith: ['arn:aws:lambda:eu-central-1:123456789012:function:sallyport-dev-'] },
      });
      expect(selectors[2]).toMatchObject({
        'resources.type': { Equals: ['AWS::S3::Object'] },
        readOnly: { Equals: ['false'] },
        'resources.ARN': {
          StartsWith: ['truststore', 'state'].map((name) => `arn:aws:s3:::sallyport-dev-${name}-123456789012/`),
        },
      });
      expect(selectors).toHaveLength(3);
    });

    it('is described in docs/metrics.md: every alarm, with its reasons, and no alarm that there is not', () => {
      const document = readFileSync('docs/metrics.md', 'utf8');
      const [, section = ''] = document.split('## Alarms');
      const said = section
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
      const patterns = said.map((name) => new RegExp(`^sallyport-dev-${name.replaceAll(/<[a-z]+>/g, '[a-z-]+')}$`));
      const made = plan.resources('aws_cloudwatch_metric_alarm').map(({ values }) => String(values['alarm_name']));
      expect(made.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
      expect(said.filter((_name, index) => !made.some((name) => patterns[index]?.test(name)))).toEqual([]);
      const reasons = watchedMetrics(plan).flatMap(({ dimensions }) => dimensions['reason'] ?? []);
      expect(reasons.filter((reason) => !section.includes(`\`${reason}\``))).toEqual([]);
    });

    it('is shown on one page, with every alarm, by the names that the code counts under', () => {
      const body = String(plan.values('module.observability.aws_cloudwatch_dashboard.this')['dashboard_body']);
      const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: Values }[] };
      const drawn = widgets.flatMap(({ properties }) => (properties['metrics'] ?? []) as unknown[][]);
      const texts = drawn.map((metric) =>
        typeof metric[0] === 'object' ? (metric[0] as { expression: string }).expression : metric.slice(0, 2).join(' '),
      );
      for (const [name, { dimensions }] of Object.entries(metrics)) {
        const schema = [METRIC_NAMESPACE, ...BASE_DIMENSIONS, ...dimensions].join(',');
        const isShown = texts.some(
          (text) => text.includes(`{${schema}} MetricName="${name}"`) || text === `${METRIC_NAMESPACE} ${name}`,
        );
        expect({ name, isShown }).toEqual({ name, isShown: true });
      }
      const listed = widgets.find(({ type }) => type === 'alarm')?.properties['alarms'] as string[];
      const alarms = plan.resources('aws_cloudwatch_metric_alarm').map(({ values }) => values['alarm_name']);
      expect(listed.map((arn) => arn.split(':alarm:')[1]).sort()).toEqual([...alarms].sort());
    });

    it('counts lines of faults only by a filter; everything else the code counts itself', () => {
      const filters = plan.resources('aws_cloudwatch_log_metric_filter');
      expect(filters).toHaveLength(6);
      for (const { values } of filters) {
        expect(values['pattern']).toBe('{ $.level = "error" }');
        expect(blockOf(values, 'metric_transformation')).toMatchObject({
          namespace: METRIC_NAMESPACE,
          name: 'LoggedFault',
        });
      }
    });
  });

  (hasPython('the rule on the authority, tried by an emulator') ? describe : describe.skip)(
    'the rule on the authority',
    () => {
      let aws: Ministack;
      beforeAll(async () => {
        aws = await startMinistack();
      }, PYTHON_INSTALL_MS);
      afterAll(async () => aws?.stop());

      it.each([
        ['of a signature with the authority’s key', signEvent({ key: AUTHORITY }), true],
        ['of a change of who may use it', signEvent({ key: AUTHORITY, action: 'PutKeyPolicy' }), true],
        ['not of a signature with another key', signEvent({ key: DATA_KEY }), false],
        ['not of a look at the authority’s key', signEvent({ key: AUTHORITY, action: 'GetPublicKey' }), false],
        ['not of something that only calls itself so', { ...signEvent({ key: AUTHORITY }), source: 'my.app' }, false],
      ])('tells %s', async (_what, event, isTold) => {
        const { event_pattern: pattern } = plan.values('module.observability.aws_cloudwatch_event_rule.authority');
        const answer = await askAws(aws.endpoint, {
          service: 'events',
          target: 'AWSEvents.TestEventPattern',
          body: JSON.stringify({ EventPattern: pattern, Event: JSON.stringify(event) }),
        });
        expect(JSON.parse(answer.text)).toEqual({ Result: isTold });
      });
    },
  );
});
