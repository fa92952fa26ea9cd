import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { compareTools } from '../../../../src/mcp/upstreams/approved.ts';
import { createCircuit } from '../../../../src/mcp/upstreams/circuit.ts';
import { createConnections } from '../../../../src/mcp/upstreams/connections.ts';
import { createSlots } from '../../../../src/mcp/upstreams/slots.ts';
import type { UpstreamConnection } from '../../../../src/ports/upstream.ts';
import { createTestClock } from '../../../support/clock.ts';

// What keeps one server from costing others anything: how often it is tried, how many calls it takes, how many connections it has.

const never = new AbortController().signal;

describe('a circuit', () => {
  it('opens after three failures in a row, for longer each time, and lets one call try', () => {
    const circuit = createCircuit();
    circuit.failed(0);
    circuit.failed(0);
    expect(circuit.closedUntil(0)).toBeUndefined();
    circuit.failed(0);
    expect(circuit.closedUntil(0)).toBe(5_000);
    expect(circuit.closedUntil(5_000)).toBeUndefined();
    circuit.begin(5_000);
    expect(circuit.closedUntil(5_000)).toBe(6_000);
    circuit.failed(5_000);
    expect(circuit.closedUntil(5_000)).toBe(15_000);
    for (let time = 0; time < 20; time += 1) circuit.failed(0);
    expect(circuit.closedUntil(0)).toBe(300_000);
  });

  it('closes with the first call that succeeds, and forgets what failed before', () => {
    const circuit = createCircuit();
    for (let time = 0; time < 3; time += 1) circuit.failed(0);
    circuit.begin(5_000);
    circuit.succeeded();
    expect(circuit.closedUntil(5_000)).toBeUndefined();
    circuit.failed(5_000);
    circuit.failed(5_000);
    expect(circuit.closedUntil(5_000)).toBeUndefined();
  });

  it('lets another try when the one that tried has gone away', () => {
    const circuit = createCircuit();
    for (let time = 0; time < 3; time += 1) circuit.failed(0);
    circuit.begin(5_000);
    circuit.abandoned();
    expect(circuit.closedUntil(5_000)).toBeUndefined();
  });
});

describe('slots', () => {
  const held = () => {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { until, release };
  };

  it('run so many at a time, the rest in their order', async () => {
    const slots = createSlots(1);
    const first = held();
    const order: string[] = [];
    const running = [
      slots.use(never, async () => {
        await first.until;
        order.push('first');
      }),
      slots.use(never, async () => void order.push('second')),
      slots.use(never, async () => void order.push('third')),
    ];
    expect(order).toEqual([]);
    first.release();
    await Promise.all(running);
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('let only some wait, and refuse the next at once', async () => {
    const slots = createSlots(1);
    const first = held();
    const running = [slots.use(never, () => first.until)];
    for (let waiting = 0; waiting < 8; waiting += 1) running.push(slots.use(never, async () => {}));
    await expect(slots.use(never, async () => {})).rejects.toMatchObject({ code: 'rate_limited' });
    first.release();
    await Promise.all(running);
  });

  it('give the place of one that went away to the next, and a failure frees its own', async () => {
    const slots = createSlots(1);
    const first = held();
    const gone = new AbortController();
    const running = slots.use(never, () => first.until);
    const left = slots.use(gone.signal, async () => 'ran');
    const next = slots.use(never, () => Promise.reject(new Error('failed')));
    const last = slots.use(never, async () => 'ran');
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: 'timed_out', details: { reached: false } });
    first.release();
    await expect(next).rejects.toThrow('failed');
    await expect(last).resolves.toBe('ran');
    await running;
  });
});

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
    await expect(connections.get('p_last', never)).rejects.toMatchObject({ code: 'unavailable' });
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
