import { describeFault } from '../adapters/log/json-log.ts';
import type { Config, Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret, type Secret } from '../kernel/secret.ts';
import { createMcpApp } from '../mcp/app.ts';
import { createApprovals } from '../mcp/approvals.ts';
import { createAgentDoor } from '../mcp/doors/agent-door.ts';
import type { Door } from '../mcp/doors/door.ts';
import { createManifest, createManifestPublisher, type ManifestPublisher } from '../mcp/manifest.ts';
import { createRateLimit } from '../mcp/rate-limit.ts';
import { createSchemaValidators } from '../mcp/schema-validators.ts';
import type { ToolSource } from '../mcp/tool-source.ts';
import type { HttpApp } from '../ports/http.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { readConfig } from './config.ts';
import { composeGoogleTokens } from './google.ts';
import { composeLongCalls } from './long-calls.ts';
import type { ComposedDoor, OtherDoorParts } from './other-doors.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';
import { composeToolSource } from './tools.ts';

// Builds the MCP API: one door, the tools behind it, and the stores and services that they need.

const SERVER_INFO = { name: 'sallyport', version: '0.1.0' } as const;

interface Parts {
  readonly config: Config<'mcp'>;
  readonly store: KeyValueStore;
  readonly platform: Platform;
  readonly log: Log;
}

interface ManifestParts {
  readonly store: KeyValueStore;
  readonly tools: ToolSource;
  readonly log: Log;
}

async function readMaster(config: Config<'mcp'>): Promise<Secret<Uint8Array>> {
  const master = Buffer.from((await config.secrets.read('SALLYPORT_HMAC_MASTER')).reveal(), 'base64url');
  if (master.length < 32) throw new AppError('misconfigured', 'SALLYPORT_HMAC_MASTER must be 32 bytes in base64url.');
  return createSecret(new Uint8Array(master));
}

/** The newest master, and the last known one while Parameter Store is away: calls do not depend on it. */
function rememberingMaster(config: Config<'mcp'>, first: Secret<Uint8Array>): () => Promise<Secret<Uint8Array>> {
  let last = first;
  return async () => {
    try {
      last = await readMaster(config);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    }
    return last;
  };
}

async function composeAgentDoor({ config, store, platform, log }: Parts): Promise<Door> {
  const { settings } = config;
  const { clock, random } = platform;
  const url = new URL(settings.SALLYPORT_MCP_URL);
  const hmacMaster = await readMaster(config);
  return createAgentDoor({
    store,
    hmacMaster,
    readMaster: rememberingMaster(config, hmacMaster),
    authority: url.host,
    path: url.pathname,
    mcpUrl: settings.SALLYPORT_MCP_URL,
    trustDomain: settings.SALLYPORT_TRUST_DOMAIN,
    environment: settings.SALLYPORT_ENVIRONMENT,
    expectedApi: { apiId: settings.SALLYPORT_API_ID, stage: settings.SALLYPORT_STAGE },
    clock,
    random,
    log,
  });
}

async function composeDoor(parts: OtherDoorParts): Promise<ComposedDoor> {
  const { SALLYPORT_DOOR: kind } = parts.config.settings;
  // The agent door is none for browsers: their preflight has no client certificate.
  if (kind === 'agent') return { door: await composeAgentDoor(parts), before: (app) => app };
  if (kind === 'none')
    throw new AppError('misconfigured', 'SALLYPORT_DOOR=none is for the worker of calls, not for an API.');
  return (await import('./other-doors.ts')).composeOtherDoor(kind, parts);
}

/** Made when somebody first lists the tools: hashing them all takes longer than a call. */
function composeManifest({ store, tools, log }: ManifestParts): () => Promise<void> {
  let publisher: ManifestPublisher | undefined;
  return () => {
    publisher ??= createManifestPublisher({
      store,
      manifest: createManifest(
        SERVER_INFO,
        tools.tools().map((tool) => tool.declaration),
      ),
      onError: (error) => log.warn('manifest.not_published', { cause: describeFault(error) }),
    });
    return publisher.publish();
  };
}

export async function composeMcp(environment: Environment, platform: Platform, log: Log): Promise<HttpApp> {
  const config = readConfig('mcp', environment, platform);
  const { settings } = config;
  const { clock, random } = platform;
  const store = await openServiceStore('mcp', config, platform, log);
  const http = composeOutsideClient({ clock, random, log, allow: { hosts: settings.SALLYPORT_ALLOWED_HOSTS } });
  const tokens = await composeGoogleTokens({ config, store, platform, log, http });
  const tools = await composeToolSource({ config, platform, http, tokens, store }, environment, log);
  const { door, before } = await composeDoor({ config, store, http, tools, platform, log });
  const longCalls = composeLongCalls({ config, store, tools, platform });
  const isAgentDoor = settings.SALLYPORT_DOOR === 'agent';
  const pages = isAgentDoor ? [] : settings.SALLYPORT_CORS_ORIGINS;
  const app = createMcpApp({
    door,
    tools,
    approvals: createApprovals({
      store,
      clock,
      random,
      confirm: settings.SALLYPORT_CONFIRM,
      approvalUrl: (id) => `${settings.SALLYPORT_OAUTH_URL}/approvals/${id}`,
    }),
    rateLimit: createRateLimit({ store, clock, perMinute: settings.SALLYPORT_RATE_PER_MINUTE }),
    schemas: createSchemaValidators(),
    ...(longCalls !== undefined && { longCalls }),
    serverInfo: SERVER_INFO,
    allowedOrigins: [...settings.SALLYPORT_ALLOWED_ORIGINS, ...pages],
    listByScopes: !isAgentDoor,
    publishManifest: composeManifest({ store, tools, log }),
    log,
    clock,
  });
  return before(app);
}
