import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FailedAttempt, readRetryAfter, retryDelayMs } from '../../../../src/cli/client/retry.ts';

const failed = (over: Partial<FailedAttempt>): FailedAttempt => ({
  attempt: 0,
  repeatable: true,
  neverSent: false,
  ...over,
});

describe('a request that failed', () => {
  it.each([
    ['nobody answered it', failed({}), true],
    ['it never left', failed({ neverSent: true, repeatable: false }), true],
    ['it may have arrived and may not be repeated', failed({ repeatable: false }), false],
    ['it met somebody busy', failed({ status: 503 }), true],
    ['it met somebody busy and may not be repeated', failed({ status: 503, repeatable: false }), false],
    ['it met a limit', failed({ status: 429, retryAfterSeconds: 3 }), true],
    ['it shall come back much later', failed({ status: 429, retryAfterSeconds: 3600 }), false],
    ['it was refused', failed({ status: 403 }), false],
    ['it met a fault', failed({ status: 500 }), false],
    ['it was not found', failed({ status: 404 }), false],
    ['it was tried often enough', failed({ attempt: 3 }), false],
  ])('is sent again or not when %s', (_what, attempt, again) => {
    expect(retryDelayMs(attempt, 3, 0.5) !== undefined).toBe(again);
  });

  it('is not sent again where nobody wants it', () => {
    expect(retryDelayMs(failed({ neverSent: true }), 0, 0.5)).toBeUndefined();
  });

  it('waits between nothing and twice as long each time, never over 8 s, and as long as it was told', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), (attempt, draw, seconds) => {
        const delay = retryDelayMs(failed({ attempt, status: 503, retryAfterSeconds: seconds }), 100, draw) ?? -1;
        expect(delay).toBeGreaterThanOrEqual(seconds * 1000);
        expect(delay).toBeLessThanOrEqual(Math.max(seconds * 1000, Math.min(8000, 250 * 2 ** attempt)));
      }),
    );
    expect([0, 1, 2].map((attempt) => retryDelayMs(failed({ attempt }), 3, 1))).toEqual([250, 500, 1000]);
    expect(retryDelayMs(failed({}), 3, 0)).toBe(0);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    ['120', 120],
    ['0', 0],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [undefined, undefined],
  ])('%j is %j', (text, seconds) => {
    // `Date.parse` takes many things for a date; nothing of the past is waited for.
    expect(readRetryAfter(text, now) ?? 0).toBe(seconds ?? 0);
  });
});
