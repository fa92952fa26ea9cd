import { createPrivateKey, randomBytes } from 'node:crypto';
import { createMemoryStore } from '../../../../src/adapters/embedded/memory-store.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import { type AgentDoorOptions, createAgentDoor } from '../../../../src/mcp/doors/agent-door.ts';
import type { DoorVerdict } from '../../../../src/mcp/doors/door.ts';
import type { HttpRequest } from '../../../../src/ports/http.ts';
import type { KeyValueStore } from '../../../../src/ports/key-value-store.ts';
import type { Log, LogFields } from '../../../../src/ports/log.ts';
import { parseClientCertificate } from '../../../../src/trust/client-certificate.ts';
import { mintDelegation } from '../../../../src/trust/delegation.ts';
import { type GrantRecord, grantKey } from '../../../../src/trust/grant.ts';
import { deriveHmacSecret, formatKeyId, KEYRING_KEY, type KeyringEntry } from '../../../../src/trust/keyring.ts';
import { REVOCATIONS_KEY, type RevocationsRecord } from '../../../../src/trust/revocation-list.ts';
import { signRequest } from '../../../../src/trust/sign-request.ts';
import { spiffeId, TEST_ENVIRONMENT, TEST_TRUST_DOMAIN, type TestCertificate } from '../../../support/certificates.ts';

// A world around one agent door: a store that can fail on demand, a clock that is moved by hand, a log that is kept, and
// agents that sign. Each test asks the door itself.

export const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const OTHER_PERSON = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';
export const AUTHORITY = 'mcp.example.org';
const MCP_URL = 'https://mcp.example.org/mcp';
export const MASTER = Buffer.alloc(32, 0x5a);
const API = { apiId: 'api123', stage: '$default' };

interface StoreControl {
  readonly store: KeyValueStore;
  /** `<operation> <key>` of each call, in order. */
  readonly calls: string[];
  /** Asked before each call; may throw. */
  before: (operation: 'get' | 'setIfAbsent', key: string) => void;
  /** Asked after each call with its outcome; may throw, or answer otherwise. */
  after: <Value>(operation: 'get' | 'setIfAbsent', key: string, value: Value) => Value;
}

function controlStore(store: KeyValueStore): StoreControl {
  const control: StoreControl = {
    calls: [],
    before: () => {},
    after: (_operation, _key, value) => value,
    store: {
      ...store,
      get: async (key) => {
        control.calls.push(`get ${key}`);
        control.before('get', key);
        return control.after('get', key, await store.get(key));
      },
      setIfAbsent: async (key, value, expiry) => {
        control.calls.push(`setIfAbsent ${key}`);
        control.before('setIfAbsent', key);
        return control.after('setIfAbsent', key, await store.setIfAbsent(key, value, expiry));
      },
    },
  };
  return control;
}

export function createKeptLog(lines: Record<string, unknown>[]): Log {
  const keep = (level: string) => (event: string, fields?: LogFields) => void lines.push({ level, event, ...fields });
  const log: Log = {
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => log,
    metric: (name, dimensions) => void lines.push({ level: 'metric', event: name, ...dimensions }),
  };
  return log;
}

interface CallOptions {
  readonly certificate: TestCertificate;
  /** Who signs; default what the certificate says is `agent/assistant`. */
  readonly agent?: string;
  readonly person?: string;
  readonly scopes?: readonly string[];
  readonly epoch?: number;
  readonly keyId?: string;
  readonly secret?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly audience?: string;
  /** Instead of a fresh delegation. */
  readonly authorization?: string;
  readonly method?: string;
  readonly body?: Uint8Array;
  readonly tainted?: boolean;
}

export interface DoorWorld {
  readonly clock: { now: number };
  readonly control: StoreControl;
  readonly lines: Record<string, unknown>[];
  readonly door: (request: HttpRequest) => Promise<DoorVerdict>;
  delegation(options: CallOptions): string;
  request(options: CallOptions): HttpRequest;
  /** `accepted`, or the reason of the refusal. */
  ask(request: HttpRequest): Promise<string>;
  setGrant(changes?: Partial<GrantRecord>): Promise<void>;
  setRevocations(revoked: RevocationsRecord['revoked']): Promise<void>;
  setKeyring(...keys: KeyringEntry[]): Promise<void>;
  nonces(): Promise<readonly string[]>;
}

export function keyOf(agent: string, changes: Partial<KeyringEntry> = {}): KeyringEntry {
  const epoch = changes.epoch ?? 1;
  return { key_id: formatKeyId(agent, epoch), identity: spiffeId(agent), epoch, state: 'current', ...changes };
}

function mintFor(options: CallOptions, nowMs: number): string {
  const parsed = parseClientCertificate(options.certificate.pem);
  const id = { text: spiffeId('agent/assistant'), agent: 'agent/assistant', trustDomain: '', environment: '' };
  return mintDelegation({
    certificate: parsed.ok ? parsed.value : { spiffeId: id, thumbprint: 'none' },
    privateKey: createPrivateKey(options.certificate.keyPem),
    person: options.person ?? PERSON,
    scopes: options.scopes ?? ['calendar.read'],
    ...(options.tainted === undefined ? {} : { tainted: options.tainted }),
    audience: options.audience ?? MCP_URL,
    nowMs,
    lifetimeSeconds: 60,
    random: randomBytes(16),
  });
}

function signCall(options: CallOptions, nowMs: number): HttpRequest {
  const { agent = 'agent/assistant', epoch = 1, method = 'POST' } = options;
  const body = options.body ?? Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  const headers: Record<string, string> = {
    host: AUTHORITY,
    authorization: options.authorization ?? `Bearer ${mintFor(options, nowMs)}`,
    ...(body.length > 0 ? { 'content-type': 'application/json', 'mcp-method': 'tools/list' } : {}),
  };
  const signature = signRequest({
    method,
    authority: AUTHORITY,
    path: '/mcp',
    headers,
    body,
    keyId: options.keyId ?? formatKeyId(agent, epoch),
    secret: options.secret ?? deriveHmacSecret(MASTER, spiffeId(agent), epoch),
    created: Math.floor(nowMs / 1000),
    nonce: options.nonce ?? randomBytes(16),
  });
  return {
    method,
    path: '/mcp',
    query: '',
    headers: { ...headers, ...signature },
    cookies: [],
    body,
    domainName: AUTHORITY,
    ...API,
    sourceIp: '127.0.0.1',
    requestId: 'request-1',
    clientCertificatePem: options.certificate.pem,
    remainingMs: 29_000,
  };
}

/** A door with a live grant, an empty revocation list and a current key for `agent/assistant`. */
export async function createDoorWorld(changes: Partial<AgentDoorOptions> = {}): Promise<DoorWorld> {
  // Whole seconds, as `created` has them. Real time, for the certificates are made for it.
  const clock = { now: Math.floor(Date.now() / 1000) * 1000 };
  const lines: Record<string, unknown>[] = [];
  const memory = createMemoryStore({ clock: { nowMs: () => clock.now } });
  const control = controlStore(memory);
  const door = createAgentDoor({
    store: control.store,
    hmacMaster: createSecret<Uint8Array>(MASTER),
    authority: AUTHORITY,
    path: '/mcp',
    mcpUrl: MCP_URL,
    trustDomain: TEST_TRUST_DOMAIN,
    environment: TEST_ENVIRONMENT,
    expectedApi: API,
    clock: { nowMs: () => clock.now },
    random: { bytes: (count) => randomBytes(count) },
    log: createKeptLog(lines),
    ...changes,
  });
  const seconds = () => Math.floor(clock.now / 1000);
  const world: DoorWorld = {
    clock,
    control,
    lines,
    door,
    delegation: (options) => mintFor(options, clock.now),
    request: (options) => signCall(options, clock.now),
    ask: async (request) => {
      const verdict = await door(request);
      return verdict.ok ? 'accepted' : verdict.reason;
    },
    setGrant: async (grant = {}) => {
      const record: GrantRecord = {
        v: 1,
        agent: 'agent/assistant',
        person: PERSON,
        scopes: ['calendar.write'],
        granted_at: seconds(),
        expires_at: seconds() + 86_400,
        ...grant,
      };
      await memory.set(grantKey(record.agent, record.person), JSON.stringify(record));
    },
    setRevocations: (revoked) =>
      memory.set(REVOCATIONS_KEY, JSON.stringify({ v: 1, version: 1, updated_at: seconds(), revoked })),
    setKeyring: (...keys) => memory.set(KEYRING_KEY, JSON.stringify({ v: 1, version: 1, keys })),
    nonces: async () => (await memory.list('nonce:')).keys,
  };
  await world.setGrant();
  await world.setRevocations([]);
  await world.setKeyring(keyOf('agent/assistant'));
  return world;
}
