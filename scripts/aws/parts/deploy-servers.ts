import { type AwsClients, createAwsClients, regionOf } from './aws.ts';
import { type Context, EXIT } from './command.ts';
import { readLiveVersions } from './live-versions.ts';
import { hasDanger } from './plan-summary.ts';
import { preconditions } from './preconditions.ts';
import { confirm, demandConfirmable } from './prompt.ts';
import { type DeployedServer, tryServer } from './servers.ts';
import { planAndShow } from './service-plan.ts';
import { Stop } from './stop.ts';
import { createTerraform, type PlanOptions, type Terraform } from './terraform.ts';

// What `make deploy-gateway` and `make deploy-server` share: a plan of terraform/gateway, applied as shown, and a look at what was deployed.

/** Functions that run tools, which call the servers where there are any. */
const CALLERS: readonly string[] = ['mcp', 'mcp-key', 'mcp-oauth', 'calls'];

async function callersOf(aws: AwsClients, { names }: Context): Promise<readonly string[]> {
  return Object.keys(await readLiveVersions(aws, names)).filter((name) => CALLERS.includes(name));
}

async function apply(context: Context, terraform: Terraform): Promise<void> {
  const { code, interrupted } = await terraform.apply(context.say);
  if (interrupted)
    throw new Stop(EXIT.interrupted, 'Interrupted: part of the plan may be applied. The state knows it.');
  if (code !== 0)
    throw new Stop(EXIT.failed, 'The plan was applied in part.', { next: 'mend what Terraform says above' });
}

export const NO_TRY_OPTION = {
  'no-try': { type: 'boolean', help: 'do not ask the servers for their tools afterwards' },
} as const;

export interface DeployServersOptions {
  readonly servers: Readonly<Record<string, DeployedServer>>;
  /** One server alone: nothing else changes, and nobody is given a right to call it. */
  readonly only?: string;
}

/** Answers the URLs, by server. */
export async function deployServers(
  context: Context,
  options: DeployServersOptions,
): Promise<Readonly<Record<string, string>>> {
  const { environment, say, print } = context;
  demandConfirmable(context);
  const aws = createAwsClients();
  await preconditions(() => aws, context.names, { terraform: true, foundation: true });
  const callers = options.only === undefined ? await callersOf(aws, context) : [];
  const terraform = createTerraform(environment, 'gateway');
  await terraform.init();
  const plan: PlanOptions = {
    variables: { servers: options.servers, callers },
    ...(options.only !== undefined && { targets: [`module.server["${options.only}"]`] }),
  };
  const { changes, summary } = await planAndShow(context, terraform, plan);
  if (changes) {
    const danger = hasDanger(summary) ? ' SERVERS WOULD BE LOST: read the first lines.' : '';
    await confirm(context, `This changes the servers of ${environment}.${danger}`);
    await apply(context, terraform);
  }
  const urls = ((await terraform.outputs())['urls'] ?? {}) as Readonly<Record<string, string>>;
  if (context.options['no-try'] === true) return urls;
  for (const name of Object.keys(options.servers)) {
    const functionName = `sallyport-${environment}-server-${name}`;
    say(`Asking ${name} for its tools …`);
    const tools = await tryServer(name, functionName, regionOf(process.env) ?? '');
    print(`${name}: ${tools.length} tools at ${urls[name] ?? 'an address that AWS has not told'}`);
  }
  return urls;
}
