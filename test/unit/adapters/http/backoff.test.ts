import { describe, expect, it } from '@jest/globals';
import { backoffMs, retryAfterMs } from '../../../../src/adapters/http/backoff.ts';

const filled = (byte: number) => ({ bytes: (count: number) => new Uint8Array(count).fill(byte) });

describe('backoffMs', () => {
  it('lies anywhere between nothing and a bound that doubles up to a cap', () => {
    expect([0, 1, 2, 9].map((attempt) => backoffMs(attempt, filled(0)))).toEqual([0, 0, 0, 0]);
    expect([0, 1, 2, 9].map((attempt) => backoffMs(attempt, filled(255)))).toEqual([249, 499, 999, 3_999]);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it('reads seconds and HTTP dates', () => {
    expect(retryAfterMs('3', now)).toBe(3_000);
    expect(retryAfterMs(' 0 ', now)).toBe(0);
    expect(retryAfterMs('Sat, 21 Nov 2026 12:00:05 GMT', now)).toBe(5_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 11:00:00 GMT', now)).toBe(0);
  });
  it.each([undefined, '', '-1', '1.5', 'soon', '2026-11-21T12:00:00Z', '99999999999'])(
    'reads nothing from %j',
    (value) => {
      expect(retryAfterMs(value, now)).toBeUndefined();
    },
  );
});
