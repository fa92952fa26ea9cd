import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configurationReference } from '../../../src/config/reference.ts';

describe('the configuration reference', () => {
  it('says what the schemas say (run `make docs` when this fails)', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationReference());
  });

  it('describes every setting', () => {
    const rows = configurationReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row.split('|').some((cell) => /[a-z]{3,} [a-z]/i.test(cell))).toBe(true);
  });
});
