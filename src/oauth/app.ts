import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { VerifyJwt } from '../trust/jwt.ts';
import type { Vault } from '../vault/vault.ts';
import { createAnswerNotice } from './answer-notice.ts';
import { addApprovalRoutes } from './approval-routes.ts';
import { createApprovals } from './approvals.ts';
import { createAuthentication } from './authentication.ts';
import { createBrowsers } from './browser.ts';
import { addCallbackRoutes } from './callback-routes.ts';
import { addConnectRoutes } from './connect-routes.ts';
import { addConnectionRoutes } from './connection-routes.ts';
import { answerFailure } from './failures.ts';
import { createFlows } from './flows.ts';
import { addGrantRoutes } from './grant-routes.ts';
import { createGrants } from './grants.ts';
import { addHomeRoutes } from './home-routes.ts';
import { addIdentityRoutes, type IdentityParts } from './identity-routes.ts';
import { createJobs } from './jobs.ts';
import { createLinkTickets } from './link-tickets.ts';
import { speakPlainly } from './plain-spoken.ts';
import type { GoogleAuthorization, SignIn } from './ports.ts';
import { addProofRoutes } from './proof-routes.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { createSessions } from './sessions.ts';
import type { OAuthSettings } from './settings.ts';
import { addSignInRoutes, type SignInParts } from './sign-in-routes.ts';
import { addSlackRoutes } from './slack/slack-routes.ts';
import { createTickets } from './tickets.ts';
import { addTokenRoutes } from './token-routes.ts';
import { MAX_BODY_BYTES, type OAuthEnv } from './web.ts';

// The OAuth API: where a person says yes, and nobody can say it for them. It holds consent and runs no model and no tool.

export interface OAuthAppOptions {
  /** The OAuth API's view of the store. */
  readonly store: KeyValueStore;
  readonly vault: Vault;
  readonly google: GoogleAuthorization;
  /** Absent where only tokens prove who someone is. */
  readonly signIn?: SignIn | undefined;
  /** Believes access tokens of the configured issuers, for linking; absent where there are none. */
  readonly verifyJwt?: VerifyJwt | undefined;
  /** To the agent's worker; without it turns go on when their clients ask. */
  readonly jobQueue?: JobQueue | undefined;
  /** What Slack signs its requests with. Absent where there is no Slack; with it, a queue must be there, too. */
  readonly slackSigningSecret?: Secret | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly config: OAuthSettings;
}

export interface OAuthApp {
  /** `exchange.requestId` names the request in answers and logs; one is made up without it. */
  fetch(request: Request, exchange?: { readonly requestId: string }): Promise<Response>;
  /** Every route as `METHOD /path`, for the document that describes them. */
  readonly routes: readonly string[];
}

function createParts(options: OAuthAppOptions): SignInParts & IdentityParts {
  const { clock, random, config, jobQueue, log } = options;
  const store = speakPlainly(options.store);
  const jobs = jobQueue === undefined ? undefined : createJobs({ store, queue: jobQueue, clock });
  const records = { store, clock, random };
  const browsers = createBrowsers({ publicUrl: config.publicUrl, random });
  const sessions = createSessions(records);
  return {
    config,
    clock,
    random,
    store,
    vault: speakPlainly(options.vault),
    google: options.google,
    signIn: options.signIn,
    browsers,
    sessions,
    authentication: createAuthentication({ store, clock, browsers, sessions }),
    tickets: createTickets(records),
    linkTickets: createLinkTickets({ ...records, publicUrl: config.publicUrl }),
    verifyJwt: options.verifyJwt,
    flows: createFlows(records),
    grants: createGrants(records),
    approvals: createApprovals({ ...records, tell: jobs && createAnswerNotice({ jobs, log }) }),
    jobs,
  };
}

export function createOAuthApp(options: OAuthAppOptions): OAuthApp {
  const parts = createParts(options);
  const app = new Hono<OAuthEnv>();
  const addSecurityHeaders = setSecurityHeaders(options.config.publicUrl);
  const requestIds = new WeakMap<Request, string>();

  app.use(async (context, next) => {
    const { clock, random, log } = options;
    const requestId = requestIds.get(context.req.raw) ?? encodeUlid(clock.nowMs(), random.bytes(10));
    context.set('requestId', requestId);
    context.set('log', log.child({ request_id: requestId }));
    await next();
    addSecurityHeaders(context);
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (context, methods) => {
        context.header('allow', methods.join(', '));
        const message = `This address takes ${methods.join(', ')}.`;
        return answerFailure(parts, context, new AppError('method_not_allowed', message));
      },
    }),
  );
  // Before the limit on forms: Slack sends along the message that was clicked.
  const { slackSigningSecret } = options;
  if (slackSigningSecret !== undefined) {
    if (parts.jobs === undefined) throw new AppError('misconfigured', 'Slack needs a queue of jobs.');
    addSlackRoutes(app, { ...parts, jobs: parts.jobs, slackSigningSecret });
  }
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new AppError('too_large', `A request here has at most ${MAX_BODY_BYTES} bytes.`);
      },
    }),
  );
  addHomeRoutes(app, parts);
  addConnectRoutes(app, parts);
  addCallbackRoutes(app, parts);
  addConnectionRoutes(app, parts);
  addGrantRoutes(app, parts);
  addApprovalRoutes(app, parts);
  addSignInRoutes(app, parts);
  addProofRoutes(app, parts);
  addIdentityRoutes(app, parts);
  addTokenRoutes(app, parts);
  app.notFound((context) =>
    answerFailure(parts, context, new AppError('not_found', 'There is nothing at this address.')),
  );
  app.onError((error, context) => answerFailure(parts, context, error));

  return {
    async fetch(request, exchange) {
      if (exchange !== undefined) requestIds.set(request, exchange.requestId);
      return app.fetch(request);
    },
    routes: app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
  };
}
