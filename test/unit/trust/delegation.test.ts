import { createPrivateKey, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { type ClientCertificate, parseClientCertificate } from '../../../src/trust/client-certificate.ts';
import { type DelegationReason, mintDelegation, readBearer, verifyDelegation } from '../../../src/trust/delegation.ts';
import { spiffeId, testAgentCertificate } from '../../support/certificates.ts';

const NOW_MS = 1_790_000_000_000;
const NOW = NOW_MS / 1000;
const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const OTHER_PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAW';
const AUDIENCE = 'https://mcp.example.org/mcp';

interface Holder {
  readonly certificate: ClientCertificate;
  readonly privateKey: KeyObject;
}

async function holderOf(agent: string): Promise<Holder> {
  const { pem, keyPem } = await testAgentCertificate(agent);
  const parsed = parseClientCertificate(pem);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { certificate: parsed.value, privateKey: createPrivateKey(keyPem) };
}

let assistant: Holder;
let other: Holder;
let bridge: Holder;

beforeAll(async () => {
  assistant = await holderOf('agent/assistant');
  other = await holderOf('agent/other');
  bridge = await holderOf(`bridge/${PERSON}`);
});

function mint(holder: Holder, person = PERSON, tainted?: boolean): string {
  return mintDelegation({
    ...holder,
    person,
    scopes: ['calendar.read', 'calendar.write'],
    ...(tainted === undefined ? {} : { tainted }),
    audience: AUDIENCE,
    nowMs: NOW_MS,
    lifetimeSeconds: 60,
    random: Buffer.alloc(16, 3),
  });
}

function verdictOn(token: string, holder: Holder = assistant, nowMs = NOW_MS): string {
  const result = verifyDelegation(token, { certificate: holder.certificate, audience: AUDIENCE, nowMs });
  return result.ok ? 'accepted' : result.reason;
}

interface Changes {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: KeyObject;
  readonly alg?: string;
}

/** A delegation made by jose, good but for the changes. A claim that is `undefined` is left out. */
async function foreign(changes: Changes = {}): Promise<string> {
  const { certificate, privateKey } = assistant;
  const claims = {
    iss: certificate.spiffeId.text,
    sub: PERSON,
    act: { sub: 'agent/assistant' },
    aud: AUDIENCE,
    scope: 'calendar.read',
    iat: NOW,
    exp: NOW + 60,
    jti: 'one',
    ...changes.claims,
  };
  const header = { alg: 'ES256', typ: 'delegation+jwt', 'x5t#S256': certificate.thumbprint, ...changes.header };
  return new SignJWT(claims as JWTPayload).setProtectedHeader(header).sign(changes.key ?? privateKey);
}

const unsigned = (header: unknown, claims: unknown, signature = ''): string =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;

describe('a delegation', () => {
  it('that we minted names person, scopes and end', () => {
    const result = verifyDelegation(mint(assistant), {
      certificate: assistant.certificate,
      audience: AUDIENCE,
      nowMs: NOW_MS,
    });
    expect(result).toMatchObject({
      ok: true,
      value: { person: PERSON, scopes: ['calendar.read', 'calendar.write'], expiresAt: NOW + 60 },
    });
  });

  it('that we minted is accepted by jose', async () => {
    const { payload, protectedHeader } = await jwtVerify(mint(assistant), assistant.certificate.publicKey, {
      algorithms: ['ES256'],
      typ: 'delegation+jwt',
      issuer: spiffeId('agent/assistant'),
      audience: AUDIENCE,
      currentDate: new Date(NOW_MS),
      requiredClaims: ['jti', 'scope', 'act'],
    });
    expect(payload['act']).toEqual({ sub: 'agent/assistant' });
    expect(protectedHeader['x5t#S256']).toBe(assistant.certificate.thumbprint);
  });

  it.each(['assistant', 'agent/assistant', spiffeId('agent/assistant')])(
    'made by jose is accepted with %s as the actor',
    async (actor) => {
      expect(verdictOn(await foreign({ claims: { act: { sub: actor } } }))).toBe('accepted');
    },
  );

  it('may name its audience in a list of one', async () => {
    expect(verdictOn(await foreign({ claims: { aud: [AUDIENCE] } }))).toBe('accepted');
  });

  it.each([
    [undefined, false],
    [false, false],
    [true, true],
  ])('says whether private data is behind the call: %p', async (tainted, expected) => {
    const expectation = { certificate: assistant.certificate, audience: AUDIENCE, nowMs: NOW_MS };
    const theirs = verifyDelegation(await foreign({ claims: { tainted } }), expectation);
    expect(theirs).toMatchObject({ ok: true, value: { tainted: expected } });
    const ours = verifyDelegation(mint(assistant, PERSON, tainted), expectation);
    expect(ours).toMatchObject({ ok: true, value: { tainted: expected } });
  });

  it.each(['true', 'false', 1, 0, null, {}])(
    'says so in a word that is none of both, and is refused: %j',
    async (tainted) => {
      expect(verdictOn(await foreign({ claims: { tainted } }))).toBe('delegation_claims');
    },
  );

  it('ends at `exp`, to the millisecond', () => {
    expect(verdictOn(mint(assistant), assistant, NOW_MS + 59_999)).toBe('accepted');
    expect(verdictOn(mint(assistant), assistant, NOW_MS + 60_000)).toBe('delegation_expired');
  });

  it('of a bridge names its own person and nobody else', () => {
    expect(verdictOn(mint(bridge), bridge)).toBe('accepted');
    expect(verdictOn(mint(bridge, OTHER_PERSON), bridge)).toBe('delegation_bridge_person');
  });

  it('is not minted for longer than a minute', () => {
    const request = { ...assistant, person: PERSON, scopes: ['a.read'], audience: AUDIENCE, nowMs: NOW_MS };
    const random = Buffer.alloc(16);
    expect(() => mintDelegation({ ...request, lifetimeSeconds: 61, random })).toThrow(RangeError);
    expect(() => mintDelegation({ ...request, lifetimeSeconds: 0, random })).toThrow(RangeError);
  });
});

describe('the fault table of delegations', () => {
  const table: readonly (readonly [DelegationReason, string, () => Promise<string> | string])[] = [
    ['delegation_malformed', 'no token', () => ''],
    ['delegation_malformed', 'two parts', () => 'a.b'],
    ['delegation_malformed', 'four parts', () => `${mint(assistant)}.x`],
    ['delegation_malformed', 'an endless token', () => `${mint(assistant)}${'A'.repeat(5000)}`],
    ['delegation_malformed', 'a header that is no JSON', () => `e30x.${mint(assistant).split('.').slice(1).join('.')}`],
    ['delegation_algorithm', 'alg none', () => unsigned({ alg: 'none', typ: 'delegation+jwt' }, {})],
    ['delegation_algorithm', 'alg None', () => unsigned({ alg: 'None', typ: 'delegation+jwt' }, {})],
    ['delegation_algorithm', 'HS256', () => unsigned({ alg: 'HS256', typ: 'delegation+jwt' }, {}, 'AAAA')],
    ['delegation_type', 'an ordinary JWT', () => foreign({ header: { typ: 'JWT' } })],
    ['delegation_type', 'no type', () => foreign({ header: { typ: undefined } })],
    [
      'delegation_critical',
      'a critical extension',
      () => unsigned({ alg: 'ES256', typ: 'delegation+jwt', crit: ['b64'] }, {}),
    ],
    ['delegation_thumbprint', 'no thumbprint', () => foreign({ header: { 'x5t#S256': undefined } })],
    [
      'delegation_thumbprint',
      'another certificate',
      () => foreign({ header: { 'x5t#S256': other.certificate.thumbprint } }),
    ],
    ['delegation_thumbprint', 'the delegation of another agent', () => mint(other)],
    ['delegation_signature', 'another key', () => foreign({ key: other.privateKey })],
    ['delegation_signature', 'no signature', () => mint(assistant).replace(/\.[^.]*$/, '.')],
    ['delegation_signature', 'a changed claim', () => mint(assistant).replace(/\.(.{9})./, '.$1_')],
    ['delegation_claims', 'no person', () => foreign({ claims: { sub: undefined } })],
    ['delegation_claims', 'no actor', () => foreign({ claims: { act: undefined } })],
    ['delegation_claims', 'no end', () => foreign({ claims: { exp: undefined } })],
    ['delegation_claims', 'no beginning', () => foreign({ claims: { iat: undefined } })],
    ['delegation_claims', 'no id', () => foreign({ claims: { jti: undefined } })],
    ['delegation_claims', 'an empty id', () => foreign({ claims: { jti: '' } })],
    ['delegation_claims', 'no scope', () => foreign({ claims: { scope: undefined } })],
    ['delegation_claims', 'scopes as a list', () => foreign({ claims: { scope: ['calendar.read'] } })],
    ['delegation_claims', 'two audiences', () => foreign({ claims: { aud: [AUDIENCE, 'https://elsewhere.example'] } })],
    ['delegation_issuer', 'another issuer', () => foreign({ claims: { iss: spiffeId('agent/other') } })],
    ['delegation_actor', 'another actor', () => foreign({ claims: { act: { sub: 'agent/other' } } })],
    ['delegation_audience', 'another audience', () => foreign({ claims: { aud: `${AUDIENCE}/` } })],
    ['delegation_person', 'an email address', () => foreign({ claims: { sub: 'ada@example.org' } })],
    ['delegation_scope', 'an unknown scope', () => foreign({ claims: { scope: 'calendar.read *' } })],
    ['delegation_scope', 'only spaces', () => foreign({ claims: { scope: '  ' } })],
    ['delegation_lifetime', 'more than a minute', () => foreign({ claims: { exp: NOW + 61 } })],
    ['delegation_lifetime', 'an end before its beginning', () => foreign({ claims: { iat: NOW + 5, exp: NOW + 4 } })],
    ['delegation_in_future', 'a beginning to come', () => foreign({ claims: { iat: NOW + 61, exp: NOW + 90 } })],
    ['delegation_expired', 'an end gone by', () => foreign({ claims: { iat: NOW - 60, exp: NOW } })],
  ];

  it.each(table)('%s: %s', async (reason, _case, make) => {
    expect(verdictOn(await make())).toBe(reason);
  });
});

describe('the bearer token of an Authorization header', () => {
  it('is found whatever the case of the scheme, and only in the form of a JWT', () => {
    expect(readBearer('Bearer a.b.c')).toBe('a.b.c');
    expect(readBearer('bearer  a.b.c')).toBe('a.b.c');
    for (const text of [undefined, '', 'Bearer', 'Bearer a.b', 'Basic a.b.c', 'Bearer a.b.c d', 'Bearer a.b.c,x']) {
      expect(readBearer(text)).toBeUndefined();
    }
  });
});
