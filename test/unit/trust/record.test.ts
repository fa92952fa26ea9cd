import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { describeFault } from '../../../src/adapters/log/json-log.ts';
import { readRecord } from '../../../src/trust/record.ts';

const schema = z.object({ v: z.literal(1), text: z.string() });

function faultOf(raw: string): unknown {
  try {
    return readRecord(schema, raw, 'note');
  } catch (error) {
    return error;
  }
}

describe('a stored record', () => {
  it('is read by its schema', () => {
    expect(readRecord(schema, '{"v":1,"text":"x"}', 'note')).toEqual({ v: 1, text: 'x' });
  });

  it.each([
    'canary4711',
    'xcanary4711 is no JSON at all and goes on for some time',
    '{"v":1,"text":canary4711}',
    '{"v":1,"text":"canary4711"',
    '{"v":1,"text":{"canary4711":1}}',
    '{"v":2,"text":"canary4711"}',
  ])('that is damaged is a fault that repeats nothing of it: %s', (raw) => {
    const error = faultOf(raw);
    expect(error).toMatchObject({ code: 'internal', message: expect.stringContaining('note') });
    expect(describeFault(error)).not.toContain('canary');
    expect(describeFault(error)).toContain('caused by');
  });
});
