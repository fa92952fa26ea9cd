import { describe, expect, it } from '@jest/globals';
import { createToken, parseToken, type TokenRecord, verifyToken } from '../../../src/trust/access-token.ts';

const NOW_MS = 1_790_000_000_000;
const request = {
  person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  audience: 'agent',
  scopes: ['calendar.read'],
  nowMs: NOW_MS,
  lifetimeSeconds: 60,
  random: Buffer.alloc(42, 7),
} as const;

function verdictOn(text: string, record: TokenRecord, nowMs = NOW_MS): string {
  const parsed = parseToken(text);
  if (parsed === undefined) return 'no token';
  const result = verifyToken(parsed.secret, record, { audience: 'agent', nowMs });
  return result.ok ? 'accepted' : result.reason;
}

describe('a token of ours', () => {
  const { text, record } = createToken(request);

  it('is accepted until it ends, and keeps its secret out of its record', () => {
    expect(text).toMatch(/^sp_[0-9A-Z]{26}_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(record)).not.toContain(text.slice(-43));
    expect(verdictOn(text, record, NOW_MS + 59_999)).toBe('accepted');
    expect(verdictOn(text, record, NOW_MS + 60_000)).toBe('token_expired');
  });

  it('is refused once revoked, for another audience, and with another secret', () => {
    expect(verdictOn(text, { ...record, revoked_at: 1 })).toBe('token_revoked');
    expect(verdictOn(text, { ...record, audience: 'mcp' })).toBe('token_audience');
    expect(verdictOn(text.replace(/.{5}$/, 'AAAAA'), record)).toBe('token_unknown');
    expect(verdictOn(text, { ...record, hash: '' })).toBe('token_unknown');
  });

  it('tells a stranger nothing of the record: the secret is checked before all else', () => {
    const stranger = text.replace(/.{5}$/, 'AAAAA');
    for (const changes of [{ revoked_at: 1 }, { audience: 'mcp' as const }, { expires_at: 0 }]) {
      expect(verdictOn(stranger, { ...record, ...changes })).toBe('token_unknown');
    }
  });

  it('has one form only', () => {
    for (const other of ['', 'sp_', text.slice(1), `${text}A`, ` ${text}`, `${text}\n`, text.toLowerCase()]) {
      expect(parseToken(other)).toBeUndefined();
    }
    expect(() => createToken({ ...request, random: Buffer.alloc(41) })).toThrow(RangeError);
  });
});
