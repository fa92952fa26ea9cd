import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import { parseToken, tokenKey, verifyToken } from '../../../src/trust/access-token.ts';
import { PERSON_PATTERN } from '../../../src/trust/person.ts';
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

  it.each([
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
});
