import { describe, expect, it } from '@jest/globals';
import { createBoundedCache } from '../../../src/mcp/bounded-cache.ts';

describe('the bounded cache', () => {
  it('forgets what was used longest ago, and never holds more than it may', () => {
    const cache = createBoundedCache<number>(3);
    for (const [value, key] of ['a', 'b', 'c'].entries()) cache.set(key, value);
    expect(cache.get('a')).toBe(0);
    cache.set('d', 3);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
  });

  it('keeps the key in use when others come and go', () => {
    const cache = createBoundedCache<number>(2);
    cache.set('busy', 1);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`passing ${index}`, index);
      expect(cache.get('busy')).toBe(1);
      expect(cache.get('busy')).toBe(1);
    }
  });
});
