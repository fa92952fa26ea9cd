import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { costsDocument, doorCosts } from '../../../scripts/costs.ts';

describe('docs/costs.md', () => {
  it('is what `make docs` writes from the measurements and the prices', () => {
    expect(readFileSync('docs/costs.md', 'utf8')).toBe(costsDocument());
  });

  it('finds the agent door at most half as dear as a managed gateway: with Redis all in, with DynamoDB before logs and traces', () => {
    expect(doorCosts.managedGateway).toBeCloseTo(0.005, 6);
    expect(doorCosts.redis.watched).toBeLessThanOrEqual(doorCosts.managedGateway / 2);
    expect(doorCosts.dynamodb.bare).toBeLessThanOrEqual(doorCosts.managedGateway / 2);
  });

  it('says so where it is dearer', () => {
    expect(doorCosts.dynamodb.watched).toBeGreaterThan(doorCosts.managedGateway / 2);
    expect(costsDocument()).toContain('missed once logs and traces are');
  });
});
