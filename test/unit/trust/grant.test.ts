import { describe, expect, it } from '@jest/globals';
import { checkGrant, type GrantRecord } from '../../../src/trust/grant.ts';

const NOW_MS = 1_790_000_000_000;
const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const grant: GrantRecord = {
  v: 1,
  agent: 'agent/assistant',
  person: PERSON,
  scopes: ['calendar.write', 'weather.read'],
  granted_at: 1,
  expires_at: NOW_MS / 1000 + 10,
};
const call = { agent: 'agent/assistant', person: PERSON, scopes: ['calendar.read'], nowMs: NOW_MS };

describe('what a call may do', () => {
  it.each([
    [['calendar.read'], ['calendar.read']],
    [['calendar.write'], ['calendar.read', 'calendar.write']],
    [
      ['calendar.write', 'aws.read'],
      ['calendar.read', 'calendar.write'],
    ],
    [['weather.write'], ['weather.read']],
  ])('delegating %j leaves %j', (scopes, allowed) => {
    expect(checkGrant(grant, { ...call, scopes })).toEqual({ ok: true, value: allowed });
  });

  it('is nothing without a live grant of this person to this agent, or with nothing in common', () => {
    const cases = [
      ['grant_missing', undefined, call],
      ['grant_expired', { ...grant, expires_at: NOW_MS / 1000 }, call],
      ['grant_of_another', { ...grant, person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAW' }, call],
      ['grant_of_another', { ...grant, agent: 'agent/other' }, call],
      ['grant_scope', grant, { ...call, scopes: ['aws.read'] }],
      ['grant_scope', { ...grant, scopes: [] }, call],
    ] as const;
    for (const [reason, held, asked] of cases) {
      expect(checkGrant(held && { ...held, scopes: [...held.scopes] }, asked)).toEqual({ ok: false, reason });
    }
  });
});
