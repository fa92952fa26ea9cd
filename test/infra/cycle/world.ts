import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../../../build/build-bundle.ts';
import { createStandInGoogle, type StandInGoogle } from '../../../src/local/google/stand-in-google.ts';
import { createTestCertificate, type TestCertificate, testAuthority } from '../../support/certificates.ts';
import { type Ministack, startMinistack } from '../../support/ministack.ts';
import { type KeyIssuer, startKeyIssuer } from '../../support/oauth-door.ts';
import { pythonWith } from '../../support/python.ts';
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts';
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts';
import { createSecretSearch, type SecretSearch } from '../../support/secret-search.ts';
import { type Commands, createCommands } from './commands.ts';
import { redisUserArguments, STORE_USERS } from './redis-users.ts';

// What surrounds a deployment, as far as this machine has it: an AWS account (emulated), a Redis with a user for each function, a Google, public DNS and
// public certificate authorities. And a checkout of its own, so that the commands leave nothing in this one.

export const ENVIRONMENT = 'dev';
export const DOMAIN = 'dev.sallyport.test';
export const CLIENT_ID = 'sallyport-cycle.apps.googleusercontent.com';
export const REGION = 'eu-central-1';
export const FUNCTIONS = ['agent', 'calls', 'mcp', 'mcp-oauth', 'oauth', 'rotate', 'stream', 'worker'] as const;
export const PERSON = {
  sub: '110001',
  email: 'alex@example.com',
  name: 'Alex Archer',
  timeZone: 'Europe/Berlin',
} as const;

export interface World {
  /** The checkout that everything is deployed from. */
  readonly folder: string;
  readonly emulator: Ministack;
  readonly proxy: RecordingProxy;
  readonly redis: RedisServer;
  readonly google: StandInGoogle;
  /** Of the OAuth door. */
  readonly issuer: KeyIssuer;
  /** Leads to its token endpoint; what it gives out is among the secrets. */
  readonly tokenUrl: string;
  readonly commands: Commands;
  /** For every domain of the environment, of the authority that this world calls public. */
  readonly server: TestCertificate;
  /** PEM of that authority. */
  readonly publicCa: string;
  /** What `as-on-aws.mjs` reads. */
  readonly routesFile: string;
  /** All that must not be seen anywhere. */
  readonly secrets: SecretSearch;
  /** What a person gives to `make secrets`, by name. */
  readonly given: Readonly<Record<string, string>>;
  /** The account's things, by boto3. */
  account(...args: readonly string[]): Promise<string>;
  /** Public DNS: where the domains lead from now on. */
  lead(hosts: Readonly<Record<string, number>>): Promise<void>;
  /** The time of the day, for all but the emulator, the TLS layers and Redis. */
  readonly clock: { nowMs(): number };
  /** Puts the day forward. Nothing may be under way meanwhile. */
  pass(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PRELOAD = fileURLToPath(new URL('as-on-aws.mjs', import.meta.url));
const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url));
/** By then everybody has looked at the clock's file again (`as-on-aws.mjs`). */
const SEEN_AFTER_MS = 10;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Google's token endpoint, seen by a bystander who learns every token that the stand-in gives out. */
async function listenToTokens(tokenUrl: string, learn: (name: string, token: string) => void) {
  let count = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const given = await fetch(tokenUrl, { method: 'POST', headers, body: await text(request) });
    const body = await given.text();
    count += 1;
    for (const [name, value] of Object.entries(JSON.parse(body) as Record<string, unknown>)) {
      if (/_token$/.test(name)) learn(`Google ${name} ${count}`, String(value));
    }
    response.writeHead(given.status, { 'content-type': 'application/json' }).end(body);
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return { url, close: () => void server.close() };
}

const canary = (name: string): string => `CANARY-${name}-${randomBytes(18).toString('base64url')}`;

/** Copies what the commands run; what was built or installed here is not part of a checkout, the packages are shared. */
async function makeCheckout(folder: string): Promise<void> {
  const part = (name: string) =>
    cp(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/\.terraform($|\/|\.lock)|\.tfstate|_override\.tf$|\.tfvars$/.test(path),
    });
  await Promise.all(['bin', 'build', 'package.json', 'scripts', 'src', 'terraform', 'tsconfig.json'].map(part));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'dist'));
  await writeFile(join(folder, 'dist/lambda.zip'), (await buildBundle()).zip);
}

function redisUrls(redis: RedisServer, passwords: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(passwords).map(([user, password]) => [
      `redis-url/${user}`,
      `rediss://${user}:${password}@localhost:${redis.port}/0`,
    ]),
  );
}

export async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cycle-'));
  await makeCheckout(folder);
  const authority = await testAuthority();
  const names = [
    ...['agent', 'mcp', 'oauth', 'tools'].map((name) => `${name}.${DOMAIN}`),
    `*.lambda-url.${REGION}.on.aws`,
  ].map((value) => ({ type: 'dns' as const, value }));
  const server = await createTestCertificate({ names, usages: [SERVER_AUTH] });
  const caFile = join(folder, 'public-authorities.pem');
  await writeFile(caFile, authority.pem);
  const routesFile = join(folder, 'routes.json');
  const asOnAws = {
    NODE_OPTIONS: `--import=${PRELOAD} --disable-warning=ExperimentalWarning`,
    NODE_EXTRA_CA_CERTS: caFile,
    SALLYPORT_CYCLE_ROUTES: routesFile,
  };

  const passwords = Object.fromEntries(STORE_USERS.map((user) => [user, canary(`redis-${user}`)]));
  // It keeps its records when it dies, as the one that is deployed with has to.
  const redis = await startRedisServer({ args: ['--appendonly', 'yes', ...redisUserArguments(passwords)] });
  const clientSecret = canary('google-client');
  let aheadSeconds = 0;
  // Not by Date, which whoever loads `as-on-aws.mjs` has put forward already.
  const clock = { nowMs: () => performance.timeOrigin + performance.now() + aheadSeconds * 1000 };
  const google = await createStandInGoogle({
    clock,
    accounts: [PERSON],
    clients: [
      {
        clientId: CLIENT_ID,
        clientSecret,
        redirectUris: [`https://oauth.${DOMAIN}/oauth/google/callback`, `https://oauth.${DOMAIN}/sign-in/callback`],
      },
    ],
  });
  const issuer = await startKeyIssuer();
  const emulator = await startMinistack({ region: REGION, functionEnvironment: asOnAws });
  const proxy = await startRecordingProxy(emulator.endpoint, FUNCTIONS);

  const endpoints = Object.fromEntries(
    FUNCTIONS.map((name) => [`sallyport-${ENVIRONMENT}-${name}`, proxy.endpointOf(name)]),
  );
  let hosts: Readonly<Record<string, number>> = {};
  /** In one piece: readers see the file before or after. */
  const writeRoutes = async (): Promise<void> => {
    await writeFile(`${routesFile}.new`, JSON.stringify({ hosts, endpoints, ahead: aheadSeconds }));
    await rename(`${routesFile}.new`, routesFile);
  };
  await writeRoutes();

  const secrets = createSecretSearch();
  for (const [user, password] of Object.entries(passwords)) secrets.know(`Redis password of ${user}`, password);
  secrets.know('Google client secret', clientSecret);
  const tokens = await listenToTokens(google.tokenUrl, secrets.know);
  const environment = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    TF_CLI_ARGS_plan: '-parallelism=30',
    TF_CLI_ARGS_apply: '-parallelism=30',
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    ...asOnAws,
    ...emulator.environment,
  };
  const commands = createCommands(folder, environment);
  return {
    folder,
    emulator,
    proxy,
    redis,
    google,
    issuer,
    tokenUrl: tokens.url,
    commands,
    server,
    publicCa: authority.pem,
    routesFile,
    secrets,
    given: { ...redisUrls(redis, passwords), 'google-client-secret': clientSecret },
    async account(...args) {
      const ran = await commands.run(await pythonWith('ministack'), [join(PEERS, 'aws_account.py'), ...args], {
        env: { AWS_DEFAULT_REGION: REGION },
      });
      if (ran.code !== 0) throw new Error(ran.output);
      return ran.stdout.trim();
    },
    async lead(found) {
      hosts = found;
      await writeRoutes();
    },
    clock,
    async pass(seconds) {
      aheadSeconds += seconds;
      await writeRoutes();
      await sleep(SEEN_AFTER_MS);
    },
    async stop() {
      await emulator.stop();
      await proxy.close();
      tokens.close();
      await google.close();
      await issuer.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
