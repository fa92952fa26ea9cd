import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChildConnector } from '../adapters/upstreams/child-connector.ts';
import { createReaper, type Reaper } from '../adapters/upstreams/reaper.ts';
import type { Config, Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { ToolFault, ToolSource } from '../mcp/tool-source.ts';
import { fillPlaceholders, type Lookup, lookUpVariable } from '../mcp/upstreams/placeholders.ts';
import type { ChildLaunch, HttpLaunch, ServerConfig } from '../mcp/upstreams/server-config.ts';
import { createUpstream } from '../mcp/upstreams/upstream.ts';
import { createUpstreamSource, type UpstreamPart } from '../mcp/upstreams/upstream-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { Random } from '../ports/random.ts';
import type { UpstreamConnector } from '../ports/upstream.ts';
import { readBelievedServers } from './believed-servers.ts';
import type { Platform } from './service-handler.ts';
import { composeHttpConnector, composeLambdaConnector, serverSecretReader } from './upstream-http.ts';

// Builds the gateway: the way to each server of the folder, and its tools beside ours. Nothing is started or reached here: that is for the first call.

export interface GatewayParts {
  readonly directory: string;
  /** Each server's own folders, by person where it has them, lie in here. */
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly http: OutsideClient;
  readonly secrets: () => Promise<Secret | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What a program needs to run at all, and nothing that is ours. */
const ALWAYS_PASSED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** What placeholders stand for in this server's entry. */
function lookupFor(config: ServerConfig, parts: GatewayParts, dataFolder: string): Lookup {
  const readSecret = serverSecretReader(parts.secrets);
  return async (name) => {
    if (name === 'data') return dataFolder;
    if (name === 'servers') return parts.directory;
    if (name.startsWith('secret:')) return (await readSecret(name.slice('secret:'.length))).reveal();
    return lookUpVariable(name, config.passes, parts.environment);
  };
}

async function fillAll(texts: Readonly<Record<string, string>>, lookup: Lookup): Promise<Record<string, string>> {
  const filled = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => [name, await fillPlaceholders(text, lookup)] as const),
  );
  return Object.fromEntries(filled);
}

function childConnector(config: ServerConfig, launch: ChildLaunch, parts: GatewayParts, reaper: Reaper) {
  const { environment, clock, log } = parts;
  return createChildConnector({
    reaper,
    clock,
    log: log.child({ server: config.name }),
    async spec(tenant) {
      const dataFolder = join(parts.dataFolder, config.name, tenant ?? 'shared');
      const lookup = lookupFor(config, parts, dataFolder);
      const base = Object.fromEntries(
        ALWAYS_PASSED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
      );
      return {
        command: await fillPlaceholders(launch.command, lookup),
        args: await Promise.all(launch.args.map((argument) => fillPlaceholders(argument, lookup))),
        environment: { ...base, ...(await fillAll(launch.env, lookup)) },
        cwd: launch.cwd,
        dataFolder,
      };
    },
  });
}

/** The way is made when it is first gone: headers may hold secrets, which are read then. */
function httpConnector(config: ServerConfig, launch: HttpLaunch, parts: GatewayParts): UpstreamConnector {
  let made: Promise<UpstreamConnector> | undefined;
  const make = async (): Promise<UpstreamConnector> => {
    const { name, timeoutMs } = config;
    const headers = await fillAll(launch.headers, lookupFor(config, parts, parts.dataFolder));
    const lower = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
    return composeHttpConnector({ name, url: launch.url, auth: launch.auth, headers: lower, timeoutMs }, parts);
  };
  return {
    async connect(options) {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return (await made).connect(options);
    },
  };
}

/** A function starts no other program beside itself: its own credentials lie in its memory and its environment. */
const noChildHere: UpstreamConnector = {
  async connect() {
    throw new AppError(
      'misconfigured',
      'It is a program of its own, which needs a function of its own: "sallyport": {"kind": "lambda"}, and make deploy-gateway',
    );
  },
};

export function connectorFor(config: ServerConfig, parts: GatewayParts, reaper: Reaper): UpstreamConnector {
  const { launch } = config;
  if (launch.kind === 'http') return httpConnector(config, launch, parts);
  const onLambda = parts.environment['AWS_LAMBDA_FUNCTION_NAME'] !== undefined;
  if (launch.kind === 'lambda') {
    return onLambda ? composeLambdaConnector(config, parts) : childConnector(config, launch.child, parts, reaper);
  }
  return onLambda ? noChildHere : childConnector(config, launch, parts, reaper);
}

export function startReaper(log: Log): Reaper {
  return createReaper(() => log.warn('upstream.no_reaper'));
}

/** Every server of which something is offered, and what is missing. */
export interface Gateway {
  readonly upstreams: readonly UpstreamPart[];
  readonly missing: readonly ToolFault[];
  close(): Promise<void>;
}

export function openGateway(parts: GatewayParts): Gateway {
  const { clock, log } = parts;
  const { servers, faults } = readBelievedServers(parts.directory);
  const reaper = startReaper(log);
  const missing = [...faults, ...servers.flatMap(({ belief }) => belief.faults)];
  for (const { name, code } of missing) log.error('upstream.fault', { name, code });
  const upstreams = servers
    .filter(({ belief }) => belief.tools.length > 0)
    .map(({ config, approved = [], belief }) => {
      const connector = connectorFor(config, parts, reaper);
      return { upstream: createUpstream({ config, approved, connector, clock, log }), believed: belief.tools };
    });
  const close = async (): Promise<void> => void (await Promise.all(upstreams.map(({ upstream }) => upstream.close())));
  return { upstreams, missing, close };
}

/** One gateway for all doors of a machine: a person's child is one, whichever door they come by. */
export interface GatewayShare {
  /** What children may be passed of, where the services' own environments were made up. */
  readonly environment: Environment;
  get(open: () => Gateway): Gateway;
  close(): Promise<void>;
}

export function createGatewayShare(environment: Environment): GatewayShare {
  let opened: Gateway | undefined;
  return {
    environment,
    get(open) {
      opened ??= open();
      return opened;
    },
    close: async () => opened?.close(),
  };
}

export interface GatewayServiceParts {
  readonly config: Config<'mcp'>;
  readonly environment: Environment;
  readonly directory: string;
  readonly platform: Platform;
  readonly http: OutsideClient;
  readonly log: Log;
}

/** Our own tools and those of the servers in the folder. */
export function withGateway(own: ToolSource, parts: GatewayServiceParts): ToolSource {
  const { config, platform, directory } = parts;
  const { settings, secrets } = config;
  const name = 'SALLYPORT_SERVER_SECRETS';
  const open = (): Gateway =>
    openGateway({
      directory,
      dataFolder: settings.SALLYPORT_SERVERS_DATA ?? join(tmpdir(), 'sallyport-servers'),
      environment: platform.gateway?.environment ?? parts.environment,
      http: parts.http,
      secrets: async () => (secrets.has(name) ? secrets.read(name) : undefined),
      clock: platform.clock,
      random: platform.random,
      log: parts.log,
    });
  const { upstreams, missing } = platform.gateway?.get(open) ?? open();
  return createUpstreamSource(own, upstreams, missing);
}
