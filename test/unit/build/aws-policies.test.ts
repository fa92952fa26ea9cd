import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ACTIONS_FILE, type AwsActions, collectActions, renderActions } from '../../../build/aws-policies.ts';
import { actionsOf } from '../../../src/mcp/tools/aws/aws-service.ts';
import { awsServices } from '../../../src/mcp/tools/aws/services.ts';

describe('the actions that the role for AWS reads is given', () => {
  const actions = JSON.parse(readFileSync(ACTIONS_FILE, 'utf8')) as AwsActions;
  const given = [...actions.regional.flat(), ...actions.global, ...Object.keys(actions.paths)];

  it('are made from the lists as they are now: else run node build/aws-policies.ts', () => {
    expect(readFileSync(ACTIONS_FILE, 'utf8')).toBe(renderActions());
  });

  it('are those of the operations, each once, and no pattern', () => {
    const needed = awsServices.flatMap((data) =>
      Object.keys(data.operations).flatMap((operation) => actionsOf(data, operation)),
    );
    expect([...given].sort()).toEqual([...new Set(needed)].sort());
    expect(given.filter((action) => !/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(action))).toEqual([]);
  });

  it('are split wherever they would not fit one policy', () => {
    const [data] = awsServices;
    if (data === undefined) throw new Error('no service');
    const operations = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`DescribeSomethingRatherLong${index}`, {}]),
    );
    const { paths: _paths, region: _region, ...whole } = data;
    const split = collectActions([{ ...whole, iam: 'ec2', operations }]).regional;
    expect(split.length).toBeGreaterThan(2);
    expect(new Set(split.flat()).size).toBe(400);
    for (const part of split) expect(JSON.stringify(part).length).toBeLessThan(5100);
  });
});
