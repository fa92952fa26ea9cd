import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../config/load.ts';
import { settings } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { ToolFault } from '../mcp/tool-source.ts';
import { systemCode } from '../mcp/upstreams/cause.ts';
import { compareOffer, type OfferedTool } from '../mcp/upstreams/offer.ts';
import type { Log } from '../ports/log.ts';
import type { UpstreamTool } from '../ports/upstream.ts';
import { type BelievedServer, readBelievedServers } from './believed-servers.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';
import { connectorFor, startReaper } from './upstreams.ts';

// The servers of the folder as an operator looks at them: each is reached the way the gateway reaches it, asked for its tools and left again. No tool
// is called. A child gets an empty folder of its own that is gone afterwards, so that a look changes nothing of what a server keeps.

export interface LookOptions {
  readonly directory: string;
  readonly environment: Environment;
  /** For whom servers are asked that have a connection for each person. */
  readonly person?: string | undefined;
  /** For one server, all in all. */
  readonly deadlineMs: number;
  readonly platform: Pick<Platform, 'clock' | 'random'>;
  readonly log: Log;
}

export interface PresentServer {
  readonly name: string;
  readonly version: string;
  readonly revision: string;
  readonly tools: readonly UpstreamTool[];
}

export interface ServerLook {
  readonly server: BelievedServer;
  /** Undefined where it was not asked, or did not answer. */
  readonly present: PresentServer | undefined;
  /** Why it did not answer. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  readonly offer: readonly OfferedTool[];
}

export interface ServerLooks {
  readonly directory: string;
  readonly servers: readonly BelievedServer[];
  /** Of the list itself, and of servers that cannot be read. */
  readonly faults: readonly ToolFault[];
  /** Never rejects for what is wrong with the server. */
  look(server: BelievedServer): Promise<ServerLook>;
  /** The same without asking it. */
  unasked(server: BelievedServer): ServerLook;
  close(): void;
}

function allowedHosts(environment: Environment): readonly string[] {
  const given = environment['SALLYPORT_ALLOWED_HOSTS'];
  const parsed = settings.mcp.shape.SALLYPORT_ALLOWED_HOSTS.safeParse(given === '' ? undefined : given);
  if (parsed.success) return parsed.data;
  throw new AppError('misconfigured', `SALLYPORT_ALLOWED_HOSTS: ${parsed.error.issues[0]?.message ?? 'is not right'}.`);
}

/** With the system's own word for what is wrong with the network, which tells an operator where to look: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
function inWords(error: AppError): string {
  const code = systemCode(error);
  return code === undefined ? error.message : error.message.replace(/\.$/, ` (${code}).`);
}

/** Entries of approved.json that no server is called. */
function strays(approved: Iterable<string>, servers: readonly BelievedServer[], faults: readonly ToolFault[]) {
  const known = new Set([...servers.map(({ config }) => config.name), ...faults.map(({ name }) => name)]);
  const message = 'approved.json speaks of it, and no server has that name.';
  return [...approved]
    .filter((name) => !known.has(name))
    .map((name): ToolFault => ({ name, code: 'server_unknown', message }));
}

/** Throws AppError `misconfigured` when the folder or `approved.json` cannot be read. */
export function openServerLooks(options: LookOptions): ServerLooks {
  const { environment, person, deadlineMs, platform, log } = options;
  const { directory, servers, faults, approved } = readBelievedServers(options.directory);
  const http = composeOutsideClient({ ...platform, log, allow: { hosts: allowedHosts(environment) } });
  const dataFolder = mkdtempSync(join(tmpdir(), 'sallyport-look-'));
  const secrets = environment['SALLYPORT_SERVER_SECRETS'] ?? '';
  const parts = {
    ...platform,
    directory,
    dataFolder,
    environment,
    http,
    log,
    secrets: async () => (secrets === '' ? undefined : createSecret(secrets)),
  };
  const reaper = startReaper(log);

  /** A child of nobody's in particular will do; another system asks for whom. */
  function tenantOf({ config: { tenant, launch } }: BelievedServer): string | undefined {
    if (tenant === 'none') return undefined;
    return person ?? (launch.kind === 'http' ? undefined : 'look');
  }

  async function ask(server: BelievedServer): Promise<PresentServer> {
    const signal = AbortSignal.timeout(deadlineMs);
    const connection = await connectorFor(server.config, parts, reaper).connect({ tenant: tenantOf(server), signal });
    try {
      const tools = await connection.listTools(signal);
      return { ...connection.server, revision: connection.protocolVersion, tools };
    } finally {
      await connection.close();
    }
  }

  const unasked = (server: BelievedServer): ServerLook => ({
    server,
    present: undefined,
    failure: undefined,
    offer: compareOffer(server.config, server.approved ?? []),
  });

  return {
    directory,
    servers,
    faults: [...faults, ...strays(approved.keys(), servers, faults)],
    unasked,
    async look(server) {
      try {
        const present = await ask(server);
        return {
          ...unasked(server),
          present,
          offer: compareOffer(server.config, server.approved ?? [], present.tools),
        };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { ...unasked(server), failure: { code: error.code, message: inWords(error) } };
      }
    },
    close: () => rmSync(dataFolder, { recursive: true, force: true }),
  };
}
