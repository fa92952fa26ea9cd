import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { examineRedis } from '../../scripts/aws/parts/doctor-redis.ts';
import type { Finding } from '../../scripts/aws/parts/finding.ts';
import { redisAclRules } from '../../src/config/redis-acl.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { freePort, hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

// What `make doctor` says of a Redis, on real ones that are fit and unfit. It looks with the operator's user, who may run INFO and no CONFIG.

const PASSWORD = 'only-for-tests';
const MEND = 'make secrets ENV=dev';

let server: RedisServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function examine(args: readonly string[] = [], policy = 'noeviction'): Promise<readonly Finding[]> {
  const user = ['--user', 'operator', 'on', `>${PASSWORD}`, 'resetchannels', ...redisAclRules('operator')];
  server = await startRedisServer({ policy, args: [...args, ...user] });
  const url = createSecret(`rediss://operator:${PASSWORD}@localhost:${server.port}/0`);
  return examineRedis({ url, ca: server.ca }, MEND);
}

const find = (findings: readonly Finding[], words: string): Finding | undefined =>
  findings.find(({ what }) => what.includes(words));

(hasRedisServer() ? describe : describe.skip)('a Redis before it is used', () => {
  it('is fit when it evicts nothing, writes every change to disk and has connections enough', async () => {
    const findings = await examine(['--appendonly', 'yes']);
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(find(findings, 'noeviction')).toBeDefined();
    expect(find(findings, 'AOF')).toBeDefined();
  });

  it('deserves a look when a restart would lose changes', async () => {
    const finding = find(await examine(), 'snapshots only');
    expect(finding).toMatchObject({ state: 'mind', mend: expect.stringContaining('append-only') });
  });

  it('deserves a look when it allows 30 connections, as the smallest hosted ones do', async () => {
    const finding = find(await examine(['--maxclients', '30']), '30 connections');
    expect(finding).toMatchObject({ state: 'mind', mend: expect.stringContaining('larger plan') });
  });

  it('is bad when its connections are nearly all taken', async () => {
    server = await startRedisServer({ args: ['--maxclients', '10'] });
    const tls = { ca: server.ca, servername: 'localhost' };
    const taken = Array.from({ length: 8 }, () => new Redis({ host: 'localhost', port: server?.port ?? 0, tls }));
    await Promise.all(taken.map((client) => client.ping()));
    const findings = await examineRedis({ url: server.url, ca: server.ca }, MEND);
    for (const client of taken) client.disconnect();
    expect(find(findings, '10 connections')?.state).toBe('bad');
  });

  it('is bad when its memory is nearly full', async () => {
    expect(find(await examine(['--maxmemory', '900kb']), 'refuses every write')?.state).toBe('bad');
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('is bad when it may evict records (%s)', async (policy) => {
    expect(await examine([], policy)).toEqual([{ state: 'bad', what: expect.stringContaining(policy), mend: MEND }]);
  });

  it('is bad when it refuses us or is not there, and the finding holds no password', async () => {
    server = await startRedisServer();
    const urls = [
      `rediss://operator:canary-7@localhost:${server.port}/0`,
      `rediss://a:canary-7@localhost:${await freePort()}`,
    ];
    for (const url of urls) {
      const [finding, ...rest] = await examineRedis({ url: createSecret(url), ca: server.ca }, MEND);
      expect(rest).toEqual([]);
      expect(finding).toMatchObject({ state: 'bad', mend: MEND });
      expect(JSON.stringify(finding)).not.toContain('canary');
    }
  });
});
