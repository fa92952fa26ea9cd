import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readServerTiming } from '../../../../src/adapters/http/server-timing.ts';
import { createStages, STAGES } from '../../../../src/mcp/stages.ts';

// What the agent understands of the MCP API's `Server-Timing`.

describe('reading Server-Timing', () => {
  it('reads what the MCP API writes', async () => {
    let now = 0;
    const stages = createStages({ nowMs: () => 0, elapsedMs: () => now });
    for (const stage of STAGES) {
      await stages.time(stage, async () => {
        now += 1.5;
      });
    }
    stages.approval('not_needed');
    expect(readServerTiming(stages.header())).toEqual(
      STAGES.map((name) => ({ name, ms: 1.5, ...(name === 'approval' && { note: 'not_needed' }) })),
    );
  });

  it('leaves out whatever else stands there', () => {
    const given =
      'tool;dur=1, <b>;dur=2, Tool;dur=3, nonce;dur=x, nonce;dur=-1, grant;desc="a, b";dur=1, tool, a;dur=1;dur=2';
    expect(readServerTiming(given)).toEqual([{ name: 'tool', ms: 1 }]);
    expect(readServerTiming(undefined)).toEqual([]);
    expect(readServerTiming('')).toEqual([]);
  });

  it('reads no more than there can be', () => {
    expect(readServerTiming(Array.from({ length: 5000 }, () => 'tool;dur=1').join(', '))).toHaveLength(16);
  });

  it('answers names, words and finite times for any header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        for (const { name, ms, note = 'none' } of readServerTiming(header)) {
          expect(name).toMatch(/^[a-z_]{1,32}$/);
          expect(note).toMatch(/^[a-z_]{1,32}$/);
          expect(Number.isFinite(ms) && ms >= 0).toBe(true);
        }
      }),
    );
  });
});
