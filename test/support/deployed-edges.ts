import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ApiGatewayHandler } from '../../src/adapters/http/api-gateway.ts';
import { openFrontDoor } from '../../src/local/front-door.ts';
import type { TestCertificate } from './certificates.ts';
import { type DeployedApi, findRoute, readDeployedApis } from './deployed-apis.ts';
import { openFunctionUrlEdges } from './function-url-edges.ts';

// API Gateway's place before deployed functions: one TLS listener for each domain, set up from what Terraform made (the domain's truststore at its pinned version,
// the API, its routes, its integration, its log format) and nothing else. Each request becomes an event of that API and goes to the
// function's alias by the Lambda API. Emulators accept any connection there; this one asks for certificates as AWS does.

export interface DeployedEdgesOptions {
  /** As functions are named by it. */
  readonly environment: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For all the domains. */
  readonly server: TestCertificate;
}

export interface DeployedEdges {
  readonly apis: readonly DeployedApi[];
  /** Port on 127.0.0.1 by domain name. */
  readonly ports: Readonly<Record<string, number>>;
  /** What went wrong in the Lambda API or in a function, as far as a caller is not told. */
  readonly faults: readonly string[];
  /** The lines of the access logs so far, which are also in the log groups that the stages name. */
  accessLog(): readonly string[];
  close(): Promise<void>;
}

/** What an HTTP API waits for its integration. */
const LIMIT_MS = 30_000;

const message = (statusCode: number, text: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: text }),
});

interface Clients {
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
}

/** `s3://bucket/key`, at the version that the domain names. */
async function readTruststore(s3: S3Client, { mutualTls }: DeployedApi): Promise<string | undefined> {
  if (mutualTls === undefined) return undefined;
  const { hostname: Bucket, pathname } = new URL(mutualTls.truststoreUri);
  const object = await s3.send(
    new GetObjectCommand({ Bucket, Key: pathname.slice(1), VersionId: mutualTls.truststoreVersion }),
  );
  return object.Body?.transformToString();
}

async function invoke(lambda: LambdaClient, aliasArn: string, event: unknown) {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: aliasArn, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const payload = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) throw new Error(`${answer.FunctionError}: ${payload}`);
  return JSON.parse(payload) as APIGatewayProxyStructuredResultV2;
}

/** `$context.…` of a stage's format, by what this edge knows. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
function formatAccessLog(format: string, known: Readonly<Record<string, string | number>>): string {
  return format.replace(/\$context\.([a-zA-Z.]+)/g, (_all, name: string) => String(known[name] ?? '-'));
}

function createHandler(
  api: DeployedApi,
  clients: Clients,
  report: { fault(text: string): void; log(line: string): void },
) {
  const answer = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const routeKey = findRoute(api.routeKeys, event.requestContext.http.method, event.rawPath);
    if (routeKey === undefined) return message(404, 'Not Found');
    const requestContext = {
      ...event.requestContext,
      accountId: api.accountId,
      domainPrefix: api.domainName.split('.', 1)[0],
      stage: api.stage,
      routeKey,
    };
    try {
      return await invoke(clients.lambda, api.aliasArn, { ...event, routeKey, requestContext });
    } catch (error) {
      report.fault(`${api.domainName}: ${error instanceof Error ? error.message : String(error)}`);
      return message(500, 'Internal Server Error');
    }
  };
  const handler: ApiGatewayHandler = async (given) => {
    const event = given as APIGatewayProxyEventV2;
    const started = Date.now();
    const result = await answer(event);
    const { requestId, timeEpoch, http } = event.requestContext;
    const line = formatAccessLog(api.accessLogFormat, {
      apiId: api.apiId,
      httpMethod: http.method,
      integrationLatency: Date.now() - started,
      path: event.rawPath,
      requestId,
      requestTimeEpoch: timeEpoch,
      responseLatency: Date.now() - started,
      responseLength: Buffer.byteLength(result.body ?? ''),
      routeKey: findRoute(api.routeKeys, http.method, event.rawPath) ?? '-',
      status: result.statusCode ?? 200,
    });
    report.log(line);
    return result;
  };
  return handler;
}

async function writeAccessLog(logs: CloudWatchLogsClient, group: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const stream = { logGroupName: group, logStreamName: '$default' };
  await logs.send(new CreateLogStreamCommand(stream));
  const timestamp = Date.now();
  await logs.send(
    new PutLogEventsCommand({ ...stream, logEvents: lines.map((text) => ({ message: text, timestamp })) }),
  );
}

export async function openDeployedEdges(options: DeployedEdgesOptions): Promise<DeployedEdges> {
  const { endpoint, region, credentials, server } = options;
  const config = { endpoint, region, credentials };
  const gateway = new ApiGatewayV2Client(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const clients = { lambda: new LambdaClient(config), logs: new CloudWatchLogsClient(config) };
  const apis = await readDeployedApis(gateway, clients.lambda);
  const functions = ['stream', 'stream-bearer'].map((name) => `sallyport-${options.environment}-${name}`);
  const urls = await openFunctionUrlEdges(clients.lambda, { endpoint, functions, server });
  const faults: string[] = [];
  const written = new Map<string, string[]>();
  const doors = await Promise.all(
    apis.map(async (api) => {
      const lines: string[] = [];
      written.set(api.accessLogGroup, lines);
      const clientCa = await readTruststore(s3, api);
      return openFrontDoor({
        name: api.domainName,
        handler: createHandler(api, clients, { fault: (text) => faults.push(text), log: (line) => lines.push(line) }),
        port: 0,
        apiId: api.apiId,
        domainName: api.domainName,
        tls: { certificate: server.pem, privateKey: server.keyPem, ...(clientCa === undefined ? {} : { clientCa }) },
        limitMs: LIMIT_MS,
        onFault: (error) => faults.push(`${api.domainName}: ${String(error)}`),
      });
    }),
  );
  return {
    apis,
    ports: {
      ...urls.ports,
      ...Object.fromEntries(apis.map((api, index) => [api.domainName, doors[index]?.port ?? 0])),
    },
    faults,
    accessLog: () => [...written.values()].flat(),
    async close() {
      await Promise.all([urls, ...doors].map((door) => door.close()));
      for (const [group, lines] of written) await writeAccessLog(clients.logs, group, lines);
      for (const client of [gateway, s3, clients.lambda, clients.logs]) client.destroy();
    },
  };
}
