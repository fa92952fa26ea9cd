import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { storePrefixes } from '../../../src/config/store-access.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { parseToken, tokenKey, verifyToken } from '../../../src/trust/access-token.ts';
import { listKeys } from '../../../src/trust/list-keys.ts';
import { identityKey, PERSON_PATTERN, personKey } from '../../../src/trust/person.ts';
import { parseRevocations } from '../../../src/trust/revocation-list.ts';
import { createTestClock } from '../../support/clock.ts';

function setUp() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  return { clock, store, operator: createOperator({ store, clock, random: { bytes: (count) => randomBytes(count) } }) };
}

describe('an operator', () => {
  it('adds persons under opaque ids', async () => {
    const { operator } = setUp();
    const ana = await operator.addPerson('Ana');
    expect(ana.person).toMatch(PERSON_PATTERN);
    expect(ana.person).not.toContain('Ana');
    await operator.addPerson('Tom');
    expect((await operator.listPersons()).map((record) => record.name).sort()).toEqual(['Ana', 'Tom']);
  });

  it('makes a token that opens its audience until it ends, and keeps no secret of it', async () => {
    const { operator, store, clock } = setUp();
    const { person } = await operator.addPerson('Ana');
    const made = await operator.createToken({ person, audience: 'agent', scope: 'calendar.read', days: 90 });
    const parsed = parseToken(made.text);
    expect(parsed?.id).toBe(made.record.id);
    const stored = (await store.get(tokenKey(made.record.id))) ?? '';
    expect(stored).not.toContain(parsed?.secret);
    const check = (audience: 'agent' | 'mcp') =>
      verifyToken(parsed?.secret ?? '', made.record, { audience, nowMs: clock.nowMs() });
    expect(check('agent').ok).toBe(true);
    expect(check('mcp')).toMatchObject({ ok: false, reason: 'token_audience' });
    clock.advance(90 * 86_400_000);
    expect(check('agent')).toMatchObject({ ok: false, reason: 'token_expired' });
  });

  it('revokes a token, and again without harm', async () => {
    const { operator, clock } = setUp();
    const { person } = await operator.addPerson('Ana');
    const { record } = await operator.createToken({ person, audience: 'mcp', scope: 'calendar.read', days: 1 });
    const first = await operator.revokeToken(record.id);
    clock.advance(5000);
    expect((await operator.revokeToken(record.id)).revoked_at).toBe(first.revoked_at);
    expect((await operator.listTokens(person)).map((token) => token.revoked_at)).toEqual([first.revoked_at]);
  });

  it('gives a token another secret, for as long again as it was made for, or for as long as is said', async () => {
    const { operator, clock } = setUp();
    const { person } = await operator.addPerson('Ana');
    const made = await operator.createToken({ person, audience: 'mcp', scope: 'calendar.read', days: 90, rate: 30 });
    const { id } = made.record;
    clock.advance(60 * 86_400_000);
    const first = await operator.rotateToken(id, { overlapHours: 24 });
    const second = await operator.rotateToken(id, { overlapHours: 0, days: 7, again: true });
    const days = (end: number): number => (end * 1000 - clock.nowMs()) / 86_400_000;
    expect([first, second].map(({ record }) => Math.round(days(record.expires_at)))).toEqual([90, 7]);
    expect(second.record).toMatchObject({ id, rate: 30 });
    expect(second.record).not.toHaveProperty('previous');
    for (const overlapHours of [-1, 721, Number.NaN]) {
      await expect(operator.rotateToken(id, { overlapHours })).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await expect(operator.rotateToken('x', { overlapHours: 1 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(operator.rotateToken(id, { overlapHours: 1, days: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it.each([
    [
      'a limit at a door that counts by agents',
      { audience: 'agent', scope: 'calendar.read', days: 1, rate: 5 },
      'invalid_request',
    ],
    ['a limit of none', { audience: 'mcp', scope: 'calendar.read', days: 1, rate: 0 }, 'invalid_request'],
    [
      'a limit that is no number',
      { audience: 'mcp', scope: 'calendar.read', days: 1, rate: Number.NaN },
      'invalid_request',
    ],
    ['an unknown audience', { audience: 'root', scope: 'calendar.read', days: 1 }, 'invalid_request'],
    ['no scope', { audience: 'agent', scope: ' ', days: 1 }, 'invalid_request'],
    ['a scope of no form of ours', { audience: 'agent', scope: 'calendar.*', days: 1 }, 'invalid_request'],
    [
      'a chatting token that may approve',
      { audience: 'agent', scope: 'calendar.read confirm', days: 1 },
      'invalid_request',
    ],
    [
      'an approving token that may not approve',
      { audience: 'confirm', scope: 'calendar.read', days: 1 },
      'invalid_request',
    ],
    ['a lifetime that is none', { audience: 'agent', scope: 'calendar.read', days: Number.NaN }, 'invalid_request'],
  ])('makes no token with %s', async (_what, request, code) => {
    const { operator } = setUp();
    const { person } = await operator.addPerson('Ana');
    await expect(operator.createToken({ person, ...request })).rejects.toMatchObject({ code });
    expect(await operator.listTokens()).toEqual([]);
  });

  it('makes no token for a person that does not exist', async () => {
    const { operator } = setUp();
    const request = { person: 'p_01ARYZ6S410000000000000000', audience: 'agent', scope: 'calendar.read', days: 1 };
    await expect(operator.createToken(request)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lets an identity prove one person, and moves it to another only when told to', async () => {
    const { operator, store } = setUp();
    const ana = await operator.addPerson('Ana');
    const tom = await operator.addPerson('Tom');
    const owner = async () => JSON.parse((await store.get(identityKey('oidc:google:1'))) ?? '').person;
    await operator.mapIdentity('oidc:google:1', ana.person);
    await operator.mapIdentity('oidc:google:1', ana.person);
    await expect(operator.mapIdentity('oidc:google:1', tom.person)).rejects.toMatchObject({ code: 'conflict' });
    expect(await owner()).toBe(ana.person);
    await operator.mapIdentity('oidc:google:1', tom.person, { move: true });
    expect(await owner()).toBe(tom.person);
  });

  it.each(['', 'ana', 'oidc:google:', 'oidc::1', 'oidc:google:a b', 'mail:ana@example.org', 'oidc:google:1\n'])(
    'maps no identity of no form of ours: %j',
    async (identity) => {
      const { operator } = setUp();
      const { person } = await operator.addPerson('Ana');
      await expect(operator.mapIdentity(identity, person)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('removes every record of a person, whatever its kind, and none of anybody else', async () => {
    const { operator, store } = setUp();
    const ana = await operator.addPerson('Ana');
    const tom = await operator.addPerson('Tom');
    for (const { person } of [ana, tom]) {
      await operator.createToken({ person, audience: 'agent', scope: 'calendar.read', days: 1 });
      await operator.mapIdentity(`oidc:google:${person}`, person);
      const keys = [
        `grant:agent/assistant:${person}`,
        `grant:bridge/${person}:${person}`,
        `grantindex:${person}:agent/assistant`,
        `approval:${person}:a`,
        `decision:${person}:a`,
        `vault:google:${person}`,
        `lock:vault:google:${person}`,
        `rate:agent/assistant:${person}:29000000`,
        `turn:${person}:t`,
        `conversation:${person}:c`,
        `contacts:${person}`,
      ];
      for (const key of keys) await store.set(key, '{"v":1}');
      await store.set(`ticket:${person}`, JSON.stringify({ v: 1, person }));
      await store.set(`session:${person}`, JSON.stringify({ v: 1, person }));
      await store.set(`flow:google ${person}`, JSON.stringify({ v: 1, kind: 'google', person }));
      await store.set(`flow:link ${person}`, JSON.stringify({ v: 1, kind: 'sign_in', link: person }));
    }
    const all = async () => (await Promise.all(storePrefixes.map((prefix) => listKeys(store, prefix)))).flat();
    const before = new Set(await all());
    const removed = await operator.removePerson(ana.person);
    const left = await all();
    expect(left.filter((key) => key.includes(ana.person))).toEqual([]);
    expect(left).toHaveLength(before.size / 2);
    expect(removed).toBe(before.size / 2);
    expect(await operator.listTokens()).toHaveLength(1);
    await expect(operator.removePerson(ana.person)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('removes what a request under way writes until the person is gone', async () => {
    const { operator, store, clock } = setUp();
    const { person } = await operator.addPerson('Ana');
    // A refresh ends in the moment in which the person's own record goes.
    const racing: KeyValueStore = {
      ...store,
      async compareAndDelete(key, expected) {
        if (key === personKey(person)) await store.set(`vault:google:${person}`, '{"v":1}');
        return store.compareAndDelete(key, expected);
      },
    };
    const random = { bytes: (count: number) => randomBytes(count) };
    await createOperator({ store: racing, clock, random }).removePerson(person);
    expect(await store.get(`vault:google:${person}`)).toBeUndefined();
  });

  it('revokes a certificate by the serial number that a log has, however it is spelled', async () => {
    const { operator, store } = setUp();
    const issuer = 'CN=Test CA';
    const revoked = await operator.revokeSerial(issuer, '0x0a:Bc:01');
    expect(revoked).toEqual({ issuer, serial: 'ABC01' });
    await operator.revokeSerial(`${issuer}\n`, '00ABC01');
    expect(await operator.listRevoked()).toEqual([revoked]);
    const list = parseRevocations((await store.get('revocations')) ?? '');
    expect(list.has({ issuer, serial: '0abc01' })).toBe(true);
    expect(list.has({ issuer: 'CN=Another CA', serial: 'ABC01' })).toBe(false);
  });

  it.each([
    ['CN=Test CA', ''],
    ['CN=Test CA', 'twelve'],
    ['CN=Test CA', '12 34'],
    ['CN=Test CA', 'A'.repeat(100)],
    ['', 'AB'],
    ['Test CA', 'AB'],
  ])('revokes nothing of no form of ours: %j %j', async (issuer, serial) => {
    const { operator } = setUp();
    await expect(operator.revokeSerial(issuer, serial)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await operator.listRevoked()).toEqual([]);
  });

  it('loses no revocation of many at the same moment', async () => {
    const { operator } = setUp();
    await Promise.all([1, 2, 3, 4, 5].map((serial) => operator.revokeSerial('CN=Test CA', `A${serial}`)));
    expect((await operator.listRevoked()).map((entry) => entry.serial).sort()).toEqual(['A1', 'A2', 'A3', 'A4', 'A5']);
  });
});
