import { randomBytes } from 'node:crypto';
import { createMemoryStore } from '../adapters/embedded/memory-store.ts';
import { type EventApp, inOnePiece } from '../adapters/http/api-gateway.ts';
import { createJsonLog } from '../adapters/log/json-log.ts';
import type { RotationReport, RotationWish } from '../certificates/rotation.ts';
import type { LocalFile } from '../cli/client/local-file.ts';
import { composeAgent } from '../compose/agent.ts';
import { believedScopes } from '../compose/believed-servers.ts';
import { readConfig } from '../compose/config.ts';
import { composeMcp } from '../compose/mcp.ts';
import { composeOAuth } from '../compose/oauth.ts';
import { type Compose, createServiceHandler, type Platform, type ServiceHandler } from '../compose/service-handler.ts';
import { openOperatorStore } from '../compose/stores.ts';
import { createGatewayShare } from '../compose/upstreams.ts';
import type { Environment } from '../config/load.ts';
import type { Service } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import { scopesOf } from '../oauth/settings.ts';
import { createOperator } from '../operator/operator.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { LOCAL_SLACK_USER, localAccounts, localPerson } from './accounts.ts';
import {
  DOOR_ISSUER_ALIAS,
  GOOGLE_CLIENT_ID,
  LOCAL_AGENT_IDENTITY,
  type LocalService,
  localEnvironments,
  localServers,
  localToolsets,
  TRUST_DOMAIN,
} from './environments.ts';
import { type FrontDoor, openFrontDoor } from './front-door.ts';
import { createStandInGoogle, type StandInGoogle } from './google/stand-in-google.ts';
import type { StandInAccount } from './google/stand-in-options.ts';
import type { Home } from './home.ts';
import { createStandInIssuer } from './issuer/stand-in-issuer.ts';
import { createLocalJobs } from './jobs.ts';
import { ensureLocalPerson, ensureSlackUser } from './person.ts';
import { ensurePki, type Pki } from './pki.ts';
import { startRenewal } from './renewal.ts';
import { ensureSecrets } from './secrets.ts';

// The whole system on one machine: certificates, a stand-in Google, the three APIs and the other two doors to the tools behind their front doors,
// with the very handlers that Lambda runs.

export interface MachineOptions {
  readonly home: Home;
  readonly given: Environment;
  /** Ports are base + 1 … base + 7; without a base each API takes a free one. */
  readonly portBase?: number;
  /** The embedded store's file; without it the store lives in memory. Not used when SALLYPORT_STORE names another one. */
  readonly storeFile?: string;
  /** Where the stand-in Google keeps its calendars and consents between runs; without it they end with the process. */
  readonly googleStateFile?: string;
  readonly writeLog: (line: string) => void;
  /** Who has an account at the stand-in Google, and what stands in their calendars; the person of this machine is among them. */
  readonly accounts?: readonly StandInAccount[];
  /** Called when `access` says something else than before. */
  readonly onAccessChange?: () => void;
}

export interface Machine {
  /** What `.sallyport/local.json` says now: the agent's certificate and key change while the machine runs. */
  readonly access: LocalFile;
  readonly google: StandInGoogle;
  readonly person: { readonly email: string; readonly name: string; readonly timeZone: string };
  readonly store: KeyValueStore;
  readonly pki: Pki;
  /** Renews the agent's credentials as far as is due, as the schedule does by itself. */
  rotate(wish?: RotationWish): Promise<RotationReport>;
  /** Lets requests under way finish, then stops everything. */
  close(): Promise<void>;
}

/** Turns run this long here: no front door gives up after 30 s. */
const LIMIT_MS = 300_000;

const portOf = (options: MachineOptions, offset: number): number =>
  options.portBase === undefined ? 0 : options.portBase + offset;

async function openStore(options: MachineOptions, platform: Platform): Promise<KeyValueStore> {
  if (['redis', 'dynamodb'].includes(options.given['SALLYPORT_STORE'] ?? ''))
    return openOperatorStore(options.given, platform.clock);
  if (options.storeFile === undefined) return createMemoryStore({ clock: platform.clock });
  return openOperatorStore({ SALLYPORT_STORE_FILE: options.storeFile }, platform.clock);
}

interface Doors {
  readonly opened: Readonly<Record<LocalService, FrontDoor>>;
  /** Handlers come once the addresses are known, which they themselves need. */
  readonly attach: (service: LocalService, respond: EventApp) => void;
}

async function openDoors(options: MachineOptions, pki: Pki, onFault: (error: unknown) => void): Promise<Doors> {
  const handlers = new Map<LocalService, EventApp>();
  const opened: FrontDoor[] = [];
  const open = async (service: LocalService, name: string, offset: number, apiId: string): Promise<FrontDoor> => {
    const respond: EventApp = async (event, context) => {
      const attached = handlers.get(service);
      return attached === undefined ? { status: 503, headers: {}, body: '' } : attached(event, context);
    };
    // With `respond`, streams leave as they come.
    const handler = Object.assign(inOnePiece(respond), { respond });
    const tls = { ...pki.server, clientCa: pki.clientCa.certificate };
    const common = { name, handler, port: portOf(options, offset), apiId, limitMs: LIMIT_MS, onFault };
    const door = await openFrontDoor(service === 'mcp' ? { ...common, tls } : common);
    opened.push(door);
    return door;
  };
  try {
    return {
      opened: {
        agent: await open('agent', 'Agent API', 1, 'local-agent'),
        mcp: await open('mcp', 'MCP API', 2, 'local-mcp'),
        oauth: await open('oauth', 'OAuth API', 3, 'local-oauth'),
        keyDoor: await open('keyDoor', 'key door', 5, 'local-key-door'),
        oauthDoor: await open('oauthDoor', 'OAuth door', 6, 'local-oauth-door'),
      },
      attach: (service, respond) => void handlers.set(service, respond),
    };
  } catch (error) {
    await Promise.all(opened.map((door) => door.close()));
    throw error;
  }
}

const composers: Readonly<Record<LocalService, { readonly service: Service; readonly compose: Compose }>> = {
  agent: { service: 'agent', compose: composeAgent },
  mcp: { service: 'mcp', compose: composeMcp },
  keyDoor: { service: 'mcp', compose: composeMcp },
  oauthDoor: { service: 'mcp', compose: composeMcp },
  oauth: { service: 'oauth', compose: composeOAuth },
};

/** Settings that only composing finds wrong are said at the start, too. What time may mend, the first request tries again. */
async function composeAll(handlers: readonly ServiceHandler[]): Promise<void> {
  const composed = await Promise.allSettled(handlers.map((handler) => handler.compose()));
  for (const one of composed) {
    if (one.status !== 'rejected') continue;
    if (one.reason instanceof AppError && one.reason.code === 'misconfigured') throw one.reason;
  }
}

export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { home } = options;
  const given = { SALLYPORT_SERVERS_DATA: home.path('servers'), ...options.given };
  const clock = { nowMs: () => Date.now(), elapsedMs: () => performance.now() };
  const random = { bytes: (count: number) => randomBytes(count) };
  const log = createJsonLog({
    clock,
    write: options.writeLog,
    level: 'info',
    fields: { service: 'local', environment: 'local' },
  });
  const pki = await ensurePki({ home, clock, random });
  const secrets = ensureSecrets(home, random);
  const onFault = (error: unknown): void => log.error('front_door.failed', { cause: String(error) });
  const doors = await openDoors(options, pki, onFault);
  const { opened } = doors;
  const google = await createStandInGoogle({
    clock,
    random,
    log,
    port: portOf(options, 4),
    ...(options.googleStateFile === undefined ? {} : { stateFile: options.googleStateFile }),
    accounts: options.accounts ?? localAccounts,
    clients: [
      {
        clientId: GOOGLE_CLIENT_ID,
        clientSecret: secrets.google_client_secret,
        redirectUris: [`${opened.oauth.url}/oauth/google/callback`, `${opened.oauth.url}/sign-in/callback`],
      },
    ],
  });
  const platform: Platform = { clock, random, writeLog: options.writeLog };
  const store = await openStore(options, platform);
  const renewal = await startRenewal({
    home,
    store,
    clientCa: pki.clientCa,
    serverCa: pki.serverCa.certificate,
    hmacMaster: Buffer.from(secrets.hmac_master, 'base64url'),
    identity: LOCAL_AGENT_IDENTITY,
    clock,
    random,
    log,
    onChange: () => options.onAccessChange?.(),
  });
  const credentials = async (): Promise<string> => renewal.text();
  const operator = createOperator({ store, clock, random });
  const toolScopes = Object.keys({
    ...scopesOf(localToolsets(given).split(',')),
    ...believedScopes(localServers(given)),
  });
  const person = await ensureLocalPerson(home, operator, { account: localPerson, scopes: toolScopes });
  await ensureSlackUser(operator, person.person, LOCAL_SLACK_USER);
  const urls = {
    agent: opened.agent.url,
    mcp: `${opened.mcp.url}/mcp`,
    keyDoor: `${opened.keyDoor.url}/mcp`,
    oauthDoor: `${opened.oauthDoor.url}/mcp`,
    oauth: opened.oauth.url,
  };
  const issuer = await createStandInIssuer({
    port: portOf(options, 7),
    resource: urls.oauthDoor,
    scopes: toolScopes,
    accounts: [localPerson, ...localAccounts.filter(({ sub }) => sub !== localPerson.sub)],
    home,
    random,
    log,
  });
  const identity = `oidc:${DOOR_ISSUER_ALIAS}:${localPerson.sub}`;
  await operator.mapIdentity(identity, person.person, { move: true });
  const gateway = createGatewayShare(given);
  const jobs = createLocalJobs({ store, log });
  const environments = localEnvironments({
    given,
    urls,
    google,
    secrets,
    credentials: await credentials(),
    doorIssuer: issuer.issuer,
  });
  const close = async (): Promise<void> => {
    renewal.stop();
    // The agent first: its turns under way still need the others.
    await opened.agent.close();
    await jobs.close();
    await gateway.close();
    await Promise.all([opened.mcp, opened.keyDoor, opened.oauthDoor, opened.oauth].map((door) => door.close()));
    await Promise.all([google.close(), issuer.close()]);
    await store.close();
  };
  const names = Object.keys(composers) as LocalService[];
  try {
    // Said here, a wrong setting reaches whoever set it; at the first request it would be a fault without a word.
    for (const name of names) readConfig(composers[name].service, environments[name], platform);
    readConfig('worker', environments.worker, platform);
    readConfig('mcp', environments.calls, platform);
  } catch (error) {
    await close();
    throw error;
  }
  const shared = {
    ...platform,
    embeddedStore: store,
    credentials,
    jobQueue: jobs.queue,
    callsQueue: jobs.calls,
    gateway,
  };
  const handlers = names.map((name) => {
    const options = { ...composers[name], environment: environments[name], platform: shared, limitMs: LIMIT_MS };
    const handler = createServiceHandler(options);
    doors.attach(name, handler.respond);
    return handler;
  });
  try {
    await composeAll(handlers);
    await jobs.start(environments, shared);
  } catch (error) {
    await close();
    throw error;
  }
  const access = (): LocalFile => ({
    agent: { url: urls.agent, token: person.agent_token },
    mcp: {
      url: urls.mcp,
      ca: home.path('server-ca.crt'),
      cert: home.path('agent.crt'),
      key: home.path('agent.key'),
      key_id: renewal.document().key_id,
      secret: renewal.document().secret,
      trust_domain: TRUST_DOMAIN,
      scopes: toolScopes,
    },
    key_door: { url: urls.keyDoor, token: person.mcp_token },
    oauth_door: { url: urls.oauthDoor },
    oauth: { url: urls.oauth, token: person.confirm_token },
    google: { url: google.url },
    slack: {
      url: `${urls.oauth}/slack/events`,
      signing_secret: environments.oauth['SLACK_SIGNING_SECRET'] ?? '',
      ...LOCAL_SLACK_USER,
    },
    person: person.person,
  });
  return {
    get access() {
      return access();
    },
    google,
    person: localPerson,
    store,
    pki,
    rotate: (wish) => renewal.run(wish),
    close,
  };
}
