import { TERRAFORM_REGION } from './terraform.ts';

// An emulator asked without a client of the service, for the one or two questions that a test has: it checks no signature.

export interface RawRequest {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  /** `X-Amz-Target`, of services that speak JSON. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function askAws(
  endpoint: string,
  { service, method, path = '/', target, headers = {}, body }: RawRequest,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const answer = await fetch(`${endpoint}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/${TERRAFORM_REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      ...(body === undefined
        ? {}
        : { 'content-type': target === undefined ? 'application/json' : 'application/x-amz-json-1.1' }),
      ...(target === undefined ? {} : { 'x-amz-target': target }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** What EventBridge makes of a call to KMS that CloudTrail wrote down, after the example in KMS's guide (logging-using-cloudtrail). */
export function signEvent({ key, action = 'Sign' }: { readonly key: string; readonly action?: string }) {
  return {
    version: '0',
    id: 'c2b1a1b0-1111-2222-3333-444455556666',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: '123456789012',
    time: '2026-11-21T07:00:00Z',
    region: TERRAFORM_REGION,
    resources: [],
    detail: {
      eventVersion: '1.11',
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::123456789012:assumed-role/sallyport-dev-rotate/sallyport-dev-rotate',
        accountId: '123456789012',
      },
      eventTime: '2026-11-21T07:00:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: action,
      awsRegion: TERRAFORM_REGION,
      sourceIPAddress: '192.0.2.1',
      requestParameters: { keyId: key, messageType: 'DIGEST', signingAlgorithm: 'ECDSA_SHA_256' },
      responseElements: null,
      eventID: 'd0a8f6f1-7777-8888-9999-000011112222',
      readOnly: true,
      resources: [{ accountId: '123456789012', type: 'AWS::KMS::Key', ARN: key }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      eventCategory: 'Management',
    },
  };
}
