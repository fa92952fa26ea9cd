import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Door } from '../mcp/doors/door.ts';
import type { ToolSource } from '../mcp/tool-source.ts';
import type { HttpApp } from '../ports/http.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import { spellScopes } from '../trust/issuer-profile.ts';
import { withCors } from './cors.ts';
import { composeJwtVerifier } from './issuers.ts';
import type { Platform } from './service-handler.ts';

// The doors of the MCP API for callers without a certificate, imported only where one of them is the door.

export interface OtherDoorParts {
  readonly config: Config<'mcp'>;
  readonly store: KeyValueStore;
  readonly http: OutsideClient;
  readonly tools: ToolSource;
  readonly platform: Platform;
  readonly log: Log;
}

/** A door, and what stands before the app beside it. */
export interface ComposedDoor {
  readonly door: Door;
  readonly before: (app: HttpApp) => HttpApp;
}

async function composeOAuthDoor(parts: OtherDoorParts): Promise<ComposedDoor> {
  const { config, store, http, tools, platform, log } = parts;
  const { SALLYPORT_ISSUERS: issuers, SALLYPORT_MCP_URL: mcpUrl, SALLYPORT_OAUTH_URL: oauthUrl } = config.settings;
  const [first, ...others] = issuers;
  const verifyJwt = composeJwtVerifier({ issuers, http, clock: platform.clock, log });
  if (first === undefined || verifyJwt === undefined) {
    throw new AppError('misconfigured', 'The OAuth door needs SALLYPORT_ISSUERS.');
  }
  const { createOAuthDoor } = await import('../mcp/doors/oauth-door.ts');
  const { withProtectedResource } = await import('../mcp/doors/protected-resource.ts');
  const scopes = (): readonly string[] =>
    [...new Set(tools.tools().flatMap(({ declaration }) => declaration.scopes))].sort();
  const resource = {
    resource: mcpUrl,
    issuers: issuers.map(({ issuer }) => issuer),
    scopes: () => spellScopes(first, scopes()),
  };
  const door = createOAuthDoor({
    store,
    verifyJwt,
    issuers: [first, ...others],
    mcpUrl,
    scopes,
    linkUrl: `${oauthUrl}/identities`,
    log,
  });
  return { door, before: (app) => withProtectedResource(app, resource) };
}

async function composeKeyDoor({ store, platform, log }: OtherDoorParts): Promise<ComposedDoor> {
  const { createKeyDoor } = await import('../mcp/doors/key-door.ts');
  return { door: createKeyDoor({ store, clock: platform.clock, log }), before: (app) => app };
}

/** Pages of the configured origins may call both; the agent door is none for browsers. */
export async function composeOtherDoor(kind: 'key' | 'oauth', parts: OtherDoorParts): Promise<ComposedDoor> {
  // Clients here begin with what the SDK serves. Loaded now, while Lambda gives a whole processor to the start.
  await import('../mcp/protocol/sdk-server.ts');
  const { door, before } = await (kind === 'key' ? composeKeyDoor(parts) : composeOAuthDoor(parts));
  const { SALLYPORT_CORS_ORIGINS: pages } = parts.config.settings;
  return { door, before: (app) => withCors(before(app), kind, pages, parts.log) };
}
