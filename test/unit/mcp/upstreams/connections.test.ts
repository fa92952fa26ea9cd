import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { compareTools } from '../../../../src/mcp/upstreams/approved.ts';
import { createConnections } from '../../../../src/mcp/upstreams/connections.ts';
import type { UpstreamConnection } from '../../../../src/ports/upstream.ts';
import { createTestClock } from '../../../support/clock.ts';

// The connections to one server: whose they are, how many there may be, and when one is replaced. And a list that says two things of one tool.

const never = new AbortController().signal;

describe('connections', () => {
  function create() {
    const clock = createTestClock();
    const opened: { readonly tenant: string | undefined; broken: boolean; closed: boolean }[] = [];
    const connections = createConnections({
      clock,
      onOpen: async () => {},
      connector: {
        async connect({ tenant }) {
          const state = { tenant, broken: false, closed: false };
          opened.push(state);
          return {
            server: { name: 'odd', version: '1' },
            protocolVersion: '2025-11-25',
            heardAtMs: 0,
            get broken() {
              return state.broken;
            },
            listTools: async () => [],
            callTool: async () => ({ content: [], isError: false }),
            onToolsChanged: () => {},
            close: async () => {
              state.closed = true;
            },
          } satisfies UpstreamConnection;
        },
      },
    });
    return { connections, opened };
  }

  it('are one for each person, and nobody gets another’s', async () => {
    const { connections, opened } = create();
    const [ada, bob, again] = await Promise.all(['ada', 'bob', 'ada'].map((person) => connections.get(person, never)));
    expect(ada).toBe(again);
    expect(ada).not.toBe(bob);
    expect(opened.map(({ tenant }) => tenant)).toEqual(['ada', 'bob']);
    await connections.close();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('that broke or hang are replaced by new ones', async () => {
    const { connections, opened } = create();
    const first = await connections.get(undefined, never);
    for (const state of opened) state.broken = true;
    const second = await connections.get(undefined, never);
    expect(second).not.toBe(first);
    connections.discard(second);
    expect(await connections.get(undefined, never)).not.toBe(second);
    await connections.close();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it('make room by closing one that nobody uses, and refuse where all are in use', async () => {
    const { connections, opened } = create();
    for (let person = 0; person < 16; person += 1) await connections.get(`p_${person}`, never);
    await connections.get('p_more', never);
    expect(opened[0]).toMatchObject({ tenant: 'p_0', closed: true });
    const uses: Promise<void>[] = [];
    const done = new AbortController();
    const until = new Promise<void>((resolve) => done.signal.addEventListener('abort', () => resolve()));
    for (const { tenant } of opened.slice(1)) {
      const connection = await connections.get(tenant, never);
      uses.push(connections.using(connection, () => until));
    }
    await expect(connections.get('p_last', never)).rejects.toBeInstanceOf(AppError);
    await expect(connections.get('p_last', never)).rejects.toMatchObject({ code: 'rate_limited' });
    done.abort();
    await Promise.all(uses);
    await connections.close();
  });
});

describe('a list that has one name twice', () => {
  const inputSchema = { type: 'object' };
  const approved = [{ name: 'act', description: 'Looked at.', inputSchema }];
  const other = { name: 'act', description: 'Another.', inputSchema };

  it.each([
    ['before', [other, ...approved]],
    ['behind', [...approved, other]],
  ])('is another list than was approved, with the other one %s it', (_where, present) => {
    expect(compareTools(approved, present)).toEqual([{ name: 'act', kind: 'changed', members: ['description'] }]);
  });
});
