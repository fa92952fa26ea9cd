import type { APIGatewayProxyEventV2 } from 'aws-lambda';

// Events as an HTTP API sends them, payload format 2.0, after AWS's own example
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).

/** The example of the documentation, word for word but for its certificate. */
export const documentedEvent = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/my/path',
  rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
  cookies: ['cookie1', 'cookie2'],
  headers: { header1: 'value1', header2: 'value1,value2' },
  queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'api-id',
    authentication: {
      clientCert: {
        clientCertPem: 'CERT_CONTENT',
        subjectDN: 'www.example.com',
        issuerDN: 'Example issuer',
        serialNumber: 'a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1',
        validity: { notBefore: 'May 28 12:30:02 2019 GMT', notAfter: 'Aug  5 09:36:04 2021 GMT' },
      },
    },
    authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
    domainName: 'id.execute-api.us-east-1.amazonaws.com',
    domainPrefix: 'id',
    http: {
      method: 'POST',
      path: '/my/path',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'agent',
    },
    requestId: 'id',
    routeKey: '$default',
    stage: '$default',
    time: '12/Mar/2020:19:03:58 +0000',
    timeEpoch: 1583348638390,
  },
  body: 'Hello from Lambda',
  pathParameters: { parameter1: 'value1' },
  isBase64Encoded: false,
  stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
} as const;

/** Lambda's context, as far as a handler reads it. */
export const testContext = {
  awsRequestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
  getRemainingTimeInMillis: (): number => 30_000,
};

export interface EventParts {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  /** Text; bytes travel as base64. */
  readonly body?: string | Uint8Array;
  readonly domainName?: string;
  readonly apiId?: string;
  readonly stage?: string;
  readonly requestId?: string;
  readonly clientCertPem?: string;
}

/** An event with everything that API Gateway puts into each. A GET without a body carries a Content-Type nobody sent: so does API Gateway's. */
export function createEvent(parts: EventParts = {}): APIGatewayProxyEventV2 {
  const { method = 'GET', path = '/health', body, stage = '$default' } = parts;
  const domainName = parts.domainName ?? 'api.example.com';
  const rawPath = stage === '$default' ? path : `/${stage}${path}`;
  const { clientCert } = documentedEvent.requestContext.authentication;
  const { clientCertPem } = parts;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: parts.query ?? '',
    headers: {
      accept: '*/*',
      'content-length': String(body === undefined ? 0 : Buffer.byteLength(body)),
      'content-type': 'application/json',
      host: domainName,
      'user-agent': 'curl/8.5.0',
      'x-amzn-trace-id': 'Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e',
      'x-forwarded-for': '205.255.255.176',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...parts.headers,
    },
    ...(parts.cookies === undefined ? {} : { cookies: [...parts.cookies] }),
    requestContext: {
      accountId: '123456789012',
      apiId: parts.apiId ?? 'r3pmxmplak',
      domainName,
      domainPrefix: domainName.split('.', 1)[0] ?? '',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '205.255.255.176', userAgent: 'curl/8.5.0' },
      requestId: parts.requestId ?? 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage,
      time: '10/Mar/2020:05:16:23 +0000',
      timeEpoch: 1583817383220,
      ...(clientCertPem === undefined ? {} : { authentication: { clientCert: { ...clientCert, clientCertPem } } }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined && typeof body !== 'string',
  };
}

/** The event with something else at a dotted path; `undefined` takes it away. */
export function changedEvent(path: string, value: unknown, event: unknown = createEvent()): unknown {
  const copy = structuredClone(event) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let place: Record<string, unknown> = copy;
  for (const name of names) place = place[name] as Record<string, unknown>;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

const restVersion1 = { version: '1.0', resource: '/x', path: '/x', httpMethod: 'GET', headers: {}, requestContext: {} };
/** What may reach a function that is no request of an HTTP API, by what is wrong with it. */
export const unfitEvents: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'GET /'],
  ['a list', [createEvent()]],
  ['an empty object', {}],
  ['payload format 1.0', restVersion1],
  ['a load balancer’s event', { requestContext: { elb: {} }, httpMethod: 'GET', path: '/', headers: {} }],
  ['a schedule', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
  ['a queue', { Records: [{ messageId: '1', body: '{}', eventSource: 'aws:sqs' }] }],
  ['no requestContext', changedEvent('requestContext', undefined)],
  ['a requestContext that is a list', changedEvent('requestContext', [])],
  ['no http', changedEvent('requestContext.http', undefined)],
  ['a version that is a number', changedEvent('version', 2)],
  ['a method that is a list', changedEvent('requestContext.http.method', ['GET'])],
  ['a method with a line feed', changedEvent('requestContext.http.method', 'GET\nX')],
  ['a path that is no path', changedEvent('rawPath', '@elsewhere.example/mcp')],
  ['no path', changedEvent('rawPath', undefined)],
  ['a domain that ends the authority', changedEvent('requestContext.domainName', 'a.example/@b.example')],
  ['a stage with slashes', changedEvent('requestContext.stage', 'a/b')],
  ['a request id with a line feed', changedEvent('requestContext.requestId', 'a\nb')],
  ['a body that is an object', changedEvent('body', { a: 1 })],
  ['isBase64Encoded that is a text', changedEvent('isBase64Encoded', 'true')],
  ['cookies that are a text', changedEvent('cookies', 'a=b')],
  ['a header that is a list', changedEvent('headers.accept', ['a', 'b'])],
  ['a header name that is none', changedEvent('headers.a b', 'x')],
  [
    'a certificate that is an object',
    changedEvent('requestContext.authentication', { clientCert: { clientCertPem: {} } }),
  ],
];
