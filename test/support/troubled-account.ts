import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateCacheClusterCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { zipSync } from 'fflate';

// An emulated account in which some things are as they should not be, beside their likes that are: what looks at costs, safety and health are held to.

export const SECRET_VALUE = 'CANARY-shown-secret-88d1';
const COMMON = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } } as const;
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

export interface TroubledAccount {
  readonly openGroup: string;
  readonly accessKeyId: string;
  readonly plainVolume: string;
  readonly sealedVolume: string;
  readonly targetGroup: string;
  readonly serviceArn: string;
}

type Options = { readonly endpoint: string; readonly region: string };

async function troubleSafety(options: Options) {
  const client = { ...COMMON, ...options };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: options.region as 'eu-central-1' };
  for (const Bucket of ['open-to-all', 'shut']) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  const statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::open-to-all/*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'open-to-all', Policy }));
  const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  await s3.send(new PutPublicAccessBlockCommand({ Bucket: 'shut', PublicAccessBlockConfiguration: all }));
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket: 'shut',
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    }),
  );
  const ec2 = new EC2Client(client);
  const { GroupId: openGroup = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'ssh-for-all', Description: 'x' }),
  );
  const { GroupId: webGroup } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'x' }));
  const open = (port: number) => [
    { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
  ];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: openGroup, IpPermissions: open(22) }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: webGroup, IpPermissions: open(443) }));
  const volume = { AvailabilityZone: `${options.region}a`, Size: 1 };
  const { VolumeId: plainVolume = '' } = await ec2.send(new CreateVolumeCommand(volume));
  const { VolumeId: sealedVolume = '' } = await ec2.send(new CreateVolumeCommand({ ...volume, Encrypted: true }));
  const iam = new IAMClient({ ...client, region: 'us-east-1' });
  await iam.send(new CreateUserCommand({ UserName: 'robot' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'robot' }));
  await new RDSClient(client).send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'main',
      DBInstanceClass: 'db.t3.micro',
      Engine: 'postgres',
      MasterUsername: 'app',
      MasterUserPassword: 'CANARYdatabase1',
      AllocatedStorage: 20,
      PubliclyAccessible: true,
      StorageEncrypted: false,
    }),
  );
  await new ElastiCacheClient(client).send(
    new CreateCacheClusterCommand({ CacheClusterId: 'sessions', Engine: 'redis', CacheNodeType: 'cache.t3.micro' }),
  );
  const secrets = new SecretsManagerClient(client);
  for (const Name of ['app/shown', 'app/hidden']) {
    await secrets.send(new CreateSecretCommand({ Name, SecretString: SECRET_VALUE }));
  }
  return { openGroup, plainVolume, sealedVolume, accessKeyId: AccessKey?.AccessKeyId ?? '' };
}

async function troubleBalancing(options: Options): Promise<string> {
  const client = { ...COMMON, ...options };
  const ec2 = new EC2Client(client);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const elb = new ElasticLoadBalancingV2Client(client);
  const group = { Name: 'web', Port: 80, Protocol: 'HTTP', VpcId: Subnets[0]?.VpcId } as const;
  const { TargetGroups = [] } = await elb.send(new CreateTargetGroupCommand(group));
  const arn = TargetGroups[0]?.TargetGroupArn ?? '';
  const ids = Subnets.slice(0, 2).flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId]));
  await elb.send(new CreateLoadBalancerCommand({ Name: 'front', Subnets: ids }));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' }),
  );
  await elb.send(
    new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: Instances[0]?.InstanceId ?? '', Port: 80 }] }),
  );
  return arn;
}

async function troubleService(options: Options, targetGroupArn: string): Promise<string> {
  const client = { ...COMMON, ...options };
  const ecs = new ECSClient(client);
  await ecs.send(new CreateClusterCommand({ clusterName: 'gateway' }));
  for (const image of ['app:1', 'app:2']) {
    const logConfiguration = { logDriver: 'awslogs', options: { 'awslogs-group': '/ecs/web' } } as const;
    const container = { name: 'app', image, memory: 128, logConfiguration };
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [container] }));
  }
  const { service } = await ecs.send(
    new CreateServiceCommand({
      cluster: 'gateway',
      serviceName: 'web',
      taskDefinition: 'web:1',
      desiredCount: 2,
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 80 }],
    }),
  );
  const logs = new CloudWatchLogsClient(client);
  for (const logGroupName of ['/ecs/web', '/aws/lambda/resize']) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
  }
  const logEvents = ['all is well', 'ERROR: no connection, password=CANARY-log-password'].map((message, index) => ({
    timestamp: Date.now() - 60_000 + index,
    message,
  }));
  await logs.send(new PutLogEventsCommand({ logGroupName: '/ecs/web', logStreamName: 's', logEvents }));
  const watch = new CloudWatchClient(client);
  const alarms: readonly (readonly [string, string, StateValue])[] = [
    ['web-errors', 'web', 'ALARM'],
    ['elsewhere', 'other', 'ALARM'],
    ['web-latency', 'web', 'OK'],
  ];
  for (const [AlarmName, Value, StateValue] of alarms) {
    await watch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        ComparisonOperator: 'GreaterThanThreshold',
        Dimensions: [{ Name: 'ServiceName', Value }],
        EvaluationPeriods: 1,
        MetricName: 'Errors',
        Namespace: 'App',
        Period: 60,
        Statistic: 'Sum',
        Threshold: 1,
      }),
    );
    await watch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'so it was set' }));
  }
  return service?.serviceArn ?? '';
}

async function addFunction(options: Options): Promise<void> {
  const client = { ...COMMON, ...options };
  const iam = new IAMClient({ ...client, region: 'us-east-1' });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'resize', AssumeRolePolicyDocument: TRUST }));
  await new LambdaClient(client).send(
    new CreateFunctionCommand({
      FunctionName: 'resize',
      Role: Role?.Arn,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.mjs': new Uint8Array() }) },
      Environment: { Variables: { TOKEN: 'CANARY-function-variable' } },
    }),
  );
}

export async function troubleAccount(options: Options): Promise<TroubledAccount> {
  const safety = await troubleSafety(options);
  const targetGroup = await troubleBalancing(options);
  const serviceArn = await troubleService(options, targetGroup);
  await addFunction(options);
  return { ...safety, targetGroup, serviceArn };
}
