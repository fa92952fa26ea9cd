import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCredentialsFile } from '../../src/adapters/embedded/credentials-file.ts';
import { createFileSigner, generateSignerKey } from '../../src/adapters/embedded/file-signer.ts';
import { createApiGatewayHandler } from '../../src/adapters/http/api-gateway.ts';
import { createMcpToolClient } from '../../src/adapters/http/mcp-client.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { enrolAgent, ensureAuthority } from '../../src/certificates/enrol.ts';
import type { CertificateAuthority } from '../../src/certificates/issue.ts';
import { createRotation, type Rotation, type RotationDeps } from '../../src/certificates/rotation.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { type FrontDoor, openFrontDoor } from '../../src/local/front-door.ts';
import { createAgentDoor } from '../../src/mcp/doors/agent-door.ts';
import { createOperator, type Operator } from '../../src/operator/operator.ts';
import type { CredentialsStore } from '../../src/ports/credentials-store.ts';
import type { HttpApp, HttpRequest } from '../../src/ports/http.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { ToolClient, ToolOutcome } from '../../src/ports/tool-client.ts';
import { type AgentCredentials, parseCredentials } from '../../src/trust/credentials.ts';
import { type GrantRecord, grantKey } from '../../src/trust/grant.ts';
import {
  createTestServerCertificate,
  spiffeId,
  TEST_ENVIRONMENT,
  TEST_TRUST_DOMAIN,
  testAuthority,
} from './certificates.ts';
import { createTestLog, type TestLog } from './log.ts';
import { createTestApp, PERSON } from './mcp-app.ts';
import { createEchoTool } from './mcp-tools.ts';
import { startRedisServer } from './redis-server.ts';

// Agents that call through the local edge while their credentials change: several instances of the MCP API and of the agent, each with the memories it
// has on Lambda, a redis-server over TLS, mutual TLS, and the agent's own MCP client.

export const EDGE_IDENTITY = spiffeId('agent/assistant');
/** A machine that runs other tests may stall for longer than a store is waited for; here only refusals of the doors' own count. */
const STALL_MS = 15_000;
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const clock = { nowMs: (): number => Date.now() };

export interface RotationEdge {
  readonly url: string;
  readonly door: FrontDoor;
  readonly serverCa: string;
  readonly server: { readonly certificate: string; readonly privateKey: string };
  readonly store: KeyValueStore;
  readonly operator: Operator;
  readonly credentials: CredentialsStore;
  readonly authority: CertificateAuthority;
  readonly truststore: string;
  /** What all instances of the API logged. */
  readonly log: TestLog;
  /** Each request that came through TLS, by what it shows of its sender. */
  readonly seen: { certificate: string; keyId: string }[];
  held(): Promise<AgentCredentials>;
  /** One instance of the agent; it remembers its credentials for as long as every instance does. */
  agent(): ToolClient;
  /** A call of the echo tool. */
  call(agent: ToolClient, text: string): Promise<ToolOutcome>;
  rotation(ports?: Partial<RotationDeps>): Rotation;
  stop(): Promise<void>;
}

export interface RotationEdgeOptions {
  /** How long instances remember keyring and credentials, in truth and for the rotation. */
  readonly cacheSeconds: number;
  readonly instances: number;
}

/** As Parameter Store's reader remembers a value, counted from before the reading. */
function remembering(credentials: CredentialsStore, seconds: number): () => Promise<string> {
  let known: { readonly text: Promise<string>; readonly readAtMs: number } | undefined;
  return () => {
    const nowMs = Date.now();
    if (known === undefined || nowMs - known.readAtMs >= seconds * 1000) {
      known = { text: credentials.read().then((document) => document?.reveal() ?? ''), readAtMs: nowMs };
    }
    return known.text;
  };
}

interface InstanceParts {
  readonly url: string;
  readonly store: KeyValueStore;
  readonly log: TestLog;
  readonly hmacMaster: Uint8Array;
  readonly cacheSeconds: number;
}

function createInstance({ url, store, log, hmacMaster, cacheSeconds }: InstanceParts): HttpApp {
  const door = createAgentDoor({
    store,
    hmacMaster: createSecret(hmacMaster),
    authority: new URL(url).host,
    path: '/mcp',
    mcpUrl: url,
    trustDomain: TEST_TRUST_DOMAIN,
    environment: TEST_ENVIRONMENT,
    expectedApi: { apiId: 'edge', stage: '$default' },
    clock,
    random,
    log,
    cacheSeconds,
  });
  return createTestApp({ tools: [createEchoTool()], store, clock, over: { door, log } }).app;
}

async function writeGrant(store: KeyValueStore): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const agent = 'agent/assistant';
  const record: GrantRecord = {
    v: 1,
    agent,
    person: PERSON,
    scopes: ['test.read'],
    granted_at: now,
    expires_at: now + 86_400,
  };
  await store.set(grantKey(agent, PERSON), JSON.stringify(record));
}

export async function startRotationEdge({ cacheSeconds, instances }: RotationEdgeOptions): Promise<RotationEdge> {
  const redis = await startRedisServer();
  const log = createTestLog();
  const stores: KeyValueStore[] = [];
  const openStore = async (): Promise<KeyValueStore> => {
    const store = await createRedisStore({ url: redis.url, ca: redis.ca, clock, log, timeoutMs: STALL_MS });
    stores.push(store);
    return store;
  };
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-edge-'));
  const credentials = createCredentialsFile(join(folder, 'agent.json'));
  const signer = createFileSigner(generateSignerKey());
  const { certificate, truststore } = await ensureAuthority({ signer, clock, random }, { name: 'CN=Edge CA' });
  const { pem, keyPem } = await createTestServerCertificate();
  const server = { certificate: pem, privateKey: keyPem };
  const apps: HttpApp[] = [];
  const seen: RotationEdge['seen'] = [];
  let turn = 0;
  const answer: HttpApp = (request: HttpRequest) => {
    const keyId = /keyid="([^"]+)"/.exec(request.headers['signature-input'] ?? '')?.[1] ?? '';
    seen.push({ certificate: request.clientCertificatePem ?? '', keyId });
    turn += 1;
    const app = apps[turn % apps.length];
    if (app === undefined) throw new Error('no instance is up');
    return app(request);
  };
  const door = await openFrontDoor({
    name: 'MCP API',
    handler: createApiGatewayHandler(answer, 60_000),
    port: 0,
    apiId: 'edge',
    tls: { ...server, clientCa: truststore },
    limitMs: 60_000,
    onFault: (error) => log.error('front_door', { cause: String(error) }),
  });
  const url = `${door.url}/mcp`;
  const hmacMaster = random.bytes(32);
  for (let count = 0; count < instances; count += 1) {
    apps.push(createInstance({ url, store: await openStore(), log, hmacMaster, cacheSeconds }));
  }
  const store = await openStore();
  const serverCa = (await testAuthority()).pem;
  const authority = { certificate, signer };
  const master = createSecret(hmacMaster);
  await enrolAgent(
    { store, credentials, authority, hmacMaster: master, clock, random },
    { identity: EDGE_IDENTITY, serverCa },
  );
  await writeGrant(store);
  const agents: ToolClient[] = [];
  const tool = { name: 'echo', inputSchema: {}, annotations: { readOnlyHint: true } };
  return {
    url,
    door,
    serverCa,
    server,
    store,
    operator: createOperator({ store, clock, random }),
    credentials,
    authority,
    truststore,
    log,
    seen,
    held: async () => parseCredentials((await credentials.read())?.reveal() ?? ''),
    agent: () => {
      const read = remembering(credentials, cacheSeconds);
      const agent = createMcpToolClient({ credentials: read, mcpUrl: url, clock, random, log });
      agents.push(agent);
      return agent;
    },
    call: (agent, text) =>
      agent.call({
        tool,
        arguments: { text },
        person: PERSON,
        scopes: ['test.read'],
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        signal: new AbortController().signal,
      }),
    rotation: (ports = {}) =>
      createRotation(
        { store, credentials, authority, hmacMaster: master, clock, random, log, ...ports },
        { identity: EDGE_IDENTITY, cacheSeconds, drainSeconds: 1, runLimitSeconds: 1 },
      ),
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.close()));
      await door.close();
      await Promise.all(stores.map((one) => one.close()));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
