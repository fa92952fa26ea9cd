import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { unzipSync, zipSync } from 'fflate';
import { createParameterStore } from '../../../src/adapters/aws/parameter-store.ts';
import { TEST_CREDENTIALS } from '../../support/aws-emulator.ts';
import { type DeployedEdges, openDeployedEdges } from '../../support/deployed-edges.ts';
import type { Ran } from './commands.ts';
import { DOOR_ALIAS } from './oauth-door.ts';
import { CLIENT_ID, DOMAIN, ENVIRONMENT, FUNCTIONS, REGION, type World } from './world.ts';

// From an empty account to a system that answers, and back, by the operator's own commands.

const ZONE = 'sallyport.test';

/** What a person writes into `environments/dev.tfvars` and `dev.foundation.tfvars`. */
export async function writeVariables(world: World): Promise<void> {
  const zone = await world.account('zone', ZONE);
  const { google, folder } = world;
  const host = (url: string): string => new URL(url).host;
  const service = {
    domain: DOMAIN,
    zone_id: zone,
    store: 'redis',
    google_client_id: CLIENT_ID,
    google_endpoints: {
      auth_url: google.authUrl,
      calendar_url: google.calendarUrl,
      issuer: google.issuer,
      jwks_url: google.jwksUrl,
      revoke_url: google.revokeUrl,
      token_url: world.tokenUrl,
    },
    allowed_hosts: [host(google.url), host(world.tokenUrl), world.issuer.host],
    // The pool is made beside: the emulator's tokens come from no address that a function could look up.
    oauth_door: {
      cognito: { clients: { bridge: { callback_urls: ['http://127.0.0.1:8123/callback'] } } },
      issuers: [{ issuer: world.issuer.issuer, alias: DOOR_ALIAS }],
    },
    sign_in_issuer: google.issuer,
    sign_in_client_id: CLIENT_ID,
    rate_per_minute: 10_000,
    console: true,
    toolsets: ['calendar', 'aws'],
    aws_regions: [REGION],
  };
  const foundation = {
    aws: { regions: [REGION] },
    cognito: true,
    disposable: true,
    dns: { domain: DOMAIN, zone_id: zone },
    github: { repository: 'example/sallyport' },
    key_deletion_days: 7,
  };
  const write = (name: string, values: Readonly<Record<string, unknown>>): Promise<void> => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return writeFile(join(folder, 'terraform/environments', name), `${lines.join('\n')}\n`);
  };
  await write(`${ENVIRONMENT}.tfvars`, service);
  await write(`${ENVIRONMENT}.foundation.tfvars`, foundation);
}

const noLifecycle = (name: string): string =>
  `resource "aws_s3_bucket_lifecycle_configuration" "${name}" {\n  count = 0\n}\n`;

/**
 * By module. What the emulator does not keep, so that each plan would mend it: the type of a certificate's key, a trail's tags. And buckets' lifecycles,
 * which mean nothing there, and for each of which the provider waits a minute. All of it is asserted from plans of the roots as they are.
 */
const OVERRIDES = {
  bucket: noLifecycle('this'),
  certificate: 'resource "aws_acm_certificate" "this" {\n  key_algorithm = "RSA_2048"\n}\n',
  observability: `${noLifecycle('calls')}
resource "aws_cloudtrail" "calls" {\n  lifecycle {\n    ignore_changes = [tags, tags_all]\n  }\n}\n`,
};

export async function allowForTheEmulator({ folder }: World): Promise<void> {
  for (const [module, override] of Object.entries(OVERRIDES)) {
    await writeFile(join(folder, 'terraform/modules', module, 'emulator_override.tf'), override);
  }
}

export function operate({ commands }: World, name: string, ...args: readonly string[]): Promise<Ran> {
  return commands.script(`aws/${name}`, [ENVIRONMENT, '--yes', ...args]);
}

/** What a person gives, and what the command makes: that is read back, to be looked for. */
export async function setSecrets(world: World): Promise<void> {
  const { commands, given, secrets, emulator, clock } = world;
  const input = Object.entries({ ...given, 'sign-in-client-secret': given['google-client-secret'] })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
  await commands.script('aws/secrets', [ENVIRONMENT, '--yes', '--from-fd', '3'], { input });
  const client = new SSMClient({ endpoint: emulator.endpoint, region: REGION, credentials: TEST_CREDENTIALS });
  const made = [`/sallyport/${ENVIRONMENT}/hmac-master`, `/sallyport/${ENVIRONMENT}/origin-secret`];
  const values = await createParameterStore({ ttlSeconds: 5, clock, client }).read(made);
  for (const name of made) secrets.know(name, values[name]?.reveal() ?? '');
  client.destroy();
}

const openEdges = ({ emulator, server }: World): Promise<DeployedEdges> =>
  openDeployedEdges({
    environment: ENVIRONMENT,
    endpoint: emulator.endpoint,
    region: REGION,
    credentials: TEST_CREDENTIALS,
    server,
  });

export interface Deployed {
  readonly ran: Ran;
  readonly edges: DeployedEdges;
}

/** The first deployment. Its edges open when Terraform is done, which is when it begins to try the doors: until then no name leads anywhere. */
export async function deploy(world: World): Promise<Deployed> {
  let opening: Promise<DeployedEdges> | undefined;
  const onOutput = (text: string): void => {
    if (opening !== undefined || !text.includes('Trying the doors')) return;
    opening = openEdges(world).then(async (edges) => {
      await world.lead(edges.ports);
      return edges;
    });
    opening.catch(() => {});
  };
  const ran = await world.commands.script('aws/deploy', [ENVIRONMENT, '--yes'], { onOutput });
  if (opening === undefined) throw new Error(`the deployment tried no door:\n${ran.output}`);
  return { ran, edges: await opening };
}

/** The same zip with one more file in it: a new version of every function. */
export async function changeBundle({ folder }: World): Promise<void> {
  const path = join(folder, 'dist/lambda.zip');
  const files = unzipSync(await readFile(path));
  await writeFile(path, zipSync({ ...files, 'release.txt': Buffer.from('the next release\n') }));
}

/** Function to the version that its callers reach. */
export async function liveVersions({ emulator }: World): Promise<Readonly<Record<string, string>>> {
  const client = new LambdaClient({ endpoint: emulator.endpoint, region: REGION, credentials: TEST_CREDENTIALS });
  const versions: Record<string, string> = {};
  for (const name of FUNCTIONS) {
    const alias = new GetAliasCommand({ FunctionName: `sallyport-${ENVIRONMENT}-${name}`, Name: 'live' });
    versions[name] = (await client.send(alias)).FunctionVersion ?? '';
  }
  client.destroy();
  return versions;
}

/** The foundation is removed by hand: its state leaves the bucket first, for the bucket goes with it. */
export async function destroyFoundation({ commands, folder }: World): Promise<void> {
  const root = join(folder, 'terraform/foundation');
  await writeFile(join(root, 'last_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
  const files = [`-var-file=${join(folder, 'terraform/environments', `${ENVIRONMENT}.foundation.tfvars`)}`];
  for (const [program, args] of [
    ['scripts/terraform-init', [ENVIRONMENT, root, '-migrate-state', '-force-copy']],
    [
      'terraform',
      [`-chdir=${root}`, 'destroy', '-auto-approve', '-parallelism=30', `-var=environment=${ENVIRONMENT}`, ...files],
    ],
  ] as const) {
    const ran = await commands.run(program, args);
    if (ran.code !== 0) throw new Error(`${ran.what} ended with ${ran.code}:\n${ran.output}`);
  }
}
