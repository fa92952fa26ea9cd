import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../../src/local/google/freebusy.ts';

describe('merge', () => {
  it('joins spans that overlap, touch or lie within one another', () => {
    const spans = [
      { fromMs: 10, toMs: 20 },
      { fromMs: 0, toMs: 5 },
      { fromMs: 12, toMs: 15 },
      { fromMs: 20, toMs: 25 },
      { fromMs: 30, toMs: 31 },
    ];
    expect(merge(spans)).toEqual([
      { fromMs: 0, toMs: 5 },
      { fromMs: 10, toMs: 25 },
      { fromMs: 30, toMs: 31 },
    ]);
  });

  it('covers exactly the same instants, in order and apart', () => {
    const span = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 10 }))
      .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const merged = merge(spans);
        const covers = (list: readonly { fromMs: number; toMs: number }[], ms: number) =>
          list.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
        for (let ms = 0; ms < 72; ms += 1) expect(covers(merged, ms)).toBe(covers(spans, ms));
        for (const [index, { fromMs }] of merged.entries()) {
          const before = merged[index - 1];
          if (before !== undefined) expect(fromMs).toBeGreaterThan(before.toMs);
        }
      }),
    );
  });
});
