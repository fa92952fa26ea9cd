import { existsSync, readFileSync } from 'node:fs';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { type AwsClients, createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { examineCertificates } from './parts/doctor-certificates.ts';
import { examineFoundation } from './parts/doctor-foundation.ts';
import { examineLocally } from './parts/doctor-local.ts';
import { examineRedis } from './parts/doctor-redis.ts';
import { examineService, examineTables, STORE_TABLES } from './parts/doctor-service.ts';
import type { EnvironmentNames, FunctionKey } from './parts/environment.ts';
import { bad, describeFinding, type Finding, looked, mind, ok } from './parts/finding.ts';
import { readFunctionSettings } from './parts/live-versions.ts';
import { readOperatorSettings } from './parts/operator-store.ts';
import { checkCredentials, checkRegion, checkTerraform, checkVariables, type Missing } from './parts/preconditions.ts';
import { BUNDLE } from './parts/terraform.ts';

// `make doctor`: everything that is missing, stale or expired, each with the command that mends it. It only looks.

const asFindings = (missing: readonly Missing[]): readonly Finding[] =>
  missing.map(({ what, mend }) => bad(what, mend));

async function examineTools(names: EnvironmentNames): Promise<readonly Finding[]> {
  const terraform = asFindings(await checkTerraform());
  const values = asFindings(checkVariables(names));
  return [
    ok(`Node ${process.versions.node}`),
    ...(terraform.length === 0 ? [ok('Terraform is installed')] : terraform),
    ...values,
    ...(existsSync(BUNDLE) ? [] : [mind(`${BUNDLE} is not built`, 'make bundle')]),
  ];
}

async function examineStore(aws: AwsClients, names: EnvironmentNames): Promise<readonly Finding[]> {
  const { settings, missing } = await readOperatorSettings(aws, names);
  const own = settings['SALLYPORT_CONVERSATIONS'] === 'dynamodb' ? [CONVERSATIONS_TABLE] : [];
  if (settings['SALLYPORT_STORE'] === 'dynamodb') return examineTables(aws, names, [...STORE_TABLES, ...own]);
  const tables = own.length === 0 ? [] : await examineTables(aws, names, own);
  // What is unset is told with the other secrets.
  if (missing.length > 0 || settings['REDIS_URL'] === undefined) return tables;
  const { REDIS_CA: text, REDIS_CA_FILE: file } = settings;
  const ca = file === undefined ? text : readFileSync(file, 'utf8');
  const mend = `mend Redis, or make secrets ENV=${names.environment} REPLACE=redis-url/operator`;
  return [...tables, ...(await examineRedis({ url: createSecret(settings['REDIS_URL']), ca }, mend))];
}

async function examineAws(context: Context, account: string, aws: AwsClients): Promise<readonly Finding[]> {
  const { names, environment } = context;
  const again = `make doctor ENV=${environment}, with the rights to look`;
  const foundation = await looked('the foundation', again, () => examineFoundation(aws, names, account));
  // Without it everything else is missing too, and nothing more is learned by saying so.
  if (foundation.length === 1) return foundation;
  const service = async (): Promise<readonly Finding[]> => {
    const settings = async (key: FunctionKey) => readFunctionSettings(aws, names.functionName(key));
    const [agent, keyDoor, oauthDoor, oauth] = await Promise.all(
      (['agent', 'mcp-key', 'mcp-oauth', 'oauth'] as const).map(settings),
    );
    const urls = {
      agent: agent?.['SALLYPORT_AGENT_URL'],
      mcp: agent?.['SALLYPORT_MCP_URL'],
      'mcp-key': keyDoor?.['SALLYPORT_MCP_URL'],
      'mcp-oauth': oauthDoor?.['SALLYPORT_MCP_URL'],
      oauth: oauth?.['SALLYPORT_OAUTH_URL'],
    };
    return examineService(aws, names, { account, urls });
  };
  return [
    ...foundation,
    ...(await looked('the certificates', again, () => examineCertificates(aws, names, account))),
    ...(await looked('the store', again, () => examineStore(aws, names))),
    ...(await looked('the service', again, service)),
  ];
}

function report(findings: readonly Finding[], { print, say }: Pick<Context, 'print' | 'say'>): number {
  for (const finding of findings) print(describeFinding(finding));
  const worst = findings.filter(({ state }) => state === 'bad');
  const first = worst[0] ?? findings.find(({ state }) => state === 'mind');
  say(worst.length === 0 ? 'Nothing is broken.' : `${worst.length} to mend.`);
  if (first?.mend !== undefined) say(`Next: ${first.mend}`);
  return worst.length === 0 ? EXIT.done : EXIT.failed;
}

await runCommand({
  name: 'doctor',
  summary: 'Says what is missing, stale or expired, each with the command that mends it. Only looks.',
  help: 'Exit code 0: nothing is broken. 1: something is.',
  runLocally: async (context) => report(await examineLocally(process.env), context),
  run: async (context) => {
    const tools = await examineTools(context.names);
    const region = asFindings(checkRegion());
    if (region.length > 0) return report([...tools, ...region], context);
    const aws = createAwsClients();
    const { identity, missing } = await checkCredentials(aws);
    if (identity === undefined) return report([...tools, ...asFindings(missing)], context);
    const who = ok(`AWS knows us as ${identity.arn}`);
    return report([...tools, who, ...(await examineAws(context, identity.account, aws))], context);
  },
});
