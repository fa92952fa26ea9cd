import { randomBytes } from 'node:crypto';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createApiGatewayHandler } from '../../src/adapters/http/api-gateway.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { openFrontDoor } from '../../src/local/front-door.ts';
import type { ConfirmMode } from '../../src/mcp/approvals.ts';
import { createAgentDoor } from '../../src/mcp/doors/agent-door.ts';
import type { LongCalls } from '../../src/mcp/long-calls.ts';
import type { Tool } from '../../src/mcp/tools/tool.ts';
import type { HttpApp, HttpRequest, HttpResponse } from '../../src/ports/http.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { approvalKey, decisionKey } from '../../src/trust/approval.ts';
import { type GrantRecord, grantKey } from '../../src/trust/grant.ts';
import { deriveHmacSecret, formatKeyId, KEYRING_KEY } from '../../src/trust/keyring.ts';
import { REVOCATIONS_KEY } from '../../src/trust/revocation-list.ts';
import {
  createTestCertificate,
  createTestServerCertificate,
  spiffeId,
  TEST_ENVIRONMENT,
  TEST_TRUST_DOMAIN,
  testAuthority,
} from './certificates.ts';
import { createTestLog, type TestLog } from './log.ts';
import { createTestApp, PERSON } from './mcp-app.ts';

// The real MCP API behind the real agent door on a real mTLS socket, for whatever calls it as an agent.

const AGENT = 'agent/assistant';
const MASTER = Buffer.alloc(32, 0x5a);
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const clock = { nowMs: () => Date.now() };
const seconds = (): number => Math.floor(Date.now() / 1000);

export interface McpWorld {
  readonly mcpUrl: string;
  readonly store: KeyValueStore;
  readonly log: TestLog;
  /** Every request that came through TLS, oldest first. */
  readonly requests: HttpRequest[];
  /** Answers in place of the API; `undefined` lets it answer. */
  intercept: (request: HttpRequest) => Promise<HttpResponse | undefined> | HttpResponse | undefined;
  /** A credentials document of `agent/assistant`, with a certificate of its own and the key of an epoch. */
  credentials(options?: { readonly epoch?: number; readonly serverCa?: string }): Promise<string>;
  grant(changes?: Partial<GrantRecord>): Promise<void>;
  /** Answers the one open approval of a person. */
  decide(decision: 'yes' | 'no', person?: string): Promise<string>;
  close(): Promise<void>;
}

function keyringText(): string {
  const keys = [1, 2].map((epoch) => ({
    key_id: formatKeyId(AGENT, epoch),
    identity: spiffeId(AGENT),
    epoch,
    state: epoch === 1 ? 'current' : 'next',
  }));
  return JSON.stringify({ v: 1, version: 1, keys });
}

async function writeGrant(store: KeyValueStore, changes: Partial<GrantRecord>): Promise<void> {
  const record: GrantRecord = {
    v: 1,
    agent: AGENT,
    person: PERSON,
    scopes: ['test.write', 'calendar.write'],
    granted_at: seconds(),
    expires_at: seconds() + 86_400,
    ...changes,
  };
  await store.set(grantKey(record.agent, record.person), JSON.stringify(record));
}

async function answerApproval(store: KeyValueStore, decision: 'yes' | 'no', person: string): Promise<string> {
  const { keys } = await store.list(`approval:${person}:`);
  const [key] = keys;
  const raw = key === undefined ? undefined : await store.get(key);
  if (raw === undefined || keys.length !== 1) throw new Error(`expected one open approval, found ${keys.length}`);
  const { id, instance } = JSON.parse(raw);
  const record = { v: 1, id, instance, decision, decided_at: seconds(), by: 'token:test' };
  await store.set(decisionKey(person, id), JSON.stringify(record));
  if (key !== approvalKey(person, id)) throw new Error('the approval lies under another key');
  return id;
}

async function makeCredentials(epoch: number, serverCa: string): Promise<string> {
  const certificate = await createTestCertificate({ names: [{ type: 'url', value: spiffeId(AGENT) }] });
  return JSON.stringify({
    v: 1,
    certificate: certificate.pem,
    private_key: certificate.keyPem,
    key_id: formatKeyId(AGENT, epoch),
    secret: Buffer.from(deriveHmacSecret(MASTER, spiffeId(AGENT), epoch)).toString('base64url'),
    server_ca: serverCa,
  });
}

export async function createMcpWorld(
  tools: readonly Tool[],
  options: {
    readonly perMinute?: number;
    readonly confirm?: ConfirmMode;
    readonly longCalls?: (store: KeyValueStore, mcpUrl: string) => LongCalls;
  } = {},
): Promise<McpWorld> {
  const store = createMemoryStore({ clock });
  const log = createTestLog();
  const authority = await testAuthority();
  const server = await createTestServerCertificate();
  let app: HttpApp | undefined;
  const requests: HttpRequest[] = [];
  const answer: HttpApp = async (request) => {
    requests.push(request);
    const instead = await world.intercept(request);
    if (instead !== undefined) return instead;
    if (app === undefined) throw new Error('not ready');
    return app(request);
  };
  const door = await openFrontDoor({
    name: 'MCP API',
    handler: createApiGatewayHandler(answer, 60_000),
    port: 0,
    apiId: 'test',
    tls: { certificate: server.pem, privateKey: server.keyPem, clientCa: authority.pem },
    limitMs: 60_000,
    onFault: (error) => log.error('front_door', { cause: String(error) }),
  });
  const mcpUrl = `${door.url}/mcp`;
  const agentDoor = createAgentDoor({
    store,
    hmacMaster: createSecret<Uint8Array>(MASTER),
    authority: new URL(mcpUrl).host,
    path: '/mcp',
    mcpUrl,
    trustDomain: TEST_TRUST_DOMAIN,
    environment: TEST_ENVIRONMENT,
    expectedApi: { apiId: 'test', stage: '$default' },
    clock,
    random,
    log,
  });
  await store.set(KEYRING_KEY, keyringText());
  await store.set(REVOCATIONS_KEY, JSON.stringify({ v: 1, version: 1, updated_at: seconds(), revoked: [] }));
  await writeGrant(store, {});
  const { longCalls, ...rest } = options;
  const later = longCalls === undefined ? {} : { longCalls: longCalls(store, mcpUrl) };
  app = createTestApp({ tools, store, clock, over: { door: agentDoor, log, ...later }, ...rest }).app;
  const world: McpWorld = {
    mcpUrl,
    store,
    log,
    requests,
    intercept: () => undefined,
    credentials: ({ epoch = 1, serverCa = authority.pem } = {}) => makeCredentials(epoch, serverCa),
    grant: (changes = {}) => writeGrant(store, changes),
    decide: (decision, person = PERSON) => answerApproval(store, decision, person),
    close: () => door.close(),
  };
  return world;
}
