import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeUlid, ULID_PATTERN } from '../../../src/kernel/ulid.ts';

const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('a ULID', () => {
  it('spells the time and the randomness as the specification says', () => {
    expect(encodeUlid(1469918176385, new Uint8Array(10))).toBe('01ARYZ6S410000000000000000');
    expect(encodeUlid(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
  });

  it('is always of one form and sorts by time', () => {
    fc.assert(
      fc.property(time, time, random, (left, right, bytes) => {
        const texts = [encodeUlid(left, bytes), encodeUlid(right, bytes)];
        for (const text of texts) expect(text).toMatch(ULID_PATTERN);
        expect(Math.sign(left - right)).toBe(texts[0] === texts[1] ? 0 : (texts[0] ?? '') < (texts[1] ?? '') ? -1 : 1);
      }),
    );
  });

  it('refuses too little randomness', () => {
    expect(() => encodeUlid(0, new Uint8Array(9))).toThrow(RangeError);
  });
});
