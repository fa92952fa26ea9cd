import { createFetchApp } from '../adapters/http/fetch-app.ts';
import type { Config, Environment } from '../config/load.ts';
import { createOAuthApp } from '../oauth/app.ts';
import type { SignIn } from '../oauth/ports.ts';
import { type OAuthSettings, scopesOf } from '../oauth/settings.ts';
import type { HttpApp } from '../ports/http.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import { readConfig } from './config.ts';
import { behindEdge } from './edge.ts';
import { composeGoogleOAuth, composeVault } from './google.ts';
import { composeJwtVerifier } from './issuers.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';

// Builds the OAuth API: consent, grants and approvals. No model and no tool is anywhere near.

type Settings = Config<'oauth'>['settings'];

async function oauthSettings(settings: Settings): Promise<OAuthSettings> {
  const servers = settings.SALLYPORT_SERVERS_DIR;
  const theirs = servers === undefined ? {} : (await import('./believed-servers.ts')).believedScopes(servers);
  return {
    publicUrl: settings.SALLYPORT_OAUTH_URL,
    agents: settings.SALLYPORT_AGENTS.map((id) => ({ id, name: id.replace(/^agent\//, '') })),
    scopes: { ...theirs, ...scopesOf(settings.SALLYPORT_TOOLSETS) },
    grantDays: settings.SALLYPORT_GRANT_DAYS,
    googleOrigin: new URL(settings.GOOGLE_AUTH_URL).origin,
  };
}

async function composeSignIn(
  config: Config<'oauth'>,
  platform: Platform,
  http: OutsideClient,
): Promise<SignIn | undefined> {
  const { settings, secrets } = config;
  const { SALLYPORT_SIGN_IN_ISSUER: issuer, SALLYPORT_SIGN_IN_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  const { createSignIn } = await import('../oauth/sign-in.ts');
  const name = 'SALLYPORT_SIGN_IN_CLIENT_SECRET';
  return createSignIn({
    issuer,
    alias: settings.SALLYPORT_SIGN_IN_ALIAS,
    clientId,
    ...(secrets.has(name) ? { clientSecret: await secrets.read(name) } : {}),
    http,
    clock: platform.clock,
  });
}

async function composeJobQueue(config: Config<'oauth'>, platform: Platform): Promise<JobQueue | undefined> {
  const { SALLYPORT_JOBS_QUEUE_URL: queueUrl } = config.settings;
  if (queueUrl === undefined) return platform.jobQueue;
  const { createSqsJobQueue } = await import('../adapters/aws/sqs-job-queue.ts');
  return createSqsJobQueue({ queueUrl });
}

export async function composeOAuth(environment: Environment, platform: Platform, log: Log): Promise<HttpApp> {
  const config = readConfig('oauth', environment, platform);
  const { clock, random } = platform;
  const store = await openServiceStore('oauth', config, platform, log);
  const http = composeOutsideClient({ clock, random, log, allow: { hosts: config.settings.SALLYPORT_ALLOWED_HOSTS } });
  const parts = { config, store, platform, log, http };
  const signIn = await composeSignIn(config, platform, http);
  const app = createOAuthApp({
    store,
    vault: await composeVault(parts),
    google: await composeGoogleOAuth(parts),
    jobQueue: await composeJobQueue(config, platform),
    ...(config.secrets.has('SLACK_SIGNING_SECRET') && {
      slackSigningSecret: await config.secrets.read('SLACK_SIGNING_SECRET'),
    }),
    clock,
    random,
    log,
    config: await oauthSettings(config.settings),
    ...(signIn === undefined ? {} : { signIn }),
    verifyJwt: composeJwtVerifier({ issuers: config.settings.SALLYPORT_ISSUERS, http, clock, log }),
  });
  const scheme = config.settings.SALLYPORT_OAUTH_URL.startsWith('https:') ? 'https' : 'http';
  return behindEdge(
    createFetchApp((request, exchange) => app.fetch(request, exchange), scheme),
    config,
    log,
  );
}
