import { describe, expect, it } from '@jest/globals';
import { commands as cloudwatch } from '../../../../../src/mcp/tools/aws/clients/cloudwatch.ts';
import { commands as costs } from '../../../../../src/mcp/tools/aws/clients/cost_explorer.ts';
import { commands as ec2 } from '../../../../../src/mcp/tools/aws/clients/ec2.ts';
import { withDates } from '../../../../../src/mcp/tools/aws/timestamps.ts';

const NOON = '2026-11-21T12:00:00Z';
const commandOf = (commands: typeof cloudwatch, name: string): object => {
  const entry = commands[name];
  if (entry === undefined) throw new Error(`no ${name}`);
  return new entry.command({});
};

describe('times in the parameters of a read', () => {
  it('become dates where AWS wants a time, whichever way they are written', () => {
    const command = commandOf(cloudwatch, 'GetMetricStatistics');
    const input = { Namespace: NOON, StartTime: NOON, EndTime: Date.parse(NOON) / 1000 };
    const noon = new Date(NOON);
    expect(withDates(command, input)).toEqual({ Namespace: NOON, StartTime: noon, EndTime: noon });
    expect(withDates(command, { StartTime: Date.parse(NOON), EndTime: noon })).toEqual({
      StartTime: noon,
      EndTime: noon,
    });
  });

  it('stay texts where AWS wants a text', () => {
    const input = { TimePeriod: { Start: NOON, End: '2026-11-22T12:00:00Z' }, Granularity: 'HOURLY' };
    expect(withDates(commandOf(costs, 'GetCostAndUsage'), input)).toEqual(input);
  });

  it('are found inside lists and structures; what is no time, and what nobody knows, goes on as it is', () => {
    const metrics = [{ Id: 'a', MetricStat: { Period: 60, Metric: { Dimensions: [{ Name: 'x', Value: NOON }] } } }];
    const input = { MetricDataQueries: metrics, StartTime: 'soon', Unknown: { At: NOON } };
    expect(withDates(commandOf(cloudwatch, 'GetMetricData'), input)).toEqual(input);
    const filters = { Filters: [{ Name: 'launch-time', Values: [NOON] }] };
    expect(withDates(commandOf(ec2, 'DescribeInstances'), filters)).toEqual(filters);
    expect(withDates({}, { StartTime: NOON })).toEqual({ StartTime: NOON });
  });
});
