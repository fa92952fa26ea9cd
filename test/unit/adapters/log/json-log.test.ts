import { describe, expect, it } from '@jest/globals';
import { createJsonLog, describeFault } from '../../../../src/adapters/log/json-log.ts';
import { createTestClock } from '../../../support/clock.ts';

const fields = { service: 'mcp', environment: 'dev' };

function capture(level: 'info' | 'error') {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  return { lines, log: createJsonLog({ clock: createTestClock(0), write, level, fields }) };
}

describe('the log', () => {
  it('writes one JSON line an event, with the fields of its parents', () => {
    const { lines, log } = capture('info');
    log.child({ request_id: 'r1' }).info('door.passed', { person: 'p_1' });
    expect(lines).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'info',
        event: 'door.passed',
        service: 'mcp',
        environment: 'dev',
        request_id: 'r1',
        person: 'p_1',
      },
    ]);
  });

  it('leaves out what is below its level, but never a metric', () => {
    const { lines, log } = capture('error');
    log.info('a');
    log.warn('b');
    log.error('c');
    log.metric('Refused', { reason: 'nonce_replayed' });
    expect(lines.map((line) => line['event'] ?? line['Refused'])).toEqual(['c', 1]);
  });

  it('counts in CloudWatch’s embedded metric format', () => {
    const { lines, log } = capture('info');
    log.metric('ToolCall', { tool: 'freebusy', outcome: 'ok' }, 3);
    expect(lines[0]).toMatchObject({
      _aws: {
        Timestamp: 0,
        CloudWatchMetrics: [
          {
            Namespace: 'Sallyport',
            Dimensions: [['environment', 'service', 'tool', 'outcome']],
            Metrics: [{ Name: 'ToolCall', Unit: 'Count' }],
          },
        ],
      },
      tool: 'freebusy',
      outcome: 'ok',
      ToolCall: 3,
    });
  });

  it('counts a refusal by its reason and in all, so that an alarm can watch either', () => {
    const { lines, log } = capture('info');
    log.child({ request_id: 'r1' }).metric('Refused', { reason: 'nonce_replayed' });
    const [line] = lines as { _aws: { CloudWatchMetrics: { Dimensions: string[][] }[] } }[];
    const sets = line?._aws.CloudWatchMetrics[0]?.Dimensions ?? [];
    expect(sets).toEqual([
      ['environment', 'service', 'reason'],
      ['environment', 'service'],
    ]);
    for (const name of sets.flat()) expect(line).toHaveProperty(name, expect.any(String));
  });

  it('describes a fault with its causes, as far as they are errors', () => {
    const text = describeFault(new Error('outer', { cause: new TypeError('inner') }));
    expect(text).toContain('outer');
    expect(text).toContain('caused by TypeError: inner');
    expect(describeFault('just text')).toBe('thrown string');
  });

  it.each(['canary', 'canary and more than JSON.parse would quote', '{"message": canary}', '["a", canary]'])(
    'repeats nothing of a text that is no JSON: %s',
    (text) => {
      let cause: unknown;
      try {
        JSON.parse(text);
      } catch (error) {
        cause = error;
      }
      const described = describeFault(new Error('The body is not JSON.', { cause }));
      expect(described).toContain('caused by SyntaxError');
      expect(described).not.toContain('canary');
      expect(described).toMatch(/SyntaxError\n {4}at JSON\.parse/);
    },
  );
});
