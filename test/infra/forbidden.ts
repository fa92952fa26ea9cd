import type { Account, IamRequest } from '../support/iam.ts';

// What roles must not do, whatever their policies become.

type Pair = readonly [action: string, resource: string, context?: NonNullable<IamRequest['context']>];

const requests = (pairs: readonly Pair[]): readonly IamRequest[] =>
  pairs.map(([action, resource, context]) => ({ action, resource, ...(context === undefined ? {} : { context }) }));

/** ARNs of an account, by what people call them. */
export function arnsOf({ id, region, environment, keys }: Account) {
  const prefix = `sallyport-${environment}`;
  const regional = (service: string, resource: string): string => `arn:aws:${service}:${region}:${id}:${resource}`;
  return {
    boundary: `arn:aws:iam::${id}:policy/${prefix}-boundary`,
    bucketObject: (bucket: 'state' | 'truststore', object: string): string =>
      `arn:aws:s3:::${prefix}-${bucket}-${id}/${object}`,
    function: (name: string): string => regional('lambda', `function:${prefix}-${name}`),
    iam: (resource: string): string => `arn:aws:iam::${id}:${resource}`,
    key: (name: string): string => keys[name]?.arn ?? `no key ${name}`,
    logStream: (name: string): string => regional('logs', `log-group:/aws/lambda/${prefix}-${name}:log-stream:x`),
    parameter: (name: string): string => regional('ssm', `parameter/sallyport/${environment}/${name}`),
    regional,
    /** The record of what was called. */
    recordBucket: `arn:aws:s3:::${prefix}-calls-${id}`,
    role: (name: string): string => `arn:aws:iam::${id}:role/${prefix}-${name}`,
    table: (name: string, of = prefix): string => regional('dynamodb', `table/${of}-${name}`),
  };
}

/** To every function: changing rights, code or keys; becoming somebody else; other systems and environments. */
export function forbiddenToFunction(account: Account, name: string): readonly IamRequest[] {
  const arn = arnsOf(account);
  return requests([
    ['iam:CreateRole', arn.iam('role/x')],
    ['iam:PutRolePolicy', arn.role(name)],
    ['iam:PassRole', arn.role(name)],
    ['iam:CreateAccessKey', arn.iam('user/x')],
    ['sts:AssumeRole', arn.role('deploy')],
    ['lambda:UpdateFunctionCode', arn.function(name)],
    ['lambda:UpdateFunctionConfiguration', arn.function(name)],
    ['lambda:InvokeFunction', arn.function(name)],
    ['lambda:GetFunction', arn.function(name)],
    ['lambda:CreateFunctionUrlConfig', arn.function(name)],
    ['lambda:GetFunctionUrlConfig', arn.function('rotate')],
    ['kms:ScheduleKeyDeletion', arn.key('vault')],
    ['kms:PutKeyPolicy', arn.key('vault')],
    ['kms:CreateGrant', arn.key('vault')],
    ['s3:GetObject', 'arn:aws:s3:::somebody-elses/object'],
    ['s3:PutObject', arn.bucketObject('truststore', 'truststore.pem')],
    ['s3:GetObject', arn.bucketObject('state', 'service.tfstate')],
    ['dynamodb:Scan', arn.table('trust')],
    ['dynamodb:DeleteTable', arn.table('trust')],
    ['dynamodb:GetItem', arn.table('trust', 'sallyport-prod'), { 'dynamodb:LeadingKeys': ['token:x'] }],
    ['logs:GetLogEvents', arn.logStream('oauth')],
    ['secretsmanager:GetSecretValue', arn.regional('secretsmanager', 'secret:x-abcdef')],
  ]);
}

/** To a function whose role was given everything by mistake: the boundary stands. */
export function forbiddenByBoundary(account: Account): readonly IamRequest[] {
  const arn = arnsOf(account);
  return requests([
    ['iam:CreateUser', arn.iam('user/x')],
    ['iam:PutRolePolicy', arn.role('agent')],
    ['sts:AssumeRole', arn.role('deploy')],
    ['kms:Sign', arn.key('authority')],
    ['ssm:PutParameter', arn.parameter('agent-credentials')],
    ['s3:GetObject', 'arn:aws:s3:::somebody-elses/object'],
    ['ec2:RunInstances', arn.regional('ec2', 'instance/i-0')],
  ]);
}

/** To both of GitHub's roles: secrets, records, logs, what the operator applied, wider rights. */
export function forbiddenToGithub(account: Account): readonly IamRequest[] {
  const arn = arnsOf(account);
  const bounded = { 'iam:PermissionsBoundary': arn.boundary };
  return requests([
    ['ssm:GetParameter', arn.parameter('hmac-master')],
    ['ssm:GetParameters', arn.parameter('agent-credentials')],
    ['ssm:GetParameterHistory', arn.parameter('google-client-secret')],
    ['kms:Decrypt', arn.key('secrets')],
    ['kms:Decrypt', arn.key('vault')],
    ['kms:Sign', arn.key('authority')],
    ['kms:PutKeyPolicy', arn.key('authority')],
    ['kms:ScheduleKeyDeletion', arn.key('vault')],
    ['s3:PutObject', arn.bucketObject('truststore', 'truststore.pem')],
    ['s3:GetObject', arn.bucketObject('state', 'foundation.tfstate')],
    ['s3:PutObject', arn.bucketObject('state', 'foundation.tfstate')],
    ['sts:AssumeRole', arn.role('agent')],
    ['iam:AttachRolePolicy', arn.role('agent')],
    ['iam:DeleteRolePermissionsBoundary', arn.role('agent')],
    ['iam:CreatePolicyVersion', arn.boundary],
    ['iam:UpdateAssumeRolePolicy', arn.role('aws-reads')],
    ['iam:PutRolePolicy', arn.role('aws-writes'), bounded],
    ['iam:CreatePolicyVersion', arn.iam(`policy/sallyport-${account.environment}-aws-reads-1`)],
    ['iam:PutRolePolicy', arn.role('deploy'), bounded],
    ['iam:UpdateAssumeRolePolicy', arn.role('plan')],
    ['iam:CreateUser', arn.iam('user/x')],
    ['iam:CreateRole', arn.iam('role/other'), bounded],
    ['dynamodb:GetItem', arn.table('vault')],
    ['logs:GetLogEvents', arn.logStream('oauth')],
  ]);
}

const toLambda = { 'iam:PassedToService': 'lambda.amazonaws.com' };

/** To the deployment: roles without the boundary, handing them to others than those that run them, and going unseen. */
export function forbiddenToDeploy(account: Account): readonly IamRequest[] {
  const arn = arnsOf(account);
  return requests([
    ['iam:CreateRole', arn.role('agent')],
    ['iam:CreateRole', arn.role('agent'), { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
    ['iam:PutRolePolicy', arn.role('agent')],
    ['iam:PassRole', arn.role('agent'), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    ['iam:PassRole', arn.role('deploy'), toLambda],
    // A queue's messages go to functions of this environment only.
    [
      'lambda:CreateEventSourceMapping',
      '*',
      { 'lambda:FunctionArn': arn.function('somebody-elses').replace('sallyport-dev-', '') },
    ],
    ['lambda:DeleteEventSourceMapping', '*'],
    ['cloudtrail:StopLogging', arn.regional('cloudtrail', `trail/sallyport-${account.environment}-calls`)],
    ['cloudtrail:PutEventSelectors', arn.regional('cloudtrail', `trail/sallyport-${account.environment}-calls`)],
    ['s3:DeleteObject', `${arn.recordBucket}/AWSLogs/x`],
    ['s3:DeleteBucketPolicy', arn.recordBucket],
    ['s3:PutBucketPolicy', arn.recordBucket],
    ['s3:PutBucketVersioning', arn.recordBucket],
    ['s3:PutEncryptionConfiguration', arn.recordBucket],
    ['s3:PutLifecycleConfiguration', arn.recordBucket],
    ['cloudwatch:DeleteAlarms', arn.regional('cloudwatch', `alarm:sallyport-${account.environment}-authority-used`)],
    ['events:DeleteRule', arn.regional('events', `rule/sallyport-${account.environment}-authority`)],
    ['events:DisableRule', arn.regional('events', `rule/sallyport-${account.environment}-authority`)],
    ['events:RemoveTargets', arn.regional('events', `rule/sallyport-${account.environment}-authority`)],
    ['sns:DeleteTopic', arn.regional('sns', `sallyport-${account.environment}-alarms`)],
  ]);
}

/** What the deployment is there for: the control of the list above. */
export function neededByDeploy(account: Account): readonly IamRequest[] {
  const arn = arnsOf(account);
  const bounded = { 'iam:PermissionsBoundary': arn.boundary };
  return requests([
    ['iam:CreateRole', arn.role('agent'), bounded],
    ['iam:PutRolePolicy', arn.role('agent'), bounded],
    ['iam:PassRole', arn.role('agent'), toLambda],
    ['lambda:UpdateFunctionCode', arn.function('agent')],
    ['lambda:CreateFunctionUrlConfig', arn.function('stream')],
    ['lambda:CreateEventSourceMapping', '*', { 'lambda:FunctionArn': arn.function('worker') }],
    ['s3:PutObject', arn.bucketObject('state', 'service.tfstate')],
    ['cloudwatch:DeleteAlarms', arn.regional('cloudwatch', `alarm:sallyport-${account.environment}-agent-errors`)],
    ['cloudwatch:PutMetricAlarm', arn.regional('cloudwatch', `alarm:sallyport-${account.environment}-authority-used`)],
    ['events:PutRule', arn.regional('events', `rule/sallyport-${account.environment}-authority`)],
  ]);
}

/** To a plan: any write. */
export function forbiddenToPlan(account: Account): readonly IamRequest[] {
  const arn = arnsOf(account);
  return requests([
    ['s3:PutObject', arn.bucketObject('state', 'service.tfstate')],
    ['s3:PutObject', arn.bucketObject('state', 'service.tfstate.tflock')],
    ['lambda:UpdateFunctionCode', arn.function('agent')],
    ['lambda:InvokeFunction', arn.function('rotate')],
    ['lambda:UpdateAlias', arn.function('agent')],
    ['iam:CreateRole', arn.role('agent'), { 'iam:PermissionsBoundary': arn.boundary }],
    ['iam:PassRole', arn.role('agent'), toLambda],
    ['dynamodb:DeleteTable', arn.table('trust')],
  ]);
}
