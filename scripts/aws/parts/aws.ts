// CloudFront's key value stores take SigV4A, which their client finds once this package is loaded.
import '@aws-sdk/signature-v4a';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudFrontKeyValueStoreClient } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

// The SDK's clients for an operator at a terminal: who may wait a little longer than a request may. Region, credentials and endpoints come
// from where every AWS tool takes them (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, …).

export interface AwsClients {
  readonly sts: STSClient;
  readonly ssm: SSMClient;
  readonly kms: KMSClient;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  /** For invoking a function: once, and with more patience. */
  readonly invoker: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly gateway: ApiGatewayV2Client;
  readonly dynamodb: DynamoDBClient;
  readonly route53: Route53Client;
  readonly keyValueStores: CloudFrontKeyValueStoreClient;
}

const patience = { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true } as const;
/** A function that is asked again runs again: no second attempt, and more time than the rotation has (120 s). */
const INVOCATION = { maxAttempts: 1, requestHandler: { ...patience, requestTimeout: 140_000 } } as const;

/** As every AWS tool finds it, configuration files left out: the Lambda functions' region is said, not guessed. Empty is unset. */
export const regionOf = (environment: NodeJS.ProcessEnv): string | undefined =>
  [environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']].find(
    (region) => region !== undefined && region !== '',
  );

export function createAwsClients(): AwsClients {
  const region = regionOf(process.env);
  // The SDK itself reads AWS_REGION alone.
  const settings = { maxAttempts: 4, requestHandler: patience, ...(region !== undefined && { region }) };
  return {
    sts: new STSClient(settings),
    ssm: new SSMClient(settings),
    kms: new KMSClient(settings),
    s3: new S3Client(settings),
    lambda: new LambdaClient(settings),
    invoker: new LambdaClient({ ...settings, ...INVOCATION }),
    logs: new CloudWatchLogsClient(settings),
    gateway: new ApiGatewayV2Client(settings),
    dynamodb: new DynamoDBClient(settings),
    route53: new Route53Client(settings),
    // Global; the client wants a region all the same.
    keyValueStores: new CloudFrontKeyValueStoreClient({ ...settings, region: 'us-east-1' }),
  };
}

export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

export async function whoAmI({ sts }: Pick<AwsClients, 'sts'>): Promise<CallerIdentity> {
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  return { account, arn };
}

/** The SDK names its errors after the service's (`NotFound`, `ResourceNotFoundException`, …). */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : '');

const ABSENT: ReadonlySet<string> = new Set([
  'NoSuchBucket',
  'NoSuchHostedZone',
  'NoSuchKey',
  'NotFound',
  'NotFoundException',
  'ParameterNotFound',
  'ResourceNotFoundException',
]);

/** What a call answers, or nothing where the thing is not there. Any other fault is thrown. */
export async function ifThere<Value>(call: Promise<Value>): Promise<Value | undefined> {
  try {
    return await call;
  } catch (error) {
    if (ABSENT.has(errorName(error))) return undefined;
    throw error;
  }
}
