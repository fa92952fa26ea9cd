import { describe, expect, it } from '@jest/globals';
import { type Circuit, createCircuit } from '../../../../src/mcp/upstreams/circuit.ts';
import { createSlots } from '../../../../src/mcp/upstreams/slots.ts';

const never = new AbortController().signal;

/** Work that goes on until it is told to end. */
function held() {
  let end: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => done, end };
}

describe('calls of one server at the same time', () => {
  it('are as many as it takes; the next one waits for its turn', async () => {
    const slots = createSlots(1);
    const first = held();
    const order: string[] = [];
    const one = slots.use(never, async () => {
      await first.work();
      order.push('first');
    });
    const two = slots.use(never, async () => order.push('second'));
    first.end();
    await Promise.all([one, two]);
    expect(order).toEqual(['first', 'second']);
  });

  it('are refused when too many wait, and served again once there is room', async () => {
    const slots = createSlots(1);
    const first = held();
    const served = [slots.use(never, first.work), ...Array.from({ length: 8 }, () => slots.use(never, async () => {}))];
    await expect(slots.use(never, async () => {})).rejects.toMatchObject({ code: 'rate_limited' });
    first.end();
    await Promise.all(served);
    await expect(slots.use(never, async () => 'again')).resolves.toBe('again');
  });

  it('stop waiting with their caller, who holds nobody’s place', async () => {
    const slots = createSlots(1);
    const [first, gone] = [held(), new AbortController()];
    const one = slots.use(never, first.work);
    const two = slots.use(gone.signal, async () => {});
    gone.abort();
    await expect(two).rejects.toMatchObject({ code: 'timed_out' });
    first.end();
    await one;
    await expect(slots.use(never, async () => 'served')).resolves.toBe('served');
  });

  it('give their place back when they fail', async () => {
    const slots = createSlots(1);
    await expect(slots.use(never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await expect(slots.use(never, async () => 'served')).resolves.toBe('served');
  });
});

describe('a server that fails', () => {
  const failing = (circuit: Circuit, nowMs: number): void => circuit.begin(nowMs).failed(nowMs);

  it('is left alone after three times in a row, longer each time, and tried with one call', () => {
    const circuit = createCircuit();
    for (const nowMs of [0, 1, 2]) {
      expect(circuit.closedUntil(nowMs)).toBeUndefined();
      failing(circuit, nowMs);
    }
    expect(circuit.closedUntil(3)).toBe(5_002);
    expect(circuit.closedUntil(5_002)).toBeUndefined();
    const attempt = circuit.begin(5_002);
    // Another one meanwhile.
    expect(circuit.closedUntil(5_003)).toBe(6_003);
    attempt.failed(5_003);
    expect(circuit.closedUntil(5_004)).toBe(15_003);
  });

  it('is asked as before once it answered', () => {
    const circuit = createCircuit();
    for (const nowMs of [0, 1, 2]) failing(circuit, nowMs);
    circuit.begin(6_000).succeeded();
    expect(circuit.closedUntil(6_000)).toBeUndefined();
    failing(circuit, 6_001);
    expect(circuit.closedUntil(6_002)).toBeUndefined();
  });

  it('in many calls at once is left alone as after three, and by the next try alone for longer', () => {
    const circuit = createCircuit();
    const burst = Array.from({ length: 12 }, () => circuit.begin(0));
    for (const attempt of burst.slice(0, 10)) attempt.failed(0);
    expect(circuit.closedUntil(1)).toBe(5_000);
    const next = circuit.begin(5_000);
    burst[10]?.failed(5_001);
    burst[11]?.abandoned();
    expect(circuit.closedUntil(5_002)).toBe(6_002);
    next.failed(5_003);
    expect(circuit.closedUntil(5_004)).toBe(15_003);
  });

  it('is never left alone for more than five minutes, and a try that was given up blames nobody', () => {
    const circuit = createCircuit();
    let nowMs = 0;
    for (let count = 0; count < 30; count += 1) {
      failing(circuit, nowMs);
      const untilMs = circuit.closedUntil(nowMs) ?? nowMs;
      expect(untilMs - nowMs).toBeLessThanOrEqual(300_000);
      nowMs = untilMs;
    }
    circuit.begin(nowMs).abandoned();
    expect(circuit.closedUntil(nowMs)).toBeUndefined();
  });
});
