import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildServer, CannotBuild, type ServerSource } from '../../../build/build-server.ts';
import { createOutsideClient } from '../../../src/adapters/http/outside-client.ts';
import { createLambdaConnector } from '../../../src/adapters/upstreams/lambda-connector.ts';
import { readBelievedServers } from '../../../src/compose/believed-servers.ts';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { ServerConfig } from '../../../src/mcp/upstreams/server-config.ts';
import type { Log } from '../../../src/ports/log.ts';
import { type Context, EXIT } from './command.ts';
import { Stop } from './stop.ts';

// Servers of the folder that become functions of their own: which there are, their zips, and whether a deployed one answers.

export const SERVERS_FOLDER = 'dist/servers';
/** What the wrapper's own start and answer may take beside a call. */
const START_SECONDS = 10;
const LONGEST_SECONDS = 900;
const TRY_MS = 40_000;
const PLACEHOLDER = /\$\{[^}]*\}/g;

/** As Terraform's variable `servers` wants it. */
export interface DeployedServer {
  readonly bundle: string;
  readonly runtime: string;
  readonly timeout_seconds: number;
}

function sourceOf(config: ServerConfig): ServerSource {
  const { name, launch, timeoutMs } = config;
  if (launch.kind !== 'lambda') throw new CannotBuild(`its entry has no "sallyport": {"kind": "lambda"}.`);
  const { command, args, env, cwd } = launch.child;
  const used = [...args, ...Object.values(env)].flatMap((text) => text.match(PLACEHOLDER) ?? []);
  if (used.length > 0) {
    throw new CannotBuild(`its entry uses ${used[0]}: a function is given its texts as they are, and no secrets.`);
  }
  // The runtime's own, however this machine calls it.
  const python = /(?:^|\/)python3?$/.test(command);
  return { name, command: python ? 'python' : command, args, env, pass: [], timeoutSeconds: timeoutMs / 1000, cwd };
}

/** `only`: one of them, by name. Throws `Stop` where there is nothing to deploy. */
export function findServers(only?: string): readonly ServerConfig[] {
  const folder = process.env['SALLYPORT_SERVERS_DIR'] ?? 'servers';
  if (!existsSync(folder)) {
    throw new Stop(EXIT.missing, `There is no folder ${folder}.`, { next: 'docs/adding-a-server.md' });
  }
  const { servers, faults } = readBelievedServers(folder);
  for (const { name, message } of faults) {
    if (only === undefined || name === only) throw new Stop(EXIT.missing, `${name}: ${message}`);
  }
  const configs = servers.map(({ config }) => config);
  const found =
    only === undefined
      ? configs.filter(({ launch }) => launch.kind === 'lambda')
      : configs.filter(({ name }) => name === only);
  if (only !== undefined && found.length === 0)
    throw new Stop(EXIT.missing, `There is no server ${only} in ${folder}.`);
  return found;
}

export async function buildServers(
  configs: readonly ServerConfig[],
  { say }: Pick<Context, 'say'>,
): Promise<Readonly<Record<string, DeployedServer>>> {
  mkdirSync(SERVERS_FOLDER, { recursive: true });
  const built: Record<string, DeployedServer> = {};
  for (const config of configs) {
    const { name, timeoutMs } = config;
    say(`Building ${name} …`);
    try {
      const { zip, runtime } = await buildServer(sourceOf(config));
      const bundle = resolve(join(SERVERS_FOLDER, `${name}.zip`));
      writeFileSync(bundle, zip);
      const seconds = Math.min(Math.ceil(timeoutMs / 1000) + START_SECONDS, LONGEST_SECONDS);
      built[name] = { bundle, runtime, timeout_seconds: seconds };
    } catch (error) {
      if (!(error instanceof CannotBuild)) throw error;
      throw new Stop(EXIT.failed, `${name} cannot be built. Nothing was changed.\n${error.message}`);
    }
  }
  return built;
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => silent, metric: () => {} };

/** Asks a deployed server for its tools, with the operator's own credentials. */
export async function tryServer(name: string, functionName: string, region: string): Promise<readonly string[]> {
  const clock = { nowMs: () => Date.now() };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const { AWS_ENDPOINT_URL_LAMBDA: own, AWS_ENDPOINT_URL: all } = process.env;
  const endpoint = own ?? all;
  const connector = createLambdaConnector({
    name,
    functionName,
    region,
    http: createOutsideClient({ clock, random, log: silent, allow: { hosts: [] } }),
    clock,
    timeoutMs: TRY_MS,
    ...(endpoint !== undefined && { endpoint }),
  });
  const signal = AbortSignal.timeout(TRY_MS);
  try {
    const connection = await connector.connect({ signal });
    const tools = await connection.listTools(signal);
    await connection.close();
    return tools.map((tool) => tool.name);
  } catch (error) {
    const why = error instanceof AppError ? error.message : String(error);
    throw new Stop(EXIT.failed, `${name} is deployed and does not answer: ${why}`, {
      next: `aws logs tail /aws/lambda/${functionName}`,
    });
  }
}
