import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { buildBundle, DOORS, type DoorEntry, type Entry } from '../../build/build-bundle.ts';
import type { StoreUser } from '../../src/config/store-access.ts';
import { ensureAgentCredentials } from '../../src/local/agent-credentials.ts';
import { type FrontDoor, openFrontDoor } from '../../src/local/front-door.ts';
import type { StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import { createOperator } from '../../src/operator/operator.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { CredentialsDocument } from '../../src/trust/credentials.ts';
import { type AwsEmulator, startAwsEmulator, TEST_CREDENTIALS, TEST_REGION } from './aws-emulator.ts';
import { createTestCertificate, createTestServerCertificate, spiffeId, testAuthority } from './certificates.ts';
import { ANN, CLIENT, startTestGoogle } from './google-stand-in.ts';
import { type LambdaFunction, startLambdaFunction, unpackZip } from './lambda-function.ts';
import { type SharedStore, startSharedRedis } from './shared-store.ts';

// The system as it is on AWS, as near as a machine without an account comes: the zip's three functions under Lambda's own runtime client, secrets in
// Parameter Store and the vault's key in KMS (an emulator), records in Redis over TLS or in DynamoDB, front doors in API Gateway's place, and a stand-in Google.

/** What an operator has put into Parameter Store, by name. */
export type Parameters = Readonly<Record<string, string>>;

export interface LambdaWorld {
  readonly functions: Readonly<Record<DoorEntry, LambdaFunction>>;
  /** Public addresses; MCP's ends in `/mcp`. */
  readonly urls: Readonly<Record<DoorEntry, string>>;
  readonly environments: Readonly<Record<DoorEntry, Readonly<Record<string, string>>>>;
  readonly parameters: Parameters;
  readonly store: KeyValueStore;
  readonly google: StandInGoogle;
  readonly emulator: AwsEmulator;
  readonly credentials: CredentialsDocument;
  /** Of the test authority, which signed the MCP door's certificate. */
  readonly serverCa: string;
  readonly person: { readonly id: string; readonly agentToken: string; readonly confirmToken: string };
  /** Another function of the same zip. */
  start(entry: Entry, environment: Readonly<Record<string, string>>): Promise<LambdaFunction>;
  stop(): Promise<void>;
}

const ENVIRONMENT = 'dev';
const API_ID = 'r3pmxmplak';
const LIMIT_MS = 29_000;
const IDENTITY = spiffeId('agent/assistant', { environment: ENVIRONMENT });
const clock = { nowMs: (): number => Date.now() };
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };

async function createKmsKey(emulator: AwsEmulator): Promise<string> {
  const client = new KMSClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  client.destroy();
  if (KeyMetadata?.Arn === undefined) throw new Error('the emulator made no key');
  return KeyMetadata.Arn;
}

async function putParameters(emulator: AwsEmulator, parameters: Parameters): Promise<void> {
  const client = new SSMClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  for (const [Name, Value] of Object.entries(parameters)) {
    await client.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
  }
  client.destroy();
}

/** Front doors that hand each request to a function that is attached later, since functions are told these addresses. */
async function openDoors() {
  const functions = new Map<DoorEntry, LambdaFunction>();
  const server = await createTestServerCertificate();
  const { pem: clientCa } = await testAuthority();
  const open = (entry: DoorEntry): Promise<FrontDoor> =>
    openFrontDoor({
      name: entry,
      port: 0,
      apiId: API_ID,
      limitMs: LIMIT_MS,
      onFault: () => {},
      handler: async (event) => functions.get(entry)?.answer(event) ?? { statusCode: 503 },
      ...(entry === 'mcp' ? { tls: { certificate: server.pem, privateKey: server.keyPem, clientCa } } : {}),
    });
  return { agent: await open('agent'), mcp: await open('mcp'), oauth: await open('oauth'), functions };
}

interface EnvironmentParts {
  readonly urls: LambdaWorld['urls'];
  readonly google: StandInGoogle;
  readonly emulator: AwsEmulator;
  readonly kmsKey: string;
  readonly shared: SharedStore;
}

/** What Terraform sets: addresses, and names of parameters. Not one secret is in it. */
function describeEnvironments(parts: EnvironmentParts): LambdaWorld['environments'] {
  const { urls, google, emulator } = parts;
  const common = {
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
    SALLYPORT_ENVIRONMENT: ENVIRONMENT,
  };
  const forUser = (user: StoreUser) => ({ ...common, ...parts.shared.settings(user) });
  const consent = {
    SALLYPORT_OAUTH_URL: urls.oauth,
    SALLYPORT_VAULT_KMS_KEY_ID: parts.kmsKey,
    SALLYPORT_ALLOWED_HOSTS: new URL(google.url).host,
    GOOGLE_CLIENT_ID: CLIENT.clientId,
    GOOGLE_CLIENT_SECRET_PARAMETER: '/sallyport/dev/google-client-secret',
    GOOGLE_ISSUER: google.issuer,
    GOOGLE_AUTH_URL: google.authUrl,
    GOOGLE_TOKEN_URL: google.tokenUrl,
    GOOGLE_JWKS_URL: google.jwksUrl,
    GOOGLE_REVOKE_URL: google.revokeUrl,
  };
  return {
    agent: {
      ...forUser('agent'),
      SALLYPORT_AGENT_URL: urls.agent,
      SALLYPORT_MCP_URL: urls.mcp,
      SALLYPORT_CREDENTIALS_PARAMETER: '/sallyport/dev/agent-credentials',
      SALLYPORT_MODEL: 'offline',
    },
    mcp: {
      ...forUser('mcp'),
      ...consent,
      GOOGLE_CALENDAR_URL: google.calendarUrl,
      SALLYPORT_MCP_URL: urls.mcp,
      SALLYPORT_DOOR: 'agent',
      SALLYPORT_API_ID: API_ID,
      SALLYPORT_HMAC_MASTER_PARAMETER: '/sallyport/dev/hmac-master',
    },
    oauth: {
      ...forUser('oauth'),
      ...consent,
      SALLYPORT_SIGN_IN_ISSUER: google.issuer,
      SALLYPORT_SIGN_IN_CLIENT_ID: CLIENT.clientId,
      SALLYPORT_SIGN_IN_CLIENT_SECRET_PARAMETER: '/sallyport/dev/google-client-secret',
    },
  };
}

async function createPerson(store: KeyValueStore): Promise<LambdaWorld['person']> {
  const operator = createOperator({ store, clock, random });
  const { person } = await operator.addPerson(ANN.name);
  await operator.mapIdentity(`oidc:google:${ANN.sub}`, person);
  const token = async (audience: string, scope: string): Promise<string> =>
    (await operator.createToken({ person, audience, scope, days: 1 })).text;
  return {
    id: person,
    agentToken: await token('agent', 'calendar.read calendar.write'),
    confirmToken: await token('confirm', 'confirm'),
  };
}

async function createCredentials(store: KeyValueStore, hmacMaster: Uint8Array): Promise<CredentialsDocument> {
  const { pem: serverCa } = await testAuthority();
  const { pem, keyPem } = await createTestCertificate({ names: [{ type: 'url', value: IDENTITY }] });
  const certificate = { certificate: pem, privateKey: keyPem };
  return ensureAgentCredentials({ store, clock, identity: IDENTITY, hmacMaster, certificate, serverCa });
}

/** `shared`: the store, which ends with the world. */
export async function startLambdaWorld(shared?: SharedStore): Promise<LambdaWorld> {
  const taskRoot = await unpackZip((await buildBundle()).zip);
  const records = shared ?? (await startSharedRedis());
  const { store } = records;
  const emulator = await startAwsEmulator();
  const doors = await openDoors();
  const urls = { agent: doors.agent.url, mcp: `${doors.mcp.url}/mcp`, oauth: doors.oauth.url };
  const redirectUris = [`${urls.oauth}/oauth/google/callback`, `${urls.oauth}/sign-in/callback`];
  const { google } = await startTestGoogle({ clock, clients: [{ ...CLIENT, redirectUris }] });
  const hmacMaster = randomBytes(32);
  const credentials = await createCredentials(store, hmacMaster);
  const person = await createPerson(store);
  const parameters = {
    ...records.parameters,
    '/sallyport/dev/google-client-secret': CLIENT.clientSecret,
    '/sallyport/dev/agent-credentials': JSON.stringify(credentials),
    '/sallyport/dev/hmac-master': hmacMaster.toString('base64url'),
  };
  await putParameters(emulator, parameters);
  const kmsKey = await createKmsKey(emulator);
  const environments = describeEnvironments({ urls, google, emulator, kmsKey, shared: records });
  const extra: LambdaFunction[] = [];
  for (const entry of DOORS) {
    doors.functions.set(entry, await startLambdaFunction({ taskRoot, entry, environment: environments[entry] }));
  }
  return {
    functions: Object.fromEntries(doors.functions) as LambdaWorld['functions'],
    urls,
    environments,
    parameters,
    store,
    google,
    emulator,
    credentials,
    serverCa: (await testAuthority()).pem,
    person,
    start: async (entry, environment) => {
      const started = await startLambdaFunction({ taskRoot, entry, environment });
      extra.push(started);
      return started;
    },
    stop: async () => {
      await Promise.all([doors.agent, doors.mcp, doors.oauth].map((door) => door.close()));
      await Promise.all([...doors.functions.values(), ...extra].map((running) => running.stop()));
      await google.close();
      await emulator.stop();
      await records.stop();
      await rm(taskRoot, { recursive: true, force: true });
    },
  };
}
