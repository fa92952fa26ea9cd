import { describe, expect, it } from '@jest/globals';
import {
  countsOf,
  describePlan,
  hasDanger,
  planMarkdown,
  summarizePlan,
} from '../../../../scripts/aws/parts/plan-summary.ts';

const change = (address: string, actions: readonly string[], more: Readonly<Record<string, unknown>> = {}) => {
  const { mode = 'managed', ...rest } = more;
  return { address, mode, type: address.split('.').at(-2) ?? '', change: { actions, ...rest } };
};
const plan = (...changes: readonly unknown[]) => summarizePlan({ resource_changes: changes });

describe('the summary of a plan', () => {
  it('says what is lost for good first, then what is replaced, changed and made', () => {
    const lines = describePlan(
      plan(
        change('module.a.aws_lambda_function.new', ['create']),
        change('aws_lambda_alias.live', ['update'], {
          before: { function_version: '1' },
          after: { function_version: '2' },
        }),
        change('aws_iam_role.old', ['delete']),
        change('aws_kms_key.vault', ['delete']),
        change('aws_dynamodb_table.trust', ['delete', 'create'], { replace_paths: [['name'], ['name']] }),
      ),
      'service of dev',
    );
    expect(lines).toEqual([
      'service of dev: 2 destroyed, 1 replaced, 1 changed, 1 created',
      'DANGER, data or access would be lost: 2',
      '  - aws_kms_key.vault',
      '  ± aws_dynamodb_table.trust  (name)',
      'destroyed: 1',
      '  - aws_iam_role.old',
      'changed in place: 1',
      '  ~ aws_lambda_alias.live  (function_version)',
      'created: 1',
      '  + module.a.aws_lambda_function.new',
    ]);
  });

  it('counts a replacement once, whichever of its halves comes first', () => {
    const summary = plan(
      change('aws_iam_role.a', ['create', 'delete']),
      change('aws_iam_role.b', ['delete', 'create']),
    );
    expect(countsOf(summary)).toBe('2 replaced');
    expect(hasDanger(summary)).toBe(false);
  });

  it('leaves out what is only read, and what stays', () => {
    const summary = plan(
      change('data.aws_region.current', ['read'], { mode: 'data' }),
      change('aws_iam_role.same', ['no-op']),
    );
    expect(describePlan(summary, 'service of dev')).toEqual(['service of dev: no resource changes.']);
  });

  it('names attributes and never their values, known or not', () => {
    const text = describePlan(
      plan(
        change('aws_lambda_function.f', ['update'], {
          before: { description: 'CANARY-OLD', memory_size: 512, version: '1' },
          after: { description: 'CANARY-NEW', memory_size: 512 },
          after_unknown: { version: true, tags: {} },
        }),
      ),
      'service of dev',
    ).join('\n');
    expect(text).toContain('(description, version)');
    expect(text).not.toContain('CANARY');
  });

  it('warns a reviewer of danger in a pull request’s comment', () => {
    expect(planMarkdown(plan(change('aws_s3_bucket.state', ['delete'])), 'service of prod')).toMatch(
      /CAUTION[\s\S]*```text\nDANGER/,
    );
    expect(planMarkdown(plan(change('aws_iam_role.a', ['create'])), 'service of prod')).not.toContain('CAUTION');
  });
});
