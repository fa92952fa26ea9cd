import { createRequire } from 'node:module';
import type { AwsCall } from './aws-call.ts';
import { installPeer } from './peers.ts';
import type { Plan, PlannedResource } from './terraform.ts';

// Roles as Terraform plans them, and whether AWS would let them do a thing: identity policies, boundary, and the policies of keys and buckets
// together, evaluated by an evaluator that nobody here wrote.

const requireIamPeer = createRequire(new URL('../peers/iam/package.json', import.meta.url));

type Policy = Readonly<Record<string, unknown>>;

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** Who may take it. */
  readonly trust: Policy;
  /** By name. */
  readonly policies: Readonly<Record<string, Policy>>;
  readonly boundary?: Policy;
}

/** What is asked of AWS, in IAM's words. */
export interface IamRequest {
  /** `service:Action`. */
  readonly action: string;
  /** An ARN, or `*` for actions that know no resources. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/** The account that the plans are of. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly environment: string;
  /** By alias without the environment's prefix: `authority`, `data`, `secrets`, `vault`. */
  readonly keys: Readonly<Record<string, { readonly arn: string; readonly policy: Policy }>>;
  /** The buckets' own policies, by ARN. */
  readonly buckets: Readonly<Record<string, Policy>>;
}

const parse = (text: unknown, what: string): Policy => {
  if (typeof text !== 'string') throw new Error(`${what} is not known in the plan`);
  return JSON.parse(text) as Policy;
};
/** The account that an applied foundation is in, and a service planned upon it. */
export function accountOf(foundation: Plan, service: Plan, account: Omit<Account, 'buckets' | 'keys'>): Account {
  const keys = foundation
    .resources('aws_kms_key')
    .map(({ address, index, values }) => [
      String(index),
      { arn: String(values['arn']), policy: parse(values['policy'], `the policy of ${address}`) },
    ]);
  const buckets = [foundation, service]
    .flatMap((plan) => plan.resources('aws_s3_bucket_policy'))
    .map(({ address, values }) => [
      `arn:aws:s3:::${values['bucket']}`,
      parse(values['policy'], `the policy of ${address}`),
    ]);
  return { ...account, keys: Object.fromEntries(keys), buckets: Object.fromEntries(buckets) };
}

const moduleOf = ({ address }: PlannedResource): string => address.replace(/(^|\.)aws_.*$/, '');
const text = (resource: PlannedResource, name: string): string => String(resource.values[name] ?? '');

/** Every role of a plan, with what is attached to it there and the boundary that it names among `boundaries` (ARN to policy). */
export function rolesOf(
  plan: Plan,
  account: string,
  boundaries: Readonly<Record<string, Policy>> = {},
): readonly Role[] {
  const managed = new Map(plan.resources('aws_iam_policy').map((policy) => [text(policy, 'arn'), policy]));
  return plan.resources('aws_iam_role').map((role) => {
    const name = text(role, 'name');
    // Before it is made a role's id is unknown; then its policies are those that lie in its module.
    const isOf = (part: PlannedResource): boolean =>
      part.values['role'] === undefined ? moduleOf(part) === moduleOf(role) : part.values['role'] === name;
    const inline = plan.resources('aws_iam_role_policy').filter(isOf);
    const attached = plan
      .resources('aws_iam_role_policy_attachment')
      .filter(isOf)
      .map((attachment) => managed.get(text(attachment, 'policy_arn')))
      .filter((policy) => policy !== undefined);
    const boundaryArn = text(role, 'permissions_boundary');
    const boundary = boundaries[boundaryArn];
    if (boundaryArn !== '' && boundary === undefined)
      throw new Error(`${name} has an unknown boundary: ${boundaryArn}`);
    return {
      name,
      arn: `arn:aws:iam::${account}:role/${name}`,
      trust: parse(role.values['assume_role_policy'], `whom ${name} trusts`),
      policies: Object.fromEntries(
        [...inline, ...attached].map((policy) => [
          text(policy, 'name'),
          parse(policy.values['policy'], policy.address),
        ]),
      ),
      ...(boundary === undefined ? {} : { boundary }),
    };
  });
}

interface Evaluator {
  /** Checks its input against what IAM knows, and leaves out context keys that the action does not have. */
  runSimulation(
    simulation: object,
    options: object,
  ): Promise<{
    readonly overallResult?: Decision;
    readonly errors?: unknown;
    readonly result?: { readonly ignoredContextKeys?: readonly string[] };
  }>;
}

/**
 * The evaluator leaves out of its context what it does not know, and it does not know keys with names of our own after a colon. After a slash it
 * does, so KMS's encryption context is told to it, in policies and requests alike, as another family of single strings.
 */
const retell = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value).replaceAll('"kms:EncryptionContext:', '"aws:PrincipalTag/EncryptionContext-'),
  ) as Value;

export interface Judge {
  /** Throws when the request makes no sense to IAM: a misspelt action, a context key that the action does not know. */
  decide(role: Role, request: IamRequest): Promise<Decision>;
  /** Those of the requests that are not allowed. */
  refused(role: Role, requests: readonly IamRequest[]): Promise<readonly IamRequest[]>;
}

export async function createJudge(account: Account): Promise<Judge> {
  await installPeer('@cloud-copilot/iam-simulate', 'iam');
  const { runSimulation } = requireIamPeer('@cloud-copilot/iam-simulate') as Evaluator;
  const decide: Judge['decide'] = async (role, { action, resource, context = {} }) => {
    const key = Object.values(account.keys).find(({ arn }) => arn === resource);
    // An object's is its bucket's.
    const own = key?.policy ?? account.buckets[resource.split('/')[0] ?? ''];
    const simulation = {
      request: {
        action,
        principal: role.arn,
        resource: { resource, accountId: account.id },
        contextVariables: { 'aws:PrincipalArn': role.arn, 'aws:SecureTransport': 'true', ...context },
      },
      identityPolicies: Object.entries(role.policies).map(([name, policy]) => ({ name, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(own === undefined ? {} : { resourcePolicy: own }),
      ...(role.boundary === undefined
        ? {}
        : { permissionBoundaryPolicies: [{ name: 'boundary', policy: role.boundary }] }),
    };
    const asked = `${role.name}: ${action} ${resource} ${JSON.stringify(context)}`;
    const answer = await runSimulation(retell(simulation), {});
    if (answer.overallResult === undefined) throw new Error(`${asked}: ${JSON.stringify(answer.errors)}`);
    const ignored = answer.result?.ignoredContextKeys ?? [];
    if (ignored.length > 0) throw new Error(`${asked}: IAM does not know ${ignored.join(', ')} there`);
    return answer.overallResult;
  };
  return {
    decide,
    async refused(role, requests) {
      const decided = await Promise.all(
        requests.map(async (request) => ({ request, decision: await decide(role, request) })),
      );
      return decided.filter(({ decision }) => decision !== 'Allowed').map(({ request }) => request);
    },
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object';

/** What AWS checks for one call, the use of keys that comes with it included. */
export function requestsOf(account: Account, { service, action, request }: AwsCall): readonly IamRequest[] {
  const { id, region, environment, keys } = account;
  const arn = (name: string, resource: string): string => `arn:aws:${name}:${region}:${id}:${resource}`;
  const keyArn = (name: string): string => keys[name]?.arn ?? `no key ${name}`;
  switch (service) {
    case 'ssm': {
      const names = [request['Names'] ?? request['Name']].flat() as readonly string[];
      const opens =
        request['WithDecryption'] === true ? 'kms:Decrypt' : action === 'PutParameter' ? 'kms:Encrypt' : undefined;
      return names.flatMap((name) => {
        const parameter = arn('ssm', `parameter${name}`);
        const context = {
          'kms:ViaService': `ssm.${region}.amazonaws.com`,
          'kms:EncryptionContext:PARAMETER_ARN': parameter,
          'kms:EncryptionContextKeys': ['PARAMETER_ARN'],
        };
        const used = opens === undefined ? [] : [{ action: opens, resource: keyArn('secrets'), context }];
        return [{ action: `ssm:${action}`, resource: parameter }, ...used];
      });
    }
    case 'kms': {
      const named = String(request['KeyId']);
      const alias = /^(?:arn:[^/]+:)?alias\/sallyport-[a-z]+-(\w+)$/.exec(named)?.[1];
      const key = alias !== undefined ? keyArn(alias) : named.startsWith('arn:') ? named : arn('kms', `key/${named}`);
      const bound = isRecord(request['EncryptionContext']) ? request['EncryptionContext'] : undefined;
      const context = {
        ...Object.fromEntries(
          Object.entries(bound ?? {}).map(([name, value]) => [`kms:EncryptionContext:${name}`, String(value)]),
        ),
        ...(bound === undefined ? {} : { 'kms:EncryptionContextKeys': Object.keys(bound) }),
        ...(action === 'Sign'
          ? {
              'kms:SigningAlgorithm': String(request['SigningAlgorithm']),
              'kms:MessageType': String(request['MessageType']),
            }
          : {}),
      };
      return [{ action: `kms:${action}`, resource: key, context }];
    }
    case 'dynamodb': {
      const table = String(request['TableName']);
      const index = request['IndexName'];
      // A scan names no key, whatever it filters by.
      const leading = action === 'Scan' ? [] : ((request['LeadingKeys'] ?? []) as readonly string[]);
      const context = {
        'kms:ViaService': `dynamodb.${region}.amazonaws.com`,
        'kms:EncryptionContext:aws:dynamodb:tableName': table,
        'kms:EncryptionContext:aws:dynamodb:subscriberId': id,
      };
      return [
        {
          action: `dynamodb:${action}`,
          resource: arn('dynamodb', `table/${table}${index === undefined ? '' : `/index/${index}`}`),
          ...(leading.length === 0 ? {} : { context: { 'dynamodb:LeadingKeys': leading } }),
        },
        { action: 'kms:Decrypt', resource: keyArn('data'), context },
      ];
    }
    case 'sqs': {
      if (request['QueueUrl'] === undefined) {
        return [{ action: `sqs:${action}`, resource: '*', context: { 'aws:RequestedRegion': region } }];
      }
      const queue = arn('sqs', String(request['QueueUrl']).split('/').at(-1) ?? '');
      const context = { 'kms:EncryptionContext:aws:sqs:arn': queue };
      // SQS seals what is sent with its sender's rights on the key.
      const seals = action === 'SendMessage' ? ['kms:Decrypt', 'kms:GenerateDataKey'] : [];
      return [
        { action: `sqs:${action}`, resource: queue },
        ...seals.map((one) => ({ action: one, resource: keyArn('data'), context })),
      ];
    }
    case 's3':
      return [
        {
          action: `s3:${action === 'HeadObject' ? 'GetObject' : action}`,
          resource: `arn:aws:s3:::${request['Bucket']}${request['Key'] === undefined ? '' : `/${request['Key']}`}`,
        },
      ];
    case 'sts':
      // Who somebody is, everybody may ask about themselves.
      return action === 'GetCallerIdentity' ? [] : [{ action: `sts:${action}`, resource: String(request['RoleArn']) }];
    case 'lambda': {
      if (action !== 'GetFunctionUrlConfig') {
        return [{ action: 'lambda:InvokeFunction', resource: arn('lambda', `function:${request['FunctionName']}`) }];
      }
      // Whether the alias is a part of the resource, AWS says nowhere: both must be allowed.
      const resource = arn('lambda', `function:${request['FunctionName']}`);
      return ['', `:${request['Qualifier']}`].map((end) => ({
        action: `lambda:${action}`,
        resource: `${resource}${end}`,
      }));
    }
    default:
      throw new Error(`a function of ${environment} asked ${service} for ${action}, which nothing here can judge`);
  }
}
