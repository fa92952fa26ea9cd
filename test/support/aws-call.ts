// What a signed AWS request asks for, read off the request itself: service, action, and the members that policies speak of.

export interface AwsHttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface AwsCall {
  readonly service: string;
  readonly action: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** Members that name things. Values, plaintexts, ciphertexts and signatures are in none of them. */
const TOLD = [
  'Name',
  'Names',
  'Path',
  'Type',
  'Overwrite',
  'WithDecryption',
  'KeyId',
  'KeySpec',
  'EncryptionContext',
  'SigningAlgorithm',
  'MessageType',
  'TableName',
  'IndexName',
  'FunctionName',
  'QueueUrl',
  'TopicArn',
  'Bucket',
  'VersionId',
  'RoleArn',
] as const;

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function parseJson(text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : {};
  } catch {
    return {};
  }
}

/** What the tables' partition keys are called, and the values that queries give for them: those of the store, that of conversations. */
const PARTITION_KEYS = ['p', 'person'] as const;

/** DynamoDB's partitions, which `dynamodb:LeadingKeys` is about. Sort keys and attributes stay out. */
function leadingKeys(members: Members): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isMembers(value)) return;
    const partition = PARTITION_KEYS.map((name) => value[name]).find(isMembers);
    if (isMembers(partition) && typeof partition['S'] === 'string') found.push(partition['S']);
    Object.values(value).forEach(visit);
  };
  visit(members['Key'] ?? members['Item'] ?? members['Keys']);
  visit(members['TransactItems']);
  visit(members['RequestItems']);
  const values = members['ExpressionAttributeValues'];
  if (isMembers(values) && found.length === 0) {
    const partition = PARTITION_KEYS.map((name) => values[`:${name}`]).find(isMembers);
    if (isMembers(partition) && typeof partition['S'] === 'string') found.push(partition['S']);
  }
  return found;
}

function selectMembers(members: Members): Record<string, unknown> {
  const told = Object.fromEntries(TOLD.filter((name) => name in members).map((name) => [name, members[name]]));
  const keys = leadingKeys(members);
  return keys.length === 0 ? told : { ...told, LeadingKeys: keys };
}

/** Amazon S3 has no action in its requests: the method and what is in the path and the query say it. */
function describeS3({ method, url }: AwsHttpRequest): AwsCall {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [bucket = '', ...rest] = decodeURIComponent(pathname).slice(1).split('/');
  const key = rest.join('/');
  const kind = key === '' ? 'Bucket' : 'Object';
  const verbs: Readonly<Record<string, string>> = { GET: 'Get', HEAD: 'Head', PUT: 'Put', DELETE: 'Delete' };
  const action = kind === 'Bucket' && method === 'GET' ? 'ListBucket' : `${verbs[method] ?? method}${kind}`;
  const version = searchParams.get('versionId');
  return {
    service: 's3',
    action,
    request: {
      Bucket: bucket,
      ...(key === '' ? {} : { Key: key }),
      ...(version === null ? {} : { VersionId: version }),
    },
  };
}

/** Lambda's API has no action in its requests either; of those that functions may make this is the one. */
function describeLambda({ method, url }: AwsHttpRequest): AwsCall | undefined {
  const { pathname, searchParams } = new URL(url, 'http://lambda');
  const name = /^\/2021-10-31\/functions\/([^/]+)\/url$/.exec(pathname)?.[1];
  if (method !== 'GET' || name === undefined) return undefined;
  const request = { FunctionName: name, Qualifier: searchParams.get('Qualifier') };
  return { service: 'lambda', action: 'GetFunctionUrlConfig', request };
}

/** SigV4 names region and service in the credential's scope (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html). */
function serviceOf({ headers }: AwsHttpRequest): string {
  const scope = /Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(String(headers['authorization'] ?? ''));
  return scope?.[1] ?? 'unsigned';
}

export function describeAwsCall(request: AwsHttpRequest): AwsCall {
  const service = serviceOf(request);
  if (service === 's3') return describeS3(request);
  const known = service === 'lambda' ? describeLambda(request) : undefined;
  if (known !== undefined) return known;
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return { service, action: target.split('.').at(-1) ?? target, request: selectMembers(parseJson(request.body)) };
  }
  const form = new URLSearchParams(request.body);
  const action = form.get('Action');
  if (action !== null) return { service, action, request: selectMembers(Object.fromEntries(form)) };
  const { pathname } = new URL(request.url, 'http://aws');
  return { service, action: `${request.method} ${pathname}`, request: {} };
}
