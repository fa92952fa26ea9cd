import { AppError } from '../../../kernel/app-error.ts';
import type { AwsServiceData } from './aws-service.ts';
import apigateway from './operations/apigateway.json' with { type: 'json' };
import bedrock from './operations/bedrock.json' with { type: 'json' };
import cloudformation from './operations/cloudformation.json' with { type: 'json' };
import cloudwatch from './operations/cloudwatch.json' with { type: 'json' };
import costExplorer from './operations/cost_explorer.json' with { type: 'json' };
import dynamodb from './operations/dynamodb.json' with { type: 'json' };
import ec2 from './operations/ec2.json' with { type: 'json' };
import ecr from './operations/ecr.json' with { type: 'json' };
import ecs from './operations/ecs.json' with { type: 'json' };
import eks from './operations/eks.json' with { type: 'json' };
import elasticache from './operations/elasticache.json' with { type: 'json' };
import elb from './operations/elb.json' with { type: 'json' };
import events from './operations/events.json' with { type: 'json' };
import iam from './operations/iam.json' with { type: 'json' };
import lambda from './operations/lambda.json' with { type: 'json' };
import logs from './operations/logs.json' with { type: 'json' };
import rds from './operations/rds.json' with { type: 'json' };
import route53 from './operations/route53.json' with { type: 'json' };
import s3 from './operations/s3.json' with { type: 'json' };
import sagemaker from './operations/sagemaker.json' with { type: 'json' };
import secretsmanager from './operations/secretsmanager.json' with { type: 'json' };
import ses from './operations/ses.json' with { type: 'json' };
import sns from './operations/sns.json' with { type: 'json' };
import sqs from './operations/sqs.json' with { type: 'json' };
import ssm from './operations/ssm.json' with { type: 'json' };
import sts from './operations/sts.json' with { type: 'json' };
import tagging from './operations/tagging.json' with { type: 'json' };

// What may be asked of AWS at all: one list for the tools that ask one thing and for those that put several together.

export const awsServices: readonly AwsServiceData[] = [
  apigateway as unknown as AwsServiceData,
  bedrock as unknown as AwsServiceData,
  cloudformation as unknown as AwsServiceData,
  cloudwatch as unknown as AwsServiceData,
  costExplorer as unknown as AwsServiceData,
  dynamodb as unknown as AwsServiceData,
  ec2 as unknown as AwsServiceData,
  ecr as unknown as AwsServiceData,
  ecs as unknown as AwsServiceData,
  eks as unknown as AwsServiceData,
  elasticache as unknown as AwsServiceData,
  elb as unknown as AwsServiceData,
  events as unknown as AwsServiceData,
  iam as unknown as AwsServiceData,
  lambda as unknown as AwsServiceData,
  logs as unknown as AwsServiceData,
  rds as unknown as AwsServiceData,
  route53 as unknown as AwsServiceData,
  s3 as unknown as AwsServiceData,
  sagemaker as unknown as AwsServiceData,
  secretsmanager as unknown as AwsServiceData,
  ses as unknown as AwsServiceData,
  sns as unknown as AwsServiceData,
  sqs as unknown as AwsServiceData,
  ssm as unknown as AwsServiceData,
  sts as unknown as AwsServiceData,
  tagging as unknown as AwsServiceData,
];

const byName = new Map(awsServices.map((data) => [data.service, data]));

export function awsService(name: string): AwsServiceData {
  const data = byName.get(name);
  if (data === undefined) throw new AppError('internal', `There is no list of reads of ${name}.`);
  return data;
}
