import { createFetchApp } from '../adapters/http/fetch-app.ts';
import { createAgentApp } from '../agent/agent-app.ts';
import type { Environment } from '../config/load.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';
import { readConfig } from './config.ts';
import { withConsole } from './console.ts';
import { withCors } from './cors.ts';
import { behindEdge } from './edge.ts';
import { withIamDoor } from './iam-door.ts';
import { composeJwtVerifier, describeSignIn } from './issuers.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';
import { composeTurnDeps } from './turns.ts';

// Builds the Agent API: turns, and who may ask for them.

export async function composeAgent(environment: Environment, platform: Platform, log: Log): Promise<HttpApp> {
  const config = readConfig('agent', environment, platform);
  const { settings } = config;
  const { clock, random } = platform;
  const http = composeOutsideClient({ clock, random, log, allow: { hosts: settings.SALLYPORT_ALLOWED_HOSTS } });
  const deps = await composeTurnDeps('agent', config, platform, log);
  const app = createAgentApp({
    ...deps,
    log,
    verifyJwt: composeJwtVerifier({ issuers: settings.SALLYPORT_ISSUERS, http, clock, log }),
    signIn: describeSignIn(settings.SALLYPORT_AGENT_URL, settings.SALLYPORT_ISSUERS),
    config: { ...deps.config, iamScopes: settings.SALLYPORT_IAM_SCOPES },
  });
  const scheme = settings.SALLYPORT_AGENT_URL.startsWith('https:') ? 'https' : 'http';
  const served = createFetchApp((request, exchange) => app.fetch(request, exchange), scheme);
  const known = withIamDoor(served, settings.SALLYPORT_IAM_DOOR, environment, log);
  const open = withCors(known, 'agent', settings.SALLYPORT_CORS_ORIGINS, log);
  return behindEdge(await withConsole(open, config), config, log);
}
