import { randomBytes } from 'node:crypto';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { type GrantRecord, grantKey } from '../../src/trust/grant.ts';
import { deriveHmacSecret, formatKeyId, KEYRING_KEY } from '../../src/trust/keyring.ts';
import { REVOCATIONS_KEY } from '../../src/trust/revocation-list.ts';
import { createTestServerCertificate, spiffeId, testAgentCertificate, testAuthority } from '../support/certificates.ts';
import { createTestLog } from '../support/log.ts';
import { hasRedisServer, REDIS_INSTALL_COMMAND, startRedisServer } from '../support/redis-server.ts';

// What every measured server and its load have in common, as plain data that travels to child processes: certificates, keys,
// persons and their grants. Made once a run.

export const AGENT = 'agent/assistant';
/** Granted and delegated: the local tool's, and the calendar's. */
export const SCOPES: readonly string[] = ['calendar.write', 'test.write'];

export interface Stage {
  /** PEM of the authority behind both certificates. */
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly privateKey: string };
  /** base64url, 32 bytes. */
  readonly hmacMaster: string;
  /** The agent's credentials document. */
  readonly credentials: string;
  readonly persons: readonly string[];
  /** Absent: servers keep their records in memory. */
  readonly redis?: { readonly url: string; readonly ca: string };
}

/** One for each connection of the load. */
const PERSONS = Array.from({ length: 16 }, (_, index) => `p_01ARZ3NDEKTSV4RRFFQ69G5F${String(index).padStart(2, '0')}`);

export async function createStage(): Promise<Stage> {
  const master = randomBytes(32);
  const authority = await testAuthority();
  const server = await createTestServerCertificate();
  const agent = await testAgentCertificate(AGENT);
  const credentials = {
    v: 1,
    certificate: agent.pem,
    private_key: agent.keyPem,
    key_id: formatKeyId(AGENT, 1),
    secret: Buffer.from(deriveHmacSecret(master, spiffeId(AGENT), 1)).toString('base64url'),
    server_ca: authority.pem,
  };
  return {
    authority: authority.pem,
    server: { certificate: server.pem, privateKey: server.keyPem },
    hmacMaster: master.toString('base64url'),
    credentials: JSON.stringify(credentials),
    persons: PERSONS,
  };
}

/** Writes what the agent door reads: keys, revocations, grants. */
export async function seedStore(store: KeyValueStore, stage: Pick<Stage, 'persons'>): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const key = { key_id: formatKeyId(AGENT, 1), identity: spiffeId(AGENT), epoch: 1, state: 'current' };
  await store.set(KEYRING_KEY, JSON.stringify({ v: 1, version: 1, keys: [key] }));
  await store.set(REVOCATIONS_KEY, JSON.stringify({ v: 1, version: 1, updated_at: now, revoked: [] }));
  for (const person of stage.persons) {
    const grant: GrantRecord = {
      v: 1,
      agent: AGENT,
      person,
      scopes: [...SCOPES],
      granted_at: now,
      expires_at: now + 86_400,
    };
    await store.set(grantKey(AGENT, person), JSON.stringify(grant));
  }
}

/** Runs `work` on a stage with a real redis-server over TLS, filled. Throws when there is none: nothing stands in for it. */
export async function withRedis<Value>(stage: Stage, work: (stage: Stage) => Promise<Value>): Promise<Value> {
  if (!hasRedisServer()) throw new Error(`This benchmark needs redis-server: ${REDIS_INSTALL_COMMAND}`);
  const redis = await startRedisServer();
  try {
    const clock = { nowMs: () => Date.now() };
    const store = createRedisStore({ url: redis.url, ca: redis.ca, clock, log: createTestLog() });
    await seedStore(store, stage);
    await store.close();
    return await work({ ...stage, redis: { url: redis.url.reveal(), ca: redis.ca } });
  } finally {
    await redis.stop();
  }
}
