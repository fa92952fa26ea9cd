import { lookup } from 'node:dns/promises';
import { GetDomainNameCommand } from '@aws-sdk/client-apigatewayv2';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type FunctionUrlConfig,
  GetFunctionCommand,
  GetFunctionUrlConfigCommand,
  paginateListFunctionUrlConfigs,
} from '@aws-sdk/client-lambda';
import { storeTables } from '../../../src/config/store-tables.ts';
import { type AwsClients, ifThere } from './aws.ts';
import { type EnvironmentNames, FUNCTIONS, type FunctionKey, LIVE, OPTIONAL_FUNCTIONS } from './environment.ts';
import { bad, type Finding, mind, ok } from './finding.ts';
import { type LiveVersions, listVersions, readLiveVersions } from './live-versions.ts';
import { readTruststoreObject } from './truststore.ts';

// What is deployed: functions and the versions that serve, the domains, the tables.

async function examineFunction(
  aws: AwsClients,
  names: EnvironmentNames,
  key: FunctionKey,
  live: LiveVersions,
): Promise<Finding> {
  const { environment } = names;
  const name = names.functionName(key);
  const version = live[key];
  if (version === undefined) {
    if (OPTIONAL_FUNCTIONS.has(key)) return ok(`${name} is not switched on`);
    return bad(`${name} is not deployed`, `make deploy ENV=${environment}`);
  }
  const [newest = 0] = await listVersions(aws, name);
  const found = await ifThere(aws.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: LIVE })));
  const state = found?.Configuration?.State ?? 'Active';
  if (state === 'Failed') return bad(`${name} is in state ${state}`, `make deploy ENV=${environment}`);
  return newest > Number(version)
    ? mind(
        `${name} serves version ${version}, the newest is ${newest}: it was rolled back`,
        `make deploy ENV=${environment}`,
      )
    : ok(`${name} serves version ${version}`);
}

/** How callers of a function's URL are known. Any other function has none. */
const URLS: Readonly<Partial<Record<FunctionKey, 'AWS_IAM' | 'NONE'>>> = { stream: 'AWS_IAM', 'stream-bearer': 'NONE' };

/** Of every alias, and of the function as it was last changed. */
async function listUrls({ lambda }: AwsClients, name: string): Promise<readonly FunctionUrlConfig[]> {
  const urls: FunctionUrlConfig[] = [];
  for await (const page of paginateListFunctionUrlConfigs({ client: lambda }, { FunctionName: name }))
    urls.push(...(page.FunctionUrlConfigs ?? []));
  return urls;
}

async function examineUrls(aws: AwsClients, names: EnvironmentNames, key: FunctionKey): Promise<readonly Finding[]> {
  const name = names.functionName(key);
  const [live, all] = await Promise.all([
    ifThere(aws.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name, Qualifier: LIVE }))),
    listUrls(aws, name),
  ]);
  const [wanted, type] = [URLS[key], live?.AuthType];
  const others = all.filter((url) => url.FunctionUrl !== live?.FunctionUrl);
  const strange = [
    ...(wanted === undefined && live !== undefined ? [LIVE] : []),
    // Behind the function's name stands the alias, if it is one's.
    ...others.map(({ FunctionArn: arn = '' }) => arn.split(':')[7]),
  ].map((qualifier) => {
    const of = qualifier === undefined ? '' : ` --qualifier ${qualifier}`;
    const remove = `aws lambda delete-function-url-config --function-name ${name}${of}`;
    return bad(`${name} has a Function URL that nobody deployed: a way in around its API`, remove);
  });
  if (wanted === undefined) return strange;
  if (type === wanted) return [ok(`${name} has its Function URL (${type})`), ...strange];
  const how = type === undefined ? 'has no Function URL' : `has a Function URL of the type ${type}`;
  return [bad(`${name} ${how}, not ${wanted}`, `make deploy ENV=${names.environment}`), ...strange];
}

async function resolves(host: string): Promise<boolean> {
  try {
    return (await lookup(host)).address !== '';
  } catch {
    return false;
  }
}

async function examineDomain(
  aws: AwsClients,
  host: string,
  deploy: string,
  pinned?: string,
): Promise<readonly Finding[]> {
  const domain = await ifThere(aws.gateway.send(new GetDomainNameCommand({ DomainName: host })));
  if (domain === undefined) return [bad(`the domain ${host} is not set up`, deploy)];
  const status = domain.DomainNameConfigurations?.[0]?.DomainNameStatus ?? 'AVAILABLE';
  const warnings = domain.MutualTlsAuthentication?.TruststoreWarnings ?? [];
  const used = domain.MutualTlsAuthentication?.TruststoreVersion;
  const isMutual = pinned !== undefined;
  return [
    status === 'AVAILABLE'
      ? ok(`the domain ${host} is available`)
      : mind(`the domain ${host} is ${status}`, 'wait a few minutes'),
    ...((await resolves(host))
      ? []
      : [
          bad(
            `${host} is not known to DNS`,
            `dig +short NS ${host.slice(host.indexOf('.') + 1)} (is the zone delegated?), then ${deploy}`,
          ),
        ]),
    ...(isMutual && domain.MutualTlsAuthentication === undefined
      ? [bad(`${host} asks for no certificate`, deploy)]
      : []),
    ...(isMutual && used !== undefined && used !== pinned
      ? [mind(`${host} trusts an older truststore than the one in the bucket`, deploy)]
      : []),
    ...warnings.map((warning) => bad(`API Gateway about the truststore of ${host}: ${warning}`, deploy)),
  ];
}

/** The domain as the functions have it, whatever the values say by now. */
const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;

export async function examineService(
  aws: AwsClients,
  names: EnvironmentNames,
  { account, urls }: { readonly account: string; readonly urls: Readonly<Record<string, string | undefined>> },
): Promise<readonly Finding[]> {
  const deploy = `make deploy ENV=${names.environment}`;
  const live = await readLiveVersions(aws, names);
  if (Object.keys(live).length === 0) return [bad('nothing is deployed', deploy)];
  const functions = await Promise.all(FUNCTIONS.map((key) => examineFunction(aws, names, key, live)));
  const { version = '' } = await readTruststoreObject(aws, names, account);
  const domains = await Promise.all(
    Object.entries(urls).map(async ([key, url]) => {
      const host = hostOf(url);
      return host === undefined ? [] : examineDomain(aws, host, deploy, key === 'mcp' ? version : undefined);
    }),
  );
  const deployed = FUNCTIONS.filter((key) => live[key] !== undefined);
  const functionUrls = await Promise.all(deployed.map((key) => examineUrls(aws, names, key)));
  return [...functions, ...functionUrls.flat(), ...domains.flat()];
}

/** Classes of tables (what their names end in). */
export const STORE_TABLES: readonly string[] = Object.keys(storeTables);

export async function examineTables(
  { dynamodb }: AwsClients,
  names: EnvironmentNames,
  classes: readonly string[],
): Promise<readonly Finding[]> {
  const deploy = `make deploy ENV=${names.environment}`;
  const tables = classes.map((name) => `${names.tablePrefix}${name}`);
  const described = await Promise.all(
    tables.map((TableName) => ifThere(dynamodb.send(new DescribeTableCommand({ TableName })))),
  );
  if (described.every((one) => one === undefined))
    return [bad(`the tables (${classes.join(', ')}) are not there`, deploy)];
  const found = await Promise.all(
    tables.map(async (TableName, index): Promise<readonly Finding[]> => {
      const table = described[index]?.Table;
      if (table === undefined) return [bad(`the table ${TableName} is not there`, deploy)];
      const [ttl, backups] = await Promise.all([
        dynamodb.send(new DescribeTimeToLiveCommand({ TableName })),
        dynamodb.send(new DescribeContinuousBackupsCommand({ TableName })),
      ]);
      const expires = ttl.TimeToLiveDescription?.TimeToLiveStatus ?? 'DISABLED';
      const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
      return [
        ...(table.TableStatus === 'ACTIVE'
          ? []
          : [mind(`the table ${TableName} is ${table.TableStatus}`, 'wait a few minutes')]),
        ...(expires.startsWith('ENABL') ? [] : [bad(`the table ${TableName} keeps what has expired`, deploy)]),
        ...(recovery === 'ENABLED'
          ? []
          : [mind(`the table ${TableName} cannot be restored to a moment of the past`, deploy)]),
      ];
    }),
  );
  const findings = found.flat();
  return findings.length === 0
    ? [ok(`the tables (${classes.join(', ')}) are there, expire records and can be restored`)]
    : findings;
}
