import { describe, expect, it } from '@jest/globals';
import { readTimeout } from '../../../src/trust/call-timeout.ts';

describe('how long a caller waits', () => {
  it.each([
    ['1', 1],
    ['25000', 25_000],
    ['9999999', 9_999_999],
  ])('is a number of milliseconds: %s', (header, expected) => {
    expect(readTimeout(header)).toBe(expected);
  });

  it.each([undefined, '', '0', '-5', '1.5', '1e3', ' 5', '5 ', '0x10', 'soon', '99999999', '5,6'])(
    'is not said by %p',
    (header) => {
      expect(readTimeout(header)).toBeUndefined();
    },
  );
});
