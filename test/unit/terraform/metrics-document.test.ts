import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { METRIC_NAMESPACE, metrics } from '../../../src/adapters/log/metrics.ts';

// docs/metrics.md against the code that counts. Its alarms are held to a plan in test/infra/service-parts.test.ts.

const DOCUMENT = readFileSync('docs/metrics.md', 'utf8');
const MODULE = 'terraform/modules/observability';
const TERRAFORM = readdirSync(MODULE)
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(`${MODULE}/${name}`, 'utf8'))
  .join('\n');
const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'));
const cellsOf = (row: string): readonly string[] => row.split('|').map((cell) => cell.trim());

describe('docs/metrics.md', () => {
  it.each(Object.entries(metrics))('says the unit and the dimensions of %s', (name, { unit, dimensions, total }) => {
    const [, , said, own, meaning = ''] = cellsOf(rows.find((row) => row.startsWith(`| \`${name}\` |`)) ?? '');
    expect(said).toBe(unit);
    expect(own).toBe(dimensions.length === 0 ? 'none' : dimensions.map((dimension) => `\`${dimension}\``).join(', '));
    expect(/Also counted without/.test(meaning)).toBe(total === true);
  });

  it('names the namespace that the code and Terraform share', () => {
    expect(DOCUMENT).toContain(`Namespace \`${METRIC_NAMESPACE}\``);
    expect(TERRAFORM).toContain(`namespace = "${METRIC_NAMESPACE}"`);
  });
});
