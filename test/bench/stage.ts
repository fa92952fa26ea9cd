import { randomBytes } from 'node:crypto';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { deriveHmacSecret } from '../../src/trust/keyring.ts';
import { createTestServerCertificate, testAgentCertificate, testAuthority } from '../support/certificates.ts';
import { createTestLog } from '../support/log.ts';
import { hasRedisServer, REDIS_INSTALL_COMMAND, startRedisServer } from '../support/redis-server.ts';
import { AGENT, IDENTITY, KEY_ID, type Stage, seedStore } from './seed.ts';

// Sets the stage for a run, in the process that directs it: certificates, keys, persons, and a real Redis.

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
    key_id: KEY_ID,
    secret: Buffer.from(deriveHmacSecret(master, IDENTITY, 1)).toString('base64url'),
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
