import { describe, expect, it } from '@jest/globals';
import {
  addRevocation,
  checkRevocation,
  parseRevocations,
  type RevocationsRecord,
} from '../../../src/trust/revocation-list.ts';

const NOW_MS = 1_790_000_000_000;
const certificate = { issuer: 'CN=authority, O=test', serial: 'AB12CD' };
const listOf = (...revoked: RevocationsRecord['revoked']): string =>
  JSON.stringify({ v: 1, version: 3, updated_at: 1, revoked });
const loaded = (text: string, ageMs = 0) => ({ list: parseRevocations(text), loadedAtMs: NOW_MS - ageMs });

function verdictOn(list: Parameters<typeof checkRevocation>[1]): string {
  const result = checkRevocation(certificate, list, NOW_MS);
  return result.ok ? 'accepted' : result.reason;
}

describe('the revocation list', () => {
  it('refuses what it names by issuer and serial number, however they are spelled', () => {
    expect(verdictOn(loaded(listOf()))).toBe('accepted');
    for (const serial of ['AB12CD', 'ab12cd', '00ab12cd', 'ab:12:cd']) {
      expect(verdictOn(loaded(listOf({ issuer: certificate.issuer, serial })))).toBe('certificate_revoked');
      expect(verdictOn(loaded(listOf({ issuer: 'CN=authority\nO=test', serial })))).toBe('certificate_revoked');
    }
  });

  it('does not confuse issuers: the same number of another authority is another certificate', () => {
    expect(verdictOn(loaded(listOf({ issuer: 'CN=elsewhere', serial: 'AB12CD' })))).toBe('accepted');
    expect(verdictOn(loaded(listOf({ issuer: certificate.issuer, serial: 'AB12CE' })))).toBe('accepted');
  });

  it('says nothing when it is absent or was read more than a minute ago, nor when the clock went back', () => {
    expect(verdictOn(undefined)).toBe('revocations_unavailable');
    expect(verdictOn(loaded(listOf(), 60_000))).toBe('accepted');
    expect(verdictOn(loaded(listOf(), 60_001))).toBe('revocations_stale');
    expect(verdictOn(loaded(listOf(), -1))).toBe('revocations_stale');
  });

  it('counts its age from our reading, not from the operator’s last change', () => {
    expect(verdictOn(loaded(JSON.stringify({ v: 1, version: 0, updated_at: 0, revoked: [] })))).toBe('accepted');
  });

  it.each([
    '',
    '{}',
    'null',
    '{"v":2,"version":1,"updated_at":1,"revoked":[]}',
    listOf({ issuer: 'a', serial: 'xyz' }),
  ])('that is damaged is a fault, not an empty list: %s', (text) => {
    expect(() => parseRevocations(text)).toThrow('cannot be read');
  });

  it('grows by one certificate at a time, each listed once', () => {
    const empty: RevocationsRecord = { v: 1, version: 0, updated_at: 0, revoked: [] };
    const one = addRevocation(empty, certificate, 100);
    const again = addRevocation(one, { ...certificate, serial: '00ab12cd' }, 200);
    expect(one).toEqual({ v: 1, version: 1, updated_at: 100, revoked: [certificate] });
    expect(again.revoked).toHaveLength(1);
    expect(again.version).toBe(2);
    expect(verdictOn(loaded(JSON.stringify(again)))).toBe('certificate_revoked');
  });
});
