import { describe, expect, it, jest } from '@jest/globals';
import type { ReadRequest } from '../../../../../src/mcp/tools/aws/aws-reader.ts';
import { createSecurityOverview } from '../../../../../src/mcp/tools/aws/composed/security-overview.ts';
import type { ToolContext } from '../../../../../src/mcp/tools/tool.ts';
import { createTestLog } from '../../../../support/log.ts';
import { PERSON } from '../../../../support/mcp-app.ts';

// A tool of many reads, asked while somebody waits and behind the answer.

function overview() {
  const asked: ReadRequest[] = [];
  const reader = {
    async read(request: ReadRequest): Promise<object> {
      asked.push(request);
      return {};
    },
  };
  const places = { region: 'eu-central-1', regions: [], accounts: [] };
  const tool = createSecurityOverview({ reader, places, clock: { nowMs: () => Date.now() }, ttlSeconds: 0 });
  const run = (progress?: ToolContext['progress']) => {
    const { signal } = new AbortController();
    const context = { person: PERSON, agent: 'agent/assistant', requestId: 'r', signal, log: createTestLog() };
    return tool.run({}, progress === undefined ? context : { ...context, progress });
  };
  return { tool, asked, run };
}

describe('a tool of many reads', () => {
  it('may go on as a task, and tells each answer that it has', async () => {
    const { tool, asked, run } = overview();
    expect(tool.declaration.execution).toEqual({ taskSupport: 'optional' });
    const told: unknown[] = [];
    expect(await run((said) => told.push(said))).toMatchObject({ structuredContent: { found: 0 } });
    expect(asked.length).toBeGreaterThan(3);
    expect(told).toEqual(
      asked.map((_request, index) => ({ progress: index + 1, message: `${index + 1} answers of AWS so far` })),
    );
  });

  it('has twenty seconds while somebody waits, and ten minutes behind the answer', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    try {
      const { run } = overview();
      await run();
      await run(() => {});
      expect(timeout.mock.calls.map(([ms]) => ms)).toEqual([20_000, 600_000]);
    } finally {
      timeout.mockRestore();
    }
  });
});
