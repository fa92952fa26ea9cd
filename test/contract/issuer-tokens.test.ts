import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createIssuerKeys } from '../../src/adapters/http/jwks.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createJwtVerifier, type VerifyJwt } from '../../src/trust/jwt.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { MACHINE_CLIENT, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { createTestLog } from '../support/log.ts';

// Access tokens of a real issuer, its discovery and its keys over the one client outside.

const RESOURCE = 'https://agent.example.com';
let issuer: TestIssuer;
let clock: TestClock;
let verify: VerifyJwt;

beforeAll(async () => {
  issuer = await startIssuer({ resource: RESOURCE });
});
afterAll(() => issuer.close());

function verifier(hosts: readonly string[]): VerifyJwt {
  const log = createTestLog();
  const random = { bytes: (count: number) => randomBytes(count) };
  const http = createOutsideClient({ clock, random, log, allow: { hosts } });
  const profile = { issuer: issuer.issuer, alias: 'work', audience: [RESOURCE], clientIds: [], scopes: {} };
  return createJwtVerifier({
    issuers: [profile],
    clock,
    keysOf: () => createIssuerKeys({ issuer: issuer.issuer, http, clock, log }),
  });
}

beforeEach(() => {
  clock = createTestClock(Date.now());
  verify = verifier([issuer.host]);
});

describe('a real issuer’s access token', () => {
  it('is believed, with the scopes that are ours', async () => {
    expect(await verify(await issuer.machineToken({ scope: 'calendar.read' }))).toMatchObject({
      ok: true,
      value: { identity: `oidc:work:${MACHINE_CLIENT}`, client: MACHINE_CLIENT, scopes: ['calendar.read'] },
    });
  });

  it('for another API is refused', async () => {
    const token = await issuer.machineToken({ resource: 'https://other.example.com' });
    expect(await verify(token)).toMatchObject({ ok: false, reason: 'jwt_audience' });
  });

  it('is refused once it has expired', async () => {
    const token = await issuer.machineToken();
    clock.advance(661_000);
    expect(await verify(token)).toMatchObject({ ok: false, reason: 'jwt_expired' });
  });

  it('is believed after a rotation, and one of the withdrawn key is not', async () => {
    const before = await issuer.machineToken();
    expect(await verify(before)).toMatchObject({ ok: true });
    await issuer.rotateKey(false);
    clock.advance(30_000);
    expect(await verify(await issuer.machineToken())).toMatchObject({ ok: true });
    expect(await verify(before)).toMatchObject({ ok: false, reason: 'jwt_key_unknown' });
  });

  it('is not asked after where the operator has not allowed a private address', async () => {
    await expect(verifier([])(await issuer.machineToken())).rejects.toMatchObject({ code: 'unavailable' });
  });
});
