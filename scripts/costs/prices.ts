// Public prices in US East (N. Virginia), in dollars, without free tiers and before tax. Each with the page it is from; looked up on PRICES_OF.

export const PRICES_OF = '2026-11-21';

export interface Price {
  readonly dollars: number;
  readonly unit: string;
  readonly source: string;
}

const aws = (page: string): string => `https://aws.amazon.com/${page}/pricing/`;

export const prices = {
  httpApiRequest: { dollars: 1e-6, unit: 'request to an HTTP API', source: aws('api-gateway') },
  lambdaRequest: { dollars: 0.2e-6, unit: 'invocation', source: aws('lambda') },
  lambdaGigabyteSecond: { dollars: 0.0000133334, unit: 'GB-second on arm64', source: aws('lambda') },
  logGigabyte: { dollars: 0.5, unit: 'GB of log written', source: aws('cloudwatch') },
  trace: { dollars: 5e-6, unit: 'trace recorded', source: aws('xray') },
  dynamoWrite: {
    dollars: 0.625e-6,
    unit: 'write request unit',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  dynamoRead: {
    dollars: 0.125e-6,
    unit: 'read request unit',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  kmsRequest: { dollars: 3e-6, unit: 'request to KMS', source: aws('kms') },
  kmsKey: { dollars: 1, unit: 'key a month', source: aws('kms') },
  hostedZone: { dollars: 0.5, unit: 'hosted zone a month', source: aws('route53') },
  alarmMetric: { dollars: 0.1, unit: 'metric in an alarm a month', source: aws('cloudwatch') },
  customMetric: { dollars: 0.3, unit: 'metric of ours a month', source: aws('cloudwatch') },
  dashboard: { dollars: 3, unit: 'dashboard a month', source: aws('cloudwatch') },
  webAcl: { dollars: 5, unit: 'web ACL a month', source: aws('waf') },
  webAclRule: { dollars: 1, unit: 'rule a month', source: aws('waf') },
  wafRequest: { dollars: 0.6e-6, unit: 'request through the firewall', source: aws('waf') },
  cloudFrontRequest: { dollars: 1e-6, unit: 'HTTPS request to CloudFront', source: aws('cloudfront') },
  redisCloud: {
    dollars: 5,
    unit: 'smallest paid Redis Cloud database a month (250 MB)',
    source: 'https://redis.io/pricing/',
  },
  managedGatewayCall: {
    dollars: 5e-6,
    unit: 'tool call through Amazon Bedrock AgentCore Gateway',
    source: aws('bedrock/agentcore'),
  },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof prices;
