import { Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';
import type { VerifyJwt } from '../trust/jwt.ts';
import { createAuthenticate } from './authenticate.ts';
import { routeConversations } from './conversation-routes.ts';
import { createConversationService } from './conversation-service.ts';
import { routeIdentity, type SignInDescription } from './identity-routes.ts';
import { type AgentEnv, type AgentExchange, routeContacts, routeService, routeTurns } from './routes.ts';
import { routeTools } from './tool-routes.ts';
import type { TurnConfig } from './turn-setting.ts';
import { createTurnParts, type TurnPartsDeps } from './turns.ts';

// The Agent API: who asks, what they ask, and how far the answer is. It holds no consent and makes no decision about a call: the MCP
// API does. Faults are thrown; the edge that runs this app answers them.

export interface AgentAppDeps extends Omit<TurnPartsDeps, 'config'> {
  readonly log: Log;
  /** Believes access tokens of the configured issuers; absent where there are none. */
  readonly verifyJwt?: VerifyJwt | undefined;
  /** Where persons sign in; nowhere unless given. */
  readonly signIn?: SignInDescription;
  readonly config?: Partial<AgentConfig>;
}

export interface AgentConfig extends Partial<TurnConfig> {
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
  // Behind an HTTP API 29 s are left at first: 202 goes out after 25.
  answerMarginMs: 4000,
  pollWaitMs: 5000,
  timeZone: 'UTC',
  iamScopes: [],
};

/** A request that nobody times, as in tests: the longest turn there is. */
const UNTIMED_MS = 300_000;

export interface AgentApp {
  fetch(request: Request, exchange?: AgentExchange): Promise<Response>;
}

export function createAgentApp(deps: AgentAppDeps): AgentApp {
  const { store, clock, random, model, tools, log } = deps;
  const config = { ...defaults, ...deps.config };
  const { turns, conversations, contacts, buildCatalog } = createTurnParts({ ...deps, config });
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
  const nowhere = { resource: '', issuers: [], logins: [] };
  routeIdentity(app, { ...routeDeps, signIn: deps.signIn ?? nowhere });
  return {
    async fetch(request, exchange = { requestId: '', remainingMs: UNTIMED_MS }) {
      return app.fetch(request, { exchange });
    },
  };
}
