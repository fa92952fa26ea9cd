import { describe, expect, it } from '@jest/globals';
import { figuresOf, inWords, shortfalls } from '../load/figures.ts';
import { runLoad } from '../load/open-loop.ts';

// `make load`, for two seconds: that it works, not how fast this machine is.

describe('a machine under load', () => {
  it('answers each signed call at its agent door, at once or behind the answer', async () => {
    const figures = await runLoad({ rate: 10, seconds: 2, asyncTenths: 2 });
    expect(figures).toMatchObject({ calls: 20, errors: 0, faults: {}, sync: { count: 16 }, async: { count: 4 } });
    expect(figures.sync.p50).toBeGreaterThan(0);
    expect(inWords(figures)).toContain('errors: 0 of 20 (0.00 %)');
  }, 240_000);
});

describe('the figures of a run', () => {
  const even = (count: number, kind: 'sync' | 'async', scale = 1) =>
    Array.from({ length: count }, (_, index) => ({ kind, milliseconds: (index + 1) * scale }));

  it('are the values that so many of a hundred do not exceed, of the calls that went well', () => {
    const figures = figuresOf([
      ...even(200, 'sync'),
      ...even(10, 'async', 100),
      { kind: 'sync', milliseconds: 9, fault: 'HTTP 503' },
    ]);
    expect(figures.sync).toEqual({ count: 200, p50: 100, p95: 190, p99: 198 });
    expect(figures.async).toEqual({ count: 10, p50: 500, p95: 1000, p99: 1000 });
    expect(figures).toMatchObject({ calls: 211, errors: 1, faults: { 'HTTP 503': 1 } });
  });

  it('keep the limits, or name each that they do not', () => {
    expect(shortfalls(figuresOf(even(100, 'sync')))).toEqual([]);
    const failed = Array.from({ length: 2 }, () => ({ kind: 'sync' as const, milliseconds: 1, fault: 'HTTP 503' }));
    expect(shortfalls(figuresOf([...even(99, 'sync', 10), ...even(10, 'async', 10_000), ...failed]))).toEqual([
      'P95 of calls done at once: 950 ms, limit 500 ms.',
      'P95 of calls done behind their answer: 100000 ms, limit 30000 ms.',
      '2 of 111 calls went wrong, limit 1 %.',
    ]);
    expect(shortfalls(figuresOf([]))).toEqual(['No call was made.']);
  });
});
