import { describe, expect, it } from '@jest/globals';
import { tellApply } from '../../../../scripts/aws/parts/tell-apply.ts';

function told(...lines: readonly unknown[]): readonly string[] {
  const said: string[] = [];
  const tell = tellApply((text) => said.push(text));
  for (const line of lines) tell(typeof line === 'string' ? line : JSON.stringify(line));
  return said;
}

describe('what an apply tells', () => {
  it('says what is done and how it ended, and leaves out what was read, begun and put out', () => {
    expect(
      told(
        { type: 'version', '@message': 'Terraform 1.11.4' },
        { type: 'refresh_start', '@message': 'aws_iam_role.a: Refreshing state...' },
        { type: 'apply_start', '@message': 'aws_iam_role.a: Creating...' },
        { type: 'apply_complete', '@message': 'aws_iam_role.a: Creation complete after 1s' },
        { type: 'outputs', '@message': 'Outputs: 2' },
        { type: 'change_summary', '@message': 'Apply complete! Resources: 1 added' },
      ),
    ).toEqual(['  aws_iam_role.a: Creation complete after 1s', 'Apply complete! Resources: 1 added']);
  });

  it('says once a minute that something takes long', () => {
    const waits = [10, 20, 30, 40, 50, 60].map((elapsed_seconds) => ({
      type: 'apply_progress',
      '@message': `aws_acm_certificate.a: Still creating... [${elapsed_seconds}s elapsed]`,
      hook: { elapsed_seconds },
    }));
    expect(told(...waits)).toEqual(['  aws_acm_certificate.a: Still creating... [60s elapsed]']);
  });

  it('says each error with its place, and none that an interruption brought about', () => {
    const error = (summary: string, address?: string) => ({
      type: 'diagnostic',
      '@message': `Error: ${summary}`,
      diagnostic: { severity: 'error', summary, detail: 'Because.', ...(address === undefined ? {} : { address }) },
    });
    expect(
      told(
        error('creating role: AccessDenied', 'aws_iam_role.a'),
        error('execution halted'),
        error('waiting for record: context canceled'),
        { type: 'diagnostic', '@message': 'Warning', diagnostic: { severity: 'warning', summary: 'Targeting' } },
      ),
    ).toEqual(['ERROR creating role: AccessDenied (aws_iam_role.a)\nBecause.']);
  });

  it('says what is no JSON as it is', () => {
    expect(told('a plugin crashed', '', '  ')).toEqual(['a plugin crashed']);
  });
});
