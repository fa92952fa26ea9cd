import { createFetchApp } from '../adapters/http/fetch-app.ts';
import { createMcpToolClient } from '../adapters/http/mcp-client.ts';
import { createAgentApp } from '../agent/agent-app.ts';
import toolHashes from '../agent/tool-hashes.json' with { type: 'json' };
import type { Environment } from '../config/load.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';
import { readConfig } from './config.ts';
import { withConsole } from './console.ts';
import { openConversations } from './conversations.ts';
import { withCors } from './cors.ts';
import { behindEdge } from './edge.ts';
import { withIamDoor } from './iam-door.ts';
import { composeJwtVerifier, describeSignIn } from './issuers.ts';
import { composeModel } from './model.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';

// Builds the Agent API: a model, the way to the MCP API's doors, and the agent's own records.

export async function composeAgent(environment: Environment, platform: Platform, log: Log): Promise<HttpApp> {
  const config = readConfig('agent', environment, platform);
  const { settings, secrets } = config;
  const { clock, random } = platform;
  const model = await composeModel({
    model: settings.SALLYPORT_MODEL,
    fallbacks: settings.SALLYPORT_MODEL_FALLBACKS,
    baseUrls: {
      openai: settings.OPENAI_BASE_URL,
      anthropic: settings.ANTHROPIC_BASE_URL,
      gemini: settings.GEMINI_BASE_URL,
      deepseek: settings.DEEPSEEK_BASE_URL,
    },
    keys: secrets,
    log,
  });
  const tools = createMcpToolClient({
    credentials: platform.credentials ?? (async () => (await secrets.read('SALLYPORT_CREDENTIALS')).reveal()),
    mcpUrl: settings.SALLYPORT_MCP_URL,
    clock,
    random,
    log,
  });
  const http = composeOutsideClient({ clock, random, log, allow: { hosts: settings.SALLYPORT_ALLOWED_HOSTS } });
  const store = await openServiceStore('agent', config, platform, log);
  const app = createAgentApp({
    store,
    conversations: await openConversations(store, config, platform, log),
    model,
    tools,
    toolHashes,
    clock,
    random,
    log,
    verifyJwt: composeJwtVerifier({ issuers: settings.SALLYPORT_ISSUERS, http, clock, log }),
    signIn: describeSignIn(settings.SALLYPORT_AGENT_URL, settings.SALLYPORT_ISSUERS),
    config: {
      turnMs: settings.SALLYPORT_TURN_SECONDS * 1000,
      windowTokens: settings.SALLYPORT_MODEL_WINDOW,
      maxTokens: settings.SALLYPORT_TURN_TOKENS,
      iamScopes: settings.SALLYPORT_IAM_SCOPES,
    },
  });
  const scheme = settings.SALLYPORT_AGENT_URL.startsWith('https:') ? 'https' : 'http';
  const served = createFetchApp((request, exchange) => app.fetch(request, exchange), scheme);
  const known = withIamDoor(served, settings.SALLYPORT_IAM_DOOR, environment, log);
  const open = withCors(known, 'agent', settings.SALLYPORT_CORS_ORIGINS, log);
  return behindEdge(await withConsole(open, config), config, log);
}
