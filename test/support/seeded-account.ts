import { ApiGatewayV2Client, CreateApiCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecurityGroupCommand, CreateVolumeCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { CreateClusterCommand as CreateEksClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateCacheClusterCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { EventBridgeClient, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateModelCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

// An account with a few hundred things in it, in an emulator: what the AWS tools read in tests. Secrets are planted where real accounts have them.

/** None of these may be in any answer. */
export const PLANTED = {
  userData: 'CANARY-user-data-9f2',
  taskVariable: 'CANARY-task-variable-77a',
  secret: 'CANARY-secret-string-c41',
  parameter: 'CANARY-parameter-5e0',
  database: 'CANARYdatabase1',
  urlPassword: 'CANARY-url-password-b3',
} as const;

/** As many as of nearly everything else together. */
export const INSTANCES = 60;

const COMMON = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } } as const;
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

async function seedCompute(options: { endpoint: string; region: string }): Promise<number> {
  const client = { ...COMMON, ...options };
  const ec2 = new EC2Client(client);
  await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-12c6146b',
      MinCount: INSTANCES,
      MaxCount: INSTANCES,
      InstanceType: 't3.micro',
      UserData: Buffer.from(`#!/bin/sh\nexport TOKEN=${PLANTED.userData}`).toString('base64'),
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'worker' }] }],
    }),
  );
  for (const n of numbers(20)) {
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: `group-${n}`, Description: 'seeded' }));
    await ec2.send(new CreateVolumeCommand({ AvailabilityZone: `${options.region}a`, Size: 8 }));
  }
  const ecs = new ECSClient(client);
  await ecs.send(new CreateClusterCommand({ clusterName: 'gateway' }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'gateway',
      containerDefinitions: [
        {
          name: 'app',
          image: 'app:1',
          memory: 128,
          environment: [
            { name: 'API_TOKEN', value: PLANTED.taskVariable },
            { name: 'DATABASE_URL', value: `postgres://app:${PLANTED.urlPassword}@db.internal/app` },
          ],
          command: ['serve', `--db=postgres://app:${PLANTED.urlPassword}@db.internal/app`],
        },
      ],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({ cluster: 'gateway', serviceName: 'web', taskDefinition: 'gateway', desiredCount: 2 }),
  );
  const eks = new EKSClient(client);
  await eks.send(
    new CreateEksClusterCommand({
      name: 'batch',
      roleArn: 'arn:aws:iam::123456789012:role/eks',
      resourcesVpcConfig: { subnetIds: [] },
    }),
  );
  const ecr = new ECRClient(client);
  for (const n of numbers(5)) await ecr.send(new CreateRepositoryCommand({ repositoryName: `app-${n}` }));
  return INSTANCES + 40 + 3 + 1 + 5;
}

async function seedData(options: { endpoint: string; region: string }): Promise<number> {
  const client = { ...COMMON, ...options };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  for (const n of numbers(25)) {
    const CreateBucketConfiguration = { LocationConstraint: options.region as 'eu-central-1' };
    await s3.send(new CreateBucketCommand({ Bucket: `seeded-${n}`, CreateBucketConfiguration }));
  }
  for (const n of numbers(12))
    await s3.send(new PutObjectCommand({ Bucket: 'seeded-1', Key: `logs/${n}.txt`, Body: 'x' }));
  const dynamo = new DynamoDBClient(client);
  for (const n of numbers(15)) {
    await dynamo.send(
      new CreateTableCommand({
        TableName: `table-${n}`,
        AttributeDefinitions: [{ AttributeName: 'p', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'p', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  const rds = new RDSClient(client);
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'main',
      DBInstanceClass: 'db.t3.micro',
      Engine: 'postgres',
      MasterUsername: 'app',
      MasterUserPassword: PLANTED.database,
      AllocatedStorage: 20,
    }),
  );
  const cache = new ElastiCacheClient(client);
  await cache.send(
    new CreateCacheClusterCommand({ CacheClusterId: 'sessions', Engine: 'redis', CacheNodeType: 'cache.t3.micro' }),
  );
  const secrets = new SecretsManagerClient(client);
  for (const n of numbers(8)) {
    await secrets.send(new CreateSecretCommand({ Name: `app/secret-${n}`, SecretString: PLANTED.secret }));
  }
  const ssm = new SSMClient(client);
  for (const n of numbers(12)) {
    await ssm.send(new PutParameterCommand({ Name: `/app/p${n}`, Value: PLANTED.parameter, Type: 'SecureString' }));
  }
  return 25 + 12 + 15 + 1 + 1 + 8 + 12;
}

async function seedMessaging(options: { endpoint: string; region: string }): Promise<number> {
  const client = { ...COMMON, ...options };
  const sqs = new SQSClient(client);
  const sns = new SNSClient(client);
  for (const n of numbers(15)) {
    await sqs.send(new CreateQueueCommand({ QueueName: `queue-${n}` }));
    await sns.send(new CreateTopicCommand({ Name: `topic-${n}` }));
  }
  const logs = new CloudWatchLogsClient(client);
  for (const n of numbers(10)) await logs.send(new CreateLogGroupCommand({ logGroupName: `/app/${n}` }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: '/app/1', logStreamName: 's' }));
  const logEvents = numbers(5).map((n) => ({
    timestamp: Date.now() - n * 1000,
    message: `line ${n} password=${PLANTED.urlPassword}`,
  }));
  await logs.send(
    new PutLogEventsCommand({ logGroupName: '/app/1', logStreamName: 's', logEvents: logEvents.reverse() }),
  );
  const watch = new CloudWatchClient(client);
  for (const n of numbers(5)) {
    await watch.send(
      new PutMetricAlarmCommand({
        AlarmName: `alarm-${n}`,
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        MetricName: 'Errors',
        Namespace: 'App',
        Period: 60,
        Statistic: 'Sum',
        Threshold: n,
      }),
    );
  }
  const events = new EventBridgeClient(client);
  for (const n of numbers(5))
    await events.send(new PutRuleCommand({ Name: `rule-${n}`, ScheduleExpression: 'rate(1 hour)' }));
  await new SESv2Client(client).send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.com' }));
  return 30 + 12 + 5 + 5 + 1;
}

async function seedAccount(options: { endpoint: string; region: string }): Promise<number> {
  const client = { ...COMMON, ...options };
  const iam = new IAMClient({ ...client, region: 'us-east-1' });
  for (const n of numbers(6)) {
    await iam.send(new CreateRoleCommand({ RoleName: `role-${n}`, AssumeRolePolicyDocument: TRUST }));
    await iam.send(new CreateUserCommand({ UserName: `user-${n}` }));
  }
  const zones = new Route53Client({ ...client, region: 'us-east-1' });
  for (const n of numbers(3)) {
    await zones.send(new CreateHostedZoneCommand({ Name: `z${n}.example.com`, CallerReference: `${n}` }));
  }
  const template = JSON.stringify({
    Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'from-stack' } } },
  });
  await new CloudFormationClient(client).send(new CreateStackCommand({ StackName: 'app', TemplateBody: template }));
  const api = new ApiGatewayV2Client(client);
  await api.send(new CreateApiCommand({ Name: 'app', ProtocolType: 'HTTP' }));
  const elb = new ElasticLoadBalancingV2Client(client);
  const { Subnets = [] } = await new EC2Client(client).send(
    new (await import('@aws-sdk/client-ec2')).DescribeSubnetsCommand({}),
  );
  const ids = Subnets.slice(0, 2).flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId]));
  await elb.send(new CreateLoadBalancerCommand({ Name: 'front', Subnets: ids }));
  await elb.send(new CreateTargetGroupCommand({ Name: 'web', Port: 80, Protocol: 'HTTP', VpcId: Subnets[0]?.VpcId }));
  await new SageMakerClient(client).send(
    new CreateModelCommand({ ModelName: 'm', ExecutionRoleArn: 'arn:aws:iam::123456789012:role/role-1' }),
  );
  return 12 + 3 + 2 + 1 + 2 + 1;
}

/** How many things there are afterwards. */
export async function seedAwsAccount(options: { readonly endpoint: string; readonly region: string }): Promise<number> {
  const counts = [
    await seedCompute(options),
    await seedData(options),
    await seedMessaging(options),
    await seedAccount(options),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}
