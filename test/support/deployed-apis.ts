import {
  type ApiGatewayV2Client,
  GetApiMappingsCommand,
  GetDomainNamesCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { GetPolicyCommand, type LambdaClient } from '@aws-sdk/client-lambda';

// What was deployed before the functions, read back from API Gateway and Lambda: each domain with its API, its routes and its function.

export interface DeployedApi {
  readonly domainName: string;
  /** Only where the domain demands client certificates. */
  readonly mutualTls?: { readonly truststoreUri: string; readonly truststoreVersion: string };
  readonly apiId: string;
  readonly stage: string;
  readonly accountId: string;
  readonly routeKeys: readonly string[];
  /** The function's alias. */
  readonly aliasArn: string;
  readonly accessLogFormat: string;
  readonly accessLogGroup: string;
}

function need<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`API Gateway has no ${what}`);
  return value;
}

/** API Gateway takes the most specific route: fixed segments before variables, the very method before ANY. */
export function findRoute(routeKeys: readonly string[], method: string, path: string): string | undefined {
  const given = path.split('/');
  const matches = routeKeys.filter((key) => {
    const [verb, template = ''] = key.split(' ');
    const parts = template.split('/');
    const fits =
      parts.length === given.length && parts.every((part, index) => /^\{.+\}$/.test(part) || part === given[index]);
    return (verb === 'ANY' || verb === method) && fits;
  });
  const rank = (key: string): number => (key.match(/\{/g)?.length ?? 0) * 2 + (key.startsWith('ANY ') ? 1 : 0);
  return matches.sort((one, other) => rank(one) - rank(other))[0];
}

interface PolicyStatement {
  readonly Effect: string;
  readonly Action: string;
  readonly Principal: { readonly Service?: string };
  readonly Condition?: { readonly ArnLike?: Readonly<Record<string, string>> };
}

/** Throws unless the alias's own policy lets this API's stage invoke it: an emulator would not ask. */
async function demandPermission(lambda: LambdaClient, api: DeployedApi): Promise<void> {
  const { Policy } = await lambda.send(
    new GetPolicyCommand({
      FunctionName: api.aliasArn.replace(/:[^:]+$/, ''),
      Qualifier: api.aliasArn.split(':').at(-1),
    }),
  );
  const { Statement } = JSON.parse(need(Policy, `policy for ${api.aliasArn}`)) as {
    Statement: readonly PolicyStatement[];
  };
  const allowed = Statement.some((statement) => {
    const source = Object.entries(statement.Condition?.ArnLike ?? {}).find(([name]) =>
      /^aws:sourcearn$/i.test(name),
    )?.[1];
    return (
      statement.Effect === 'Allow' &&
      statement.Action === 'lambda:InvokeFunction' &&
      statement.Principal.Service === 'apigateway.amazonaws.com' &&
      source?.endsWith(`:${api.apiId}/${api.stage}/*`) === true
    );
  });
  if (!allowed) throw new Error(`${api.domainName} may not invoke ${api.aliasArn}`);
}

export async function readDeployedApis(
  gateway: ApiGatewayV2Client,
  lambda: LambdaClient,
): Promise<readonly DeployedApi[]> {
  const { Items: domains = [] } = await gateway.send(new GetDomainNamesCommand({}));
  const found: DeployedApi[] = [];
  for (const domain of domains) {
    const DomainName = need(domain.DomainName, 'domain name');
    const { Items: [mapping] = [] } = await gateway.send(new GetApiMappingsCommand({ DomainName }));
    const ApiId = need(mapping?.ApiId, `API behind ${DomainName}`);
    const StageName = need(mapping?.Stage, `stage behind ${DomainName}`);
    const { Items: [integration] = [] } = await gateway.send(new GetIntegrationsCommand({ ApiId }));
    const { Items: routes = [] } = await gateway.send(new GetRoutesCommand({ ApiId }));
    const stage = await gateway.send(new GetStageCommand({ ApiId, StageName }));
    const uri = need(integration?.IntegrationUri, `integration of ${DomainName}`);
    const aliasArn = need(/functions\/(.+)\/invocations$/.exec(uri)?.[1], `function in ${uri}`);
    const { TruststoreUri: truststoreUri, TruststoreVersion: truststoreVersion } = domain.MutualTlsAuthentication ?? {};
    const mutualTls =
      truststoreUri === undefined
        ? undefined
        : { truststoreUri, truststoreVersion: need(truststoreVersion, `pinned truststore of ${DomainName}`) };
    const destination = need(stage.AccessLogSettings?.DestinationArn, `access log of ${DomainName}`);
    const api = {
      domainName: DomainName,
      apiId: ApiId,
      stage: StageName,
      accountId: need(aliasArn.split(':')[4], `account in ${aliasArn}`),
      routeKeys: routes.map((route) => need(route.RouteKey, `route key of ${DomainName}`)),
      aliasArn,
      accessLogFormat: need(stage.AccessLogSettings?.Format, `log format of ${DomainName}`),
      accessLogGroup: destination.split(':log-group:')[1]?.replace(/:\*$/, '') ?? destination,
      ...(mutualTls === undefined ? {} : { mutualTls }),
    };
    await demandPermission(lambda, api);
    found.push(api);
  }
  return found;
}
