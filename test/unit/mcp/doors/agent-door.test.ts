import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';
import type { HttpRequest } from '../../../../src/ports/http.ts';
import { grantKey } from '../../../../src/trust/grant.ts';
import {
  createTestCertificate,
  refusedCertificates,
  spiffeId,
  type TestCertificate,
  testAgentCertificate,
} from '../../../support/certificates.ts';
import { AUTHORITY, createDoorWorld, type DoorWorld, keyOf, MASTER, OTHER_PERSON, PERSON } from './door-fixture.ts';

let world: DoorWorld;
let certificate: TestCertificate;
let other: TestCertificate;

beforeEach(async () => {
  world = await createDoorWorld();
  certificate = await testAgentCertificate();
  other = await testAgentCertificate('agent/other');
});

const withHeaders = (request: HttpRequest, headers: Record<string, string | undefined>): HttpRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

describe('the agent door', () => {
  it('lets in who passes every check, with what delegation and grant have in common', async () => {
    const verdict = await world.door(world.request({ certificate }));
    expect(verdict).toEqual({
      ok: true,
      caller: {
        door: 'agent',
        person: PERSON,
        agent: 'agent/assistant',
        scopes: ['calendar.read'],
        tainted: false,
        certificateSerial: new X509Certificate(certificate.pem).serialNumber.replace(/^0+/, ''),
        standing: {
          kind: 'certificate',
          issuer: 'CN=Sallyport test authority',
          serial: expect.stringMatching(/^[0-9A-F]+$/),
          ends_at_ms: expect.any(Number),
        },
      },
    });
    expect(world.lines).toEqual([]);
  });

  it('lets in GET and DELETE with empty bodies', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect(await world.ask(world.request({ certificate, method, body: Buffer.alloc(0) }))).toBe('accepted');
    }
  });

  it('takes the agent’s word that private data is behind a call', async () => {
    for (const tainted of [true, false]) {
      expect(await world.door(world.request({ certificate, tainted }))).toMatchObject({ caller: { tainted } });
    }
  });

  it('takes no bridge’s word that there is none: it sees no conversation', async () => {
    const agent = `bridge/${PERSON}`;
    await world.setKeyring(keyOf(agent));
    await world.setGrant({ agent });
    const bridge = await testAgentCertificate(agent);
    const verdict = await world.door(world.request({ certificate: bridge, agent, tainted: false }));
    expect(verdict).toMatchObject({ ok: true, caller: { tainted: true } });
  });

  it('lets a bridge act for its own person', async () => {
    const agent = `bridge/${PERSON}`;
    await world.setKeyring(keyOf(agent));
    await world.setGrant({ agent });
    const bridge = await testAgentCertificate(agent);
    expect(await world.ask(world.request({ certificate: bridge, agent }))).toBe('accepted');
    expect(await world.ask(world.request({ certificate: bridge, agent, person: OTHER_PERSON }))).toBe(
      'delegation_bridge_person',
    );
  });

  it('treats the port 443 as no port, and host names without regard to case', async () => {
    const request = world.request({ certificate });
    expect(await world.ask(withHeaders(request, { host: 'MCP.example.org:443' }))).toBe('accepted');
  });
});

describe('what the agent door refuses', () => {
  const good = () => world.request({ certificate });
  type Attempt = () => Promise<HttpRequest> | HttpRequest;

  const table: readonly (readonly [string, number, string, Attempt])[] = [
    ['event_of_another_api', 401, 'an event of another API', () => ({ ...good(), apiId: 'forged' })],
    ['event_of_another_api', 401, 'an event of no API', () => ({ ...good(), apiId: '' })],
    ['event_of_another_api', 401, 'an event of another stage', () => ({ ...good(), stage: 'test' })],
    ['event_of_another_domain', 401, 'the default endpoint', () => ({ ...good(), domainName: 'api123.execute-api' })],
    ['host_mismatch', 401, 'another host', () => withHeaders(good(), { host: 'elsewhere.example.org' })],
    ['host_mismatch', 401, 'two hosts', () => withHeaders(good(), { host: `${AUTHORITY},${AUTHORITY}` })],
    ['host_mismatch', 401, 'no host', () => withHeaders(good(), { host: undefined })],
    ['certificate_missing', 401, 'no certificate', () => ({ ...good(), clientCertificatePem: undefined }) as never],
    ['certificate_malformed', 401, 'something else', () => ({ ...good(), clientCertificatePem: 'hello' })],
    ['key_of_another_identity', 401, "another agent's key", () => world.request({ certificate: other })],
    ['key_unknown', 401, 'an unknown key', () => world.request({ certificate, epoch: 7 })],
    ['hmac_mismatch', 401, 'another secret', () => world.request({ certificate, secret: Buffer.alloc(32) })],
    ['hmac_mismatch', 401, 'a changed header', () => withHeaders(good(), { 'mcp-method': 'tools/call' })],
    ['digest_mismatch', 401, 'a changed body', () => ({ ...good(), body: Buffer.from('{"jsonrpc":"2.0"}') })],
    ['query_present', 401, 'a query', () => ({ ...good(), query: 'x=1' })],
    ['signature_missing', 401, 'no signature', () => withHeaders(good(), { signature: undefined })],
    ['delegation_missing', 401, 'no bearer token', () => world.request({ certificate, authorization: 'Basic YTpi' })],
    [
      'delegation_thumbprint',
      401,
      'the delegation of another certificate',
      () => world.request({ certificate, authorization: `Bearer ${world.delegation({ certificate: other })}` }),
    ],
    [
      'delegation_audience',
      401,
      'a delegation for elsewhere',
      () => world.request({ certificate, audience: 'https://elsewhere.example/mcp' }),
    ],
    ['grant_missing', 403, 'a person who granted nothing', () => world.request({ certificate, person: OTHER_PERSON })],
    ['grant_scope', 403, 'scopes not granted', () => world.request({ certificate, scopes: ['aws.read'] })],
  ];

  it.each(table)('%s (%i): %s', async (reason, status, _case, attempt) => {
    const verdict = await world.door(await attempt());
    expect(verdict).toMatchObject({ ok: false, status, reason });
    expect(world.lines.filter((line) => line['event'] === 'door.refused')).toEqual([
      expect.objectContaining({ level: 'warn', reason, status, request_id: 'request-1', door: 'agent' }),
    ]);
    expect(world.lines).toContainEqual({ level: 'metric', event: 'Refused', reason });
  });

  it.each(Object.keys(refusedCertificates))('a certificate that is or has: %s', async (kind) => {
    const made = await refusedCertificates[kind]?.();
    if (made === undefined) throw new Error('no such kind');
    const request = { ...world.request({ certificate }), clientCertificatePem: made.pem };
    const verdict = await world.door(request);
    expect(verdict).toMatchObject({ ok: false, status: 401, code: 'unauthenticated' });
    expect(verdict.ok ? '' : verdict.reason).toMatch(/^certificate_/);
    expect(await world.nonces()).toEqual([]);
  });

  it('whatever headers say of a certificate: they are never read', async () => {
    const { pem } = certificate;
    const header = encodeURIComponent(pem);
    const claims = {
      'x-amzn-mtls-clientcert': header,
      'x-amzn-mtls-clientcert-leaf': header,
      'x-forwarded-client-cert': `Cert="${header}";URI=${spiffeId('agent/assistant')}`,
      'x-ssl-client-cert': header,
      'ssl-client-cert': header,
      'client-cert': `:${Buffer.from(new X509Certificate(pem).raw).toString('base64')}:`,
    };
    const { clientCertificatePem, ...request } = withHeaders(good(), claims);
    expect(clientCertificatePem).toBe(pem);
    expect(await world.ask(request)).toBe('certificate_missing');
  });

  it('identity faults without saying which: one answer for all of them', async () => {
    const answers = new Set<string>();
    for (const [, status, , attempt] of table) {
      const verdict = await world.door(await attempt());
      if (status !== 401 || verdict.ok) continue;
      answers.add(JSON.stringify([verdict.status, verdict.code, verdict.headers]));
    }
    expect([...answers]).toEqual([
      JSON.stringify([401, 'unauthenticated', { 'www-authenticate': 'Bearer realm="sallyport"' }]),
    ]);
  });

  it('and never logs what it was sent', async () => {
    const canary = 'CANARYcanaryCANARY';
    const requests = [
      withHeaders(good(), { 'signature-input': `sig=("@method";${canary.toLowerCase()})` }),
      withHeaders(good(), { signature: `sig=:${canary}:` }),
      withHeaders(good(), { 'content-digest': `${canary.toLowerCase()}=:AA==:` }),
      withHeaders(good(), { host: canary }),
      world.request({ certificate, keyId: canary }),
      world.request({ certificate, authorization: `Bearer ${canary}.${canary}.${canary}` }),
      world.request({ certificate, audience: canary }),
      { ...good(), clientCertificatePem: canary, path: canary, query: canary },
    ];
    for (const request of requests) expect((await world.door(request)).ok).toBe(false);
    expect(world.lines.length).toBeGreaterThanOrEqual(2 * requests.length);
    expect(JSON.stringify(world.lines).toLowerCase()).not.toContain('canary');
  });

  it('says in the log who it was, as far as that was proved', async () => {
    await world.ask(world.request({ certificate, person: OTHER_PERSON }));
    expect(world.lines[0]).toMatchObject({ person: OTHER_PERSON, agent: 'agent/assistant' });
    await world.ask({ ...good(), apiId: 'forged' });
    expect(world.lines[2]).toMatchObject({ person: undefined, agent: undefined });
  });

  it('what makes it fail within, as 500 with nothing done', async () => {
    const request = { ...good(), headers: null } as unknown as HttpRequest;
    const verdict = await world.door(request);
    expect(verdict).toMatchObject({ ok: false, status: 500, reason: 'door_fault' });
    expect(world.lines[0]).toMatchObject({ level: 'error', event: 'door.fault', cause: 'TypeError' });
  });
});

describe('the nonce', () => {
  it('lets exactly one of fifty equal requests in', async () => {
    const request = world.request({ certificate });
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => world.ask(request)));
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'nonce_replayed')).toHaveLength(49);
  });

  it('lets exactly one in across several processes that share a store', async () => {
    const second = await createDoorWorld({ store: world.control.store });
    const request = world.request({ certificate });
    const verdicts = await Promise.all([world.ask(request), second.ask(request), second.ask(request)]);
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(1);
  });

  it('is kept longer than its request could be believed', async () => {
    const request = world.request({ certificate });
    world.clock.now -= 60_000;
    expect(await world.ask(request)).toBe('accepted');
    world.clock.now += 120_000;
    // A delegation of its own would have ended by now: the nonce is asked first.
    expect(await world.ask(request)).toBe('nonce_replayed');
    world.clock.now += 1000;
    expect(await world.ask(request)).toBe('created_too_old');
  });

  it('is not burned by anyone who cannot sign', async () => {
    const nonce = Buffer.alloc(16, 4);
    const forgeries = [
      world.request({ certificate, nonce, secret: Buffer.alloc(32) }),
      world.request({ certificate: other, nonce }),
      { ...world.request({ certificate, nonce }), body: Buffer.from('x') },
      withHeaders(world.request({ certificate, nonce }), { 'mcp-method': 'x' }),
    ];
    for (const forgery of forgeries) expect(await world.ask(forgery)).not.toBe('accepted');
    expect(await world.nonces()).toEqual([]);
    expect(await world.ask(world.request({ certificate, nonce }))).toBe('accepted');
    expect(await world.nonces()).toEqual([`nonce:agent/assistant#1:${nonce.toString('base64url')}`]);
  });

  it('of one key says nothing about that of another', async () => {
    await world.setKeyring(keyOf('agent/assistant'), keyOf('agent/other'));
    await world.setGrant({ agent: 'agent/other' });
    const nonce = Buffer.alloc(16, 4);
    expect(await world.ask(world.request({ certificate, nonce }))).toBe('accepted');
    expect(await world.ask(world.request({ certificate: other, agent: 'agent/other', nonce }))).toBe('accepted');
  });

  const failOnce = (when: 'before' | 'after') => {
    let failures = 1;
    const fail = (operation: string) => {
      if (operation !== 'setIfAbsent' || failures === 0) return;
      failures -= 1;
      throw new AppError('unavailable', 'timed out');
    };
    if (when === 'before') world.control.before = fail;
    else {
      world.control.after = (operation, _key, value) => {
        fail(operation);
        return value;
      };
    }
  };

  it.each(['before', 'after'] as const)(
    'is ours when the store fails %s it wrote, and nobody else’s after',
    async (when) => {
      failOnce(when);
      const request = world.request({ certificate });
      expect(await world.ask(request)).toBe('accepted');
      expect(await world.ask(request)).toBe('nonce_replayed');
    },
  );

  it('is a replay when the store fails on a nonce that was there before', async () => {
    const request = world.request({ certificate });
    expect(await world.ask(request)).toBe('accepted');
    failOnce('before');
    expect(await world.ask(request)).toBe('nonce_replayed');
  });

  it('is ours when an adapter that tried twice says no to our own first try', async () => {
    world.control.after = (operation, _key, value) => (operation === 'setIfAbsent' ? (false as typeof value) : value);
    const request = world.request({ certificate });
    expect(await world.ask(request)).toBe('accepted');
    expect(await world.ask(request)).toBe('nonce_replayed');
  });

  it('cannot be checked while the store is down: 503, to be tried again', async () => {
    world.control.before = (_operation, key) => {
      if (key.startsWith('nonce:')) throw new AppError('unavailable', 'down');
    };
    const verdict = await world.door(world.request({ certificate }));
    expect(verdict).toMatchObject({
      ok: false,
      status: 503,
      code: 'unavailable',
      reason: 'nonce_store_unavailable',
      headers: { 'retry-after': '1' },
    });
  });
});

describe('the delegation at the door', () => {
  it('that was verified once is remembered, but not beyond its end', async () => {
    const authorization = `Bearer ${world.delegation({ certificate })}`;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('accepted');
    world.clock.now += 59_000;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('accepted');
    world.clock.now += 1000;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('delegation_expired');
  });

  it('that was remembered for one certificate is refused with another, even of the same agent', async () => {
    const authorization = `Bearer ${world.delegation({ certificate })}`;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('accepted');
    const renewed = await createTestCertificate();
    expect(await world.ask(world.request({ certificate: renewed, authorization }))).toBe('delegation_thumbprint');
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('accepted');
  });

  it('does not outlive the revocation of its certificate', async () => {
    const authorization = `Bearer ${world.delegation({ certificate })}`;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('accepted');
    const { issuer, serialNumber } = new X509Certificate(certificate.pem);
    await world.setRevocations([{ issuer, serial: serialNumber }]);
    world.clock.now += 10_000;
    expect(await world.ask(world.request({ certificate, authorization }))).toBe('certificate_revoked');
  });
});

describe('the grant at the door', () => {
  it('that is taken back, or ends, is void for the very next call', async () => {
    expect(await world.ask(world.request({ certificate }))).toBe('accepted');
    await world.setGrant({ expires_at: Math.floor(world.clock.now / 1000) });
    expect(await world.ask(world.request({ certificate }))).toBe('grant_expired');
    await world.setGrant({ scopes: ['weather.read'] });
    expect(await world.ask(world.request({ certificate }))).toBe('grant_scope');
    await world.setGrant();
    expect(await world.ask(world.request({ certificate }))).toBe('accepted');
  });

  it('that cannot be read, or is damaged, refuses the call as 503', async () => {
    const key = grantKey('agent/assistant', PERSON);
    world.control.before = (_operation, asked) => {
      if (asked === key) throw new AppError('unavailable', 'down');
    };
    expect(await world.door(world.request({ certificate }))).toMatchObject({
      status: 503,
      reason: 'grant_store_unavailable',
    });
    world.control.before = () => {};
    await world.control.store.set(key, '{"v":1}');
    expect(await world.ask(world.request({ certificate }))).toBe('grant_store_unavailable');
  });

  it('in another person’s or agent’s name is void', async () => {
    const stolen = { v: 1, agent: 'agent/assistant', person: OTHER_PERSON, scopes: ['calendar.write'], granted_at: 1 };
    await world.control.store.set(
      grantKey('agent/assistant', PERSON),
      JSON.stringify({ ...stolen, expires_at: Math.floor(world.clock.now / 1000) + 60 }),
    );
    expect(await world.ask(world.request({ certificate }))).toBe('grant_of_another');
  });
});

describe('a door that would be weaker than it says', () => {
  it('is not built', async () => {
    const short = createSecret<Uint8Array>(MASTER.subarray(0, 31));
    await expect(createDoorWorld({ hmacMaster: short })).rejects.toThrow('32 bytes');
    await expect(createDoorWorld({ revocationReloadSeconds: 31 })).rejects.toThrow('every 30 s');
  });
});
