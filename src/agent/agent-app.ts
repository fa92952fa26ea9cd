import { Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationStore } from '../ports/conversation-store.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Model } from '../ports/model.ts';
import type { Random } from '../ports/random.ts';
import type { ToolClient } from '../ports/tool-client.ts';
import type { VerifyJwt } from '../trust/jwt.ts';
import { createArgumentCheck } from './argument-check.ts';
import { createAuthenticate } from './authenticate.ts';
import { createContacts } from './contacts.ts';
import { createConversations } from './conversation.ts';
import { routeConversations } from './conversation-routes.ts';
import { createConversationService } from './conversation-service.ts';
import { type AgentEnv, type AgentExchange, routeContacts, routeService, routeTurns } from './routes.ts';
import { createCatalogBuilder, type ToolHashes } from './tool-catalog.ts';
import { routeTools } from './tool-routes.ts';
import { createTurnRunner } from './turn.ts';
import { createTurnService } from './turn-service.ts';
import type { TurnConfig } from './turn-setting.ts';

// The Agent API: who asks, what they ask, and how far the answer is. It holds no consent and makes no decision about a call: the MCP
// API does. Faults are thrown; the edge that runs this app answers them.

export interface AgentAppDeps {
  /** The agent's view of the store. */
  readonly store: KeyValueStore;
  readonly conversations: ConversationStore;
  readonly model: Model;
  readonly tools: ToolClient;
  readonly toolHashes: ToolHashes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Believes access tokens of the configured issuers; absent where there are none. */
  readonly verifyJwt?: VerifyJwt | undefined;
  readonly config?: Partial<AgentConfig>;
}

export interface AgentConfig extends TurnConfig {
  /** A request is answered this long before the platform gives up on it. */
  readonly answerMarginMs: number;
  /** How long `GET /turns/{id}` waits for a turn that runs in this process: a function that is frozen between requests works meanwhile. */
  readonly pollWaitMs: number;
  /** For requests that name no time zone. */
  readonly timeZone: string;
  /** The most that may be delegated for whoever comes by an AWS identity. */
  readonly iamScopes: readonly string[];
}

const defaults: AgentConfig = {
  maxSteps: 8,
  turnMs: 300_000,
  windowTokens: 64_000,
  maxTokens: 100_000,
  maxOutputTokens: 4096,
  modelTimeoutMs: 45_000,
  callTimeoutMs: 25_000,
  // Behind an HTTP API 29 s are left at first: 202 goes out after 25.
  answerMarginMs: 4000,
  pollWaitMs: 5000,
  timeZone: 'UTC',
  iamScopes: [],
};

export interface AgentApp {
  fetch(request: Request, exchange?: AgentExchange): Promise<Response>;
}

export function createAgentApp(deps: AgentAppDeps): AgentApp {
  const { store, clock, random, model, tools, log } = deps;
  const config = { ...defaults, ...deps.config };
  const contacts = createContacts(store);
  const conversations = createConversations({ store: deps.conversations, clock, random });
  const buildCatalog = createCatalogBuilder(deps.toolHashes);
  const checkArguments = createArgumentCheck();
  const runTurn = createTurnRunner({
    model,
    tools,
    buildCatalog,
    checkArguments,
    conversations,
    contacts,
    clock,
    config,
  });
  const turns = createTurnService({ store, conversations, runTurn, clock, random });
  const authenticate = createAuthenticate({ store, clock, verifyJwt: deps.verifyJwt, iamScopes: config.iamScopes });
  const routeDeps = { authenticate, random, log, config, modelName: model.name };

  const app = new Hono<AgentEnv>();
  // Faults belong to the edge: Hono would log and answer them in its own way.
  app.onError((error) => {
    throw error;
  });
  app.notFound(() => {
    throw new AppError('not_found', 'There is nothing at this address.');
  });
  routeService(app);
  routeTurns(app, turns, routeDeps);
  routeContacts(app, contacts, routeDeps);
  const owned = createConversationService({ store: deps.conversations, conversations, turns, clock });
  routeConversations(app, owned, { ...routeDeps, clock });
  routeTools(app, { ...routeDeps, tools, buildCatalog });
  return {
    async fetch(request, exchange = { requestId: '', remainingMs: config.turnMs }) {
      return app.fetch(request, { exchange });
    },
  };
}
