import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DiffLine, diffLines } from '../../../../src/cli/servers/line-diff.ts';

const text = (lines: readonly DiffLine[]): readonly string[] => lines.map(({ sign, text: line }) => `${sign}${line}`);

describe('a comparison line by line', () => {
  it('shows what went and what came, with two lines around', () => {
    expect(text(diffLines('a\nb\nc\nd\ne\nf', 'a\nb\nc\nD\ne\nf'))).toEqual([' b', ' c', '-d', '+D', ' e', ' f']);
  });

  it('is nothing for what is the same, and whole where there was nothing', () => {
    expect(diffLines('a\nb', 'a\nb')).toEqual([]);
    expect(text(diffLines('', 'a\nb'))).toEqual(['+a', '+b']);
  });

  it('loses no line, whatever the texts', () => {
    const line = fc.constantFrom('a', 'b', 'c');
    const lines = fc.array(line, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const shown = diffLines(before.join('\n'), after.join('\n'));
        const count = (list: readonly string[], wanted: string): number => list.filter((one) => one === wanted).length;
        for (const wanted of ['a', 'b', 'c']) {
          const signed = (sign: string): number =>
            shown.filter((one) => one.sign === sign && one.text === wanted).length;
          // What stayed cancels out.
          expect(signed('+') - signed('-')).toBe(count(after, wanted) - count(before, wanted));
        }
      }),
    );
  });
});
