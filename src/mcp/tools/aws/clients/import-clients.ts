// Made by build/aws-clients.ts.

import type { AwsCommands } from '../aws-service.ts';

export const importClients: Readonly<Record<string, () => Promise<{ readonly commands: AwsCommands }>>> = {
  apigateway: () => import('./apigateway.ts'),
  bedrock: () => import('./bedrock.ts'),
  cloudformation: () => import('./cloudformation.ts'),
  cloudwatch: () => import('./cloudwatch.ts'),
  cost_explorer: () => import('./cost_explorer.ts'),
  dynamodb: () => import('./dynamodb.ts'),
  ec2: () => import('./ec2.ts'),
  ecr: () => import('./ecr.ts'),
  ecs: () => import('./ecs.ts'),
  eks: () => import('./eks.ts'),
  elasticache: () => import('./elasticache.ts'),
  elb: () => import('./elb.ts'),
  events: () => import('./events.ts'),
  iam: () => import('./iam.ts'),
  lambda: () => import('./lambda.ts'),
  logs: () => import('./logs.ts'),
  rds: () => import('./rds.ts'),
  route53: () => import('./route53.ts'),
  s3: () => import('./s3.ts'),
  sagemaker: () => import('./sagemaker.ts'),
  secretsmanager: () => import('./secretsmanager.ts'),
  ses: () => import('./ses.ts'),
  sns: () => import('./sns.ts'),
  sqs: () => import('./sqs.ts'),
  ssm: () => import('./ssm.ts'),
  sts: () => import('./sts.ts'),
  tagging: () => import('./tagging.ts'),
};
