import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { requirements } from '../../requirements.ts';

const SECTIONS = { S0: 22, S1: 11, S2: 12, S3: 10, S4: 13 };

describe('the requirements', () => {
  it('list each row of each section once', () => {
    const expected = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_value, index) => `${section}.${index + 1}`),
    );
    expect(requirements.map(({ row }) => row)).toEqual(expected);
  });

  it('every row names a test, and one that is kept partly what is missing', () => {
    for (const { row, state, tests, missing } of requirements) {
      expect({ row, named: tests.length > 0 }).toEqual({ row, named: true });
      expect({ row, missing: missing !== undefined }).toEqual({ row, missing: state === 'partly' });
    }
  });

  const named = requirements.flatMap(({ row, tests }) => tests.map(([file, words]) => ({ row, file, words })));

  it.each(named)('$row is proved by a test that is there: $file, “$words”', ({ file, words }) => {
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(words);
  });
});
